"""The small brokers of the broker's own tests."""

from tests.broker.conftest import (
    broker,
    carrier,
    clock,
    directory,
    migrated_sqlite,
    sqlite_broker,
    sqlite_store,
)

__all__ = ["broker", "carrier", "clock", "directory", "migrated_sqlite", "sqlite_broker", "sqlite_store"]
