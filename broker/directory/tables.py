"""The directory's tables: what sources say of residents, who they are taken for, and the keys they are found by.

A source's record is kept as it came. Which person it belongs to is a link of its own, so that a wrong one can be undone;
what life events changed since is kept beside it.
"""

from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from broker.tables import Instant, Serial, metadata

resident = Table(
    "resident",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("own", String(36), nullable=False, unique=True, comment="random and opaque; given once, for ever"),
    Column(
        "person", String(36), nullable=False, index=True, comment="whom the record is taken for now: somebody's own"
    ),
    Column("source_id", String(255), nullable=False, unique=True, comment="the extract's own id"),
    Column("record", LargeBinary, nullable=False, comment="what the extract says, canonical JSON"),
    Column(
        "composed",
        Boolean,
        nullable=False,
        comment="whether the person is more than this record: others, events or ties",
    ),
)

resident_key = Table(
    "resident_key",
    metadata,
    Column("key", BigInteger, nullable=False, comment="64 bits of the digest of its kind and what it holds"),
    Column("resident", BigInteger, nullable=False),
    PrimaryKeyConstraint("key", "resident"),
    sqlite_with_rowid=False,
)

resident_change = Table(
    "resident_change",
    metadata,
    Column("person", String(36), nullable=False, comment="the own of the record that it was applied to"),
    Column("event_id", String(36), nullable=False, comment="the notification that said so"),
    Column("effective_on", String(10), nullable=False, comment="YYYY-MM-DD"),
    Column("change", LargeBinary, nullable=False, comment="what is different since, canonical JSON"),
    PrimaryKeyConstraint("person", "event_id"),
)

resident_tie = Table(
    "resident_tie",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("person", String(36), nullable=False, index=True, comment="the own of one record"),
    Column("other", String(255), nullable=False, comment="the own of another record, or a sender's name for a person"),
    Column("word", String(10), nullable=False, comment="merged, apart, bound or not-bound"),
    Column("by", String(255), nullable=False, comment="who said so"),
    Column("because", Text, nullable=False, comment="why, in words without personal details"),
    Column("at", Instant, nullable=False),
    Column("undone_at", Instant, comment="since when it no longer holds"),
)
