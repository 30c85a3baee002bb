"""The commands of ``tuo``, one file for each group."""
