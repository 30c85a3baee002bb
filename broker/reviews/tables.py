"""The tables of clerical review beside the queue itself: what only the protection team sees, and links that were wrong."""

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table, Text

from broker.tables import Instant, metadata

protected_match = Table(
    "protected_match",
    metadata,
    Column("event_id", String(36), primary_key=True),
    Column("candidates", Text, nullable=False, comment="person ids, best first; some of them are protected"),
    Column("sure", String(10), nullable=False, comment="matched or unsure"),
    Column("because", Text, nullable=False, comment="which fields agree, and no personal data"),
    Column("opened_at", Instant, nullable=False),
    Column("taken_by", String(64), comment="who of the team takes care of it"),
    Column("taken_at", Instant),
)

not_person = Table(
    "not_person",
    metadata,
    Column("event_id", String(36), nullable=False, comment="the notification that is not about this person"),
    Column("person", String(36), nullable=False),
    Column("by", String(64), nullable=False),
    Column("because", Text, nullable=False, comment="why, in words without personal details"),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("event_id", "person"),
)
