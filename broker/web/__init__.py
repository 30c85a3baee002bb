"""The door for programs: the API over HTTP."""
