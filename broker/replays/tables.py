"""The tables of replaying: plans, runs and their items; releases of adapters; notes on causes; persons kept waiting."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from broker.tables import Instant, metadata

replay_plan = Table(
    "replay_plan",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("digest", String(64), nullable=False, comment="sha-256 over the sorted ids: what was looked at, frozen"),
    Column("made_by", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("force", Boolean, nullable=False),
    Column("said", Text, nullable=False, comment="the plan as it was shown, as JSON; no personal data"),
)

replay_run = Table(
    "replay_run",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("plan_id", String(12), nullable=False, unique=True, comment="a plan runs once"),
    Column("state", String(12), nullable=False),
    Column("stage", Integer, nullable=False),
    Column("goes_on", Integer, nullable=False, comment="items that are to be sent"),
    Column("forgiven", Integer, nullable=False, comment="failures of this stage that an operator has seen"),
    Column("started_by", String(64), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("approved_by", String(64)),
    Column("approved_at", Instant),
    Column("ended_at", Instant),
    Column("because", String(255), comment="why it waits, or stopped"),
    Column("driven_by", String(36)),
    Column("driven_until", Instant),
)
Index("replay_run_started", replay_run.c.started_at)

replay_item = Table(
    "replay_item",
    metadata,
    Column("plan_id", String(12), nullable=False),
    Column("n", Integer, nullable=False, comment="in the order of replaying: sequence by sequence, head first"),
    Column("sequence", Integer, nullable=False, comment="one person's items at one department have one number"),
    Column("stage", Integer, nullable=False),
    Column("failure_id", String(64), nullable=False),
    Column("cause", String(12), nullable=False),
    Column("department", String(64)),
    Column("state", String(12), nullable=False),
    Column("because", String(255), comment="why it was skipped, or how it ended"),
    Column("letter", LargeBinary, comment="what is sent instead, where it is not what was sent before"),
    Column("new_id", String(36), comment="the delivery id of that revision"),
    Column("changes", Text, comment="fields that are different, masked, as JSON"),
    Column("sent_at", Instant),
    Column("ended_at", Instant),
    PrimaryKeyConstraint("plan_id", "n"),
    sqlite_with_rowid=False,
)
Index("replay_item_state", replay_item.c.plan_id, replay_item.c.state)
AWAY = text("state = 'away'")
Index("replay_item_away", replay_item.c.department, sqlite_where=AWAY, postgresql_where=AWAY)
Index("replay_item_failure", replay_item.c.failure_id)

adapter_release = Table(
    "adapter_release",
    metadata,
    Column("department", String(64), nullable=False),
    Column("since", Instant, nullable=False),
    Column("version", String(64), nullable=False),
    PrimaryKeyConstraint("department", "since"),
    sqlite_with_rowid=False,
)

failure_note = Table(
    "failure_note",
    metadata,
    Column("group", String(12), primary_key=True, comment="the cause"),
    Column("owner", String(64)),
    Column("note", String(200)),
    Column("noted_by", String(64), nullable=False),
    Column("noted_at", Instant, nullable=False),
)

kept_waiting = Table(
    "kept_waiting",
    metadata,
    Column("person", String(36), nullable=False),
    Column("dead_letter", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("released_at", Instant),
    PrimaryKeyConstraint("person", "dead_letter"),
    sqlite_with_rowid=False,
)
