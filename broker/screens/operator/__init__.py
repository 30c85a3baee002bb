"""The operator's console: departments, failures by cause, replays, what waits, dead letters, the books and the audit."""
