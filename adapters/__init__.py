"""One file for each department: what it may see of a life event, and how its back office is spoken to."""
