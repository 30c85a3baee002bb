"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "attempt",
        sa.Column("delivery_number", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("heard", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("delivery_number", "n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leader",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "form_use",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("forms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "step"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "client",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=True),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_table(
        "review",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("acts", sa.String(length=12), nullable=False),
        sa.Column("candidates", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=True),
        sa.Column("person", sa.String(length=36), nullable=True),
        sa.Column("first_by", sa.String(length=64), nullable=True),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("second_by", sa.String(length=64), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "protected_match",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("candidates", sa.Text(), nullable=False),
        sa.Column("sure", sa.String(length=10), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "not_person",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "person"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("buried_at", sa.BigInteger(), nullable=False),
        sa.Column("replayed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("topic", "partition", "position", "digest"),
    )
    op.create_table(
        "delivery",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("hand_over", sa.String(length=10), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("receipt", sa.String(length=255), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("by_day", sa.String(length=10), nullable=True),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", sa.BigInteger(), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("behind", sa.String(length=10), nullable=False),
        sa.Column("jump", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("waits_for", sa.String(length=8), nullable=True),
        sa.Column("called_off_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("event_id", "department", "revision"),
        sa.UniqueConstraint("id"),
    )
    op.create_index(
        "delivery_collected",
        "delivery",
        ["department", "seq", "revision"],
        sqlite_where=sa.text("standing = 'handed_over' AND hand_over = 'collects' AND called_off_at IS NULL"),
        postgresql_where=sa.text("standing = 'handed_over' AND hand_over = 'collects' AND called_off_at IS NULL"),
    )
    op.create_index(
        "delivery_direct",
        "delivery",
        ["department", "jump"],
        unique=False,
        sqlite_where=sa.text("jump > 0 AND standing = 'waiting'"),
        postgresql_where=sa.text("jump > 0 AND standing = 'waiting'"),
    )
    op.create_index(
        "delivery_parked",
        "delivery",
        [
            "department",
            "standing",
            "reason",
            "person",
            "opened_at",
            "settled_at",
            "attempts",
            "kind",
            "outcome",
            "number",
        ],
        unique=False,
        sqlite_where=sa.text("standing = 'parked'"),
        postgresql_where=sa.text("standing = 'parked'"),
    )
    op.create_index(
        "delivery_early",
        "delivery",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("not_before IS NOT NULL"),
        postgresql_where=sa.text("not_before IS NOT NULL"),
    )
    op.create_table(
        "department_state",
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("breaker", sa.String(length=10), nullable=False),
        sa.Column("breaker_since", sa.BigInteger(), nullable=True),
        sa.Column("breaker_reason", sa.String(length=64), nullable=True),
        sa.Column("next_probe_at", sa.BigInteger(), nullable=True),
        sa.Column("refusing_since", sa.BigInteger(), nullable=True),
        sa.Column("refusing_version", sa.String(length=32), nullable=True),
        sa.Column("asked_until", sa.BigInteger(), nullable=True),
        sa.Column("paused_since", sa.BigInteger(), nullable=True),
        sa.Column("paused_until", sa.BigInteger(), nullable=True),
        sa.Column("paused_by", sa.String(length=64), nullable=True),
        sa.Column("pause_reason", sa.String(length=200), nullable=True),
        sa.Column("closed_until", sa.BigInteger(), nullable=True),
        sa.Column("closed_reason", sa.String(length=64), nullable=True),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("full_since", sa.BigInteger(), nullable=True),
        sa.Column("full_reason", sa.String(length=64), nullable=True),
        sa.Column("last_success_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("department"),
    )
    op.create_index(
        "delivery_claimed",
        "delivery",
        ["claimed_until"],
        unique=False,
        sqlite_where=sa.text("claimed_until IS NOT NULL"),
        postgresql_where=sa.text("claimed_until IS NOT NULL"),
    )
    op.create_index(
        "delivery_due",
        "delivery",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "delivery_answered",
        "delivery",
        ["settled_at", "department"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NOT NULL"),
        postgresql_where=sa.text("settled_at IS NOT NULL"),
    )
    op.create_index(
        "delivery_failed",
        "delivery",
        [
            "department",
            "standing",
            "reason",
            "person",
            "opened_at",
            "settled_at",
            "attempts",
            "kind",
            "outcome",
            "number",
        ],
        unique=False,
        sqlite_where=sa.text(
            "(standing IN ('dead', 'unknown') OR (outcome = 'refused' AND COALESCE(reason, '') <> 'word-of-mouth'))"
        ),
        postgresql_where=sa.text(
            "(standing IN ('dead', 'unknown') OR (outcome = 'refused' AND COALESCE(reason, '') <> 'word-of-mouth'))"
        ),
    )
    op.create_index(
        "delivery_lane",
        "delivery",
        ["person", "department", "seq"],
        unique=False,
    )
    op.create_index(
        "delivery_open",
        "delivery",
        ["department", "standing", "opened_at"],
        unique=False,
        sqlite_where=sa.text("standing NOT IN ('settled', 'cancelled', 'awaited')"),
        postgresql_where=sa.text("standing NOT IN ('settled', 'cancelled', 'awaited')"),
    )
    op.create_table(
        "event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("progress", sa.String(length=10), nullable=False),
        sa.Column("occurred_on", sa.String(length=10), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("corrects", sa.String(length=36), nullable=True),
        sa.Column("withdraws", sa.String(length=36), nullable=True),
        sa.Column("person", sa.String(length=36), nullable=True),
        sa.Column("match", sa.String(length=10), nullable=True),
        sa.Column("variant", sa.String(length=10), nullable=True),
        sa.Column("weighed", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index(
        "event_stuck",
        "event",
        ["recorded_at"],
        unique=False,
        sqlite_where=sa.text("progress = 'stuck'"),
        postgresql_where=sa.text("progress = 'stuck'"),
    )
    op.create_index("event_person", "event", ["person"], unique=False)
    op.create_index("event_recorded", "event", ["recorded_at"], unique=False)
    op.create_index(
        "event_corrects",
        "event",
        ["corrects"],
        unique=False,
        sqlite_where=sa.text("corrects IS NOT NULL"),
        postgresql_where=sa.text("corrects IS NOT NULL"),
    )
    op.create_index(
        "event_withdraws",
        "event",
        ["withdraws"],
        unique=False,
        sqlite_where=sa.text("withdraws IS NOT NULL"),
        postgresql_where=sa.text("withdraws IS NOT NULL"),
    )
    op.create_index(
        "event_received",
        "event",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("progress = 'received'"),
        postgresql_where=sa.text("progress = 'received'"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "resident",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("own", sa.String(length=36), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=255), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("composed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("own"),
        sa.UniqueConstraint("source_id"),
    )
    op.create_index(op.f("ix_resident_person"), "resident", ["person"], unique=False)
    op.create_table(
        "resident_change",
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("effective_on", sa.String(length=10), nullable=False),
        sa.Column("change", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person", "event_id"),
    )
    op.create_table(
        "resident_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("resident", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "resident"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resident_tie",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("other", sa.String(length=255), nullable=False),
        sa.Column("word", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_resident_tie_person"), "resident_tie", ["person"], unique=False)
    op.create_table(
        "step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_step_event_seq"), "step", ["event_seq"], unique=False)
    op.create_table(
        "screen_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("roles", sa.String(length=100), nullable=False),
        sa.Column("council", sa.String(length=9), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("proved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("screen_session_seen", "screen_session", ["seen_at"], unique=False)
    op.create_table(
        "screen_draft",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=18), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_screen_draft_actor"), "screen_draft", ["actor"], unique=False)
    op.create_index("screen_draft_changed", "screen_draft", ["changed_at"], unique=False)
    op.create_table(
        "caller_message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("reference", sa.String(length=18), nullable=False),
        sa.Column("way", sa.String(length=5), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_caller_message_reference"), "caller_message", ["reference"], unique=False)
    op.create_index("caller_message_made", "caller_message", ["made_at"], unique=False)
    op.create_table(
        "saved_view",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=300), nullable=False),
        sa.Column("saved_by", sa.String(length=64), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "replay_plan",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("force", sa.Boolean(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "replay_run",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("plan_id", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("goes_on", sa.Integer(), nullable=False),
        sa.Column("forgiven", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("because", sa.String(length=255), nullable=True),
        sa.Column("driven_by", sa.String(length=36), nullable=True),
        sa.Column("driven_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("plan_id"),
    )
    op.create_index("replay_run_started", "replay_run", ["started_at"], unique=False)
    op.create_table(
        "replay_item",
        sa.Column("plan_id", sa.String(length=12), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("failure_id", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("because", sa.String(length=255), nullable=True),
        sa.Column("letter", sa.LargeBinary(), nullable=True),
        sa.Column("new_id", sa.String(length=36), nullable=True),
        sa.Column("changes", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("plan_id", "n"),
        sqlite_with_rowid=False,
    )
    op.create_index("replay_item_state", "replay_item", ["plan_id", "state"], unique=False)
    op.create_index("replay_item_failure", "replay_item", ["failure_id"], unique=False)
    op.create_index(
        "replay_item_away",
        "replay_item",
        ["department"],
        unique=False,
        sqlite_where=sa.text("state = 'away'"),
        postgresql_where=sa.text("state = 'away'"),
    )
    op.create_table(
        "adapter_release",
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("department", "since"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "failure_note",
        sa.Column("group", sa.String(length=12), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("noted_by", sa.String(length=64), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group"),
    )
    op.create_table(
        "kept_waiting",
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("dead_letter", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person", "dead_letter"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("kept_waiting")
    op.drop_table("failure_note")
    op.drop_table("adapter_release")
    op.drop_index(
        "replay_item_away",
        table_name="replay_item",
        sqlite_where=sa.text("state = 'away'"),
        postgresql_where=sa.text("state = 'away'"),
    )
    op.drop_index("replay_item_failure", table_name="replay_item")
    op.drop_index("replay_item_state", table_name="replay_item")
    op.drop_table("replay_item")
    op.drop_index("replay_run_started", table_name="replay_run")
    op.drop_table("replay_run")
    op.drop_table("replay_plan")
    op.drop_table("saved_view")
    op.drop_index("caller_message_made", table_name="caller_message")
    op.drop_index(op.f("ix_caller_message_reference"), table_name="caller_message")
    op.drop_table("caller_message")
    op.drop_index("screen_draft_changed", table_name="screen_draft")
    op.drop_index(op.f("ix_screen_draft_actor"), table_name="screen_draft")
    op.drop_table("screen_draft")
    op.drop_index("screen_session_seen", table_name="screen_session")
    op.drop_table("screen_session")
    op.drop_index(op.f("ix_step_event_seq"), table_name="step")
    op.drop_table("step")
    op.drop_index(op.f("ix_resident_tie_person"), table_name="resident_tie")
    op.drop_table("resident_tie")
    op.drop_table("resident_key")
    op.drop_table("resident_change")
    op.drop_index(op.f("ix_resident_person"), table_name="resident")
    op.drop_table("resident")
    op.drop_table("outbox")
    op.drop_index(
        "event_received",
        table_name="event",
        sqlite_where=sa.text("progress = 'received'"),
        postgresql_where=sa.text("progress = 'received'"),
    )
    op.drop_index(
        "event_stuck",
        table_name="event",
        sqlite_where=sa.text("progress = 'stuck'"),
        postgresql_where=sa.text("progress = 'stuck'"),
    )
    op.drop_index("event_withdraws", table_name="event")
    op.drop_index("event_corrects", table_name="event")
    op.drop_index("event_person", table_name="event")
    op.drop_index("event_recorded", table_name="event")
    op.drop_table("event")
    op.drop_index("delivery_lane", table_name="delivery")
    op.drop_index(
        "delivery_open",
        table_name="delivery",
        sqlite_where=sa.text("standing NOT IN ('settled', 'cancelled', 'awaited')"),
        postgresql_where=sa.text("standing NOT IN ('settled', 'cancelled', 'awaited')"),
    )
    op.drop_index(
        "delivery_answered",
        table_name="delivery",
        sqlite_where=sa.text("settled_at IS NOT NULL"),
        postgresql_where=sa.text("settled_at IS NOT NULL"),
    )
    op.drop_index(
        "delivery_failed",
        table_name="delivery",
        sqlite_where=sa.text(
            "(standing IN ('dead', 'unknown') OR (outcome = 'refused' AND COALESCE(reason, '') <> 'word-of-mouth'))"
        ),
        postgresql_where=sa.text(
            "(standing IN ('dead', 'unknown') OR (outcome = 'refused' AND COALESCE(reason, '') <> 'word-of-mouth'))"
        ),
    )
    op.drop_index(
        "delivery_due",
        table_name="delivery",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index(
        "delivery_claimed",
        table_name="delivery",
        sqlite_where=sa.text("claimed_until IS NOT NULL"),
        postgresql_where=sa.text("claimed_until IS NOT NULL"),
    )
    op.drop_table("department_state")
    op.drop_table("delivery")
    op.drop_table("dead_letter")
    op.drop_table("client")
    op.drop_table("not_person")
    op.drop_table("protected_match")
    op.drop_table("review")
    op.drop_table("audit")
    op.drop_table("attempt")
