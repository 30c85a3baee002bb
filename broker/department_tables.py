"""The table of departments' states: what every process, command and screen must agree on, over restarts."""

from sqlalchemy import Column, String, Table

from broker.tables import Instant, metadata

department_state = Table(
    "department_state",
    metadata,
    Column("department", String(64), primary_key=True),
    Column("breaker", String(10), nullable=False, comment="closed, open or half_open"),
    Column("breaker_since", Instant),
    Column("breaker_reason", String(64)),
    Column("next_probe_at", Instant),
    Column("refusing_since", Instant, comment="it refused so much that the fault must be ours: nothing is sent"),
    Column("refusing_version", String(32), comment="the adapter's version then: another one ends it"),
    Column("asked_until", Instant, comment="the back office asked for time (Retry-After)"),
    Column("paused_since", Instant),
    Column("paused_until", Instant),
    Column("paused_by", String(64)),
    Column("pause_reason", String(200)),
    Column("closed_until", Instant, comment="a closing window of its calendar"),
    Column("closed_reason", String(64)),
    Column("held_until", Instant, comment="the later of paused and closed: nothing is offered before, but urgent ones"),
    Column("full_since", Instant, comment="as much is parked as may be: its partitions pause"),
    Column("full_reason", String(64)),
    Column("last_success_at", Instant),
)
