"""The directory: who lives where, by every name and address they had, and how somebody is found in it."""
