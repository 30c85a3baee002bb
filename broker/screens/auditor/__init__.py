"""The auditor's screens: who did what, searched and taken away as a file, both in the audit themselves."""
