"""Failures: what waits for an operator, told by cause; and records that could not be read."""
