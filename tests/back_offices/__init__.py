"""Pretend back offices: a reference that shares nothing with the broker but the published contracts."""
