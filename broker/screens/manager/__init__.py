"""The service's figures: a month on a page, as charts, tables and a file that say the same numbers."""
