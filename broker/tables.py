"""The tables, declared once for SQLite and PostgreSQL; the migrations are tested against them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData()
#: SQLite numbers rows by itself only in a column of type INTEGER
Serial = BigInteger().with_variant(Integer, "sqlite")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """A moment, kept as whole microseconds since 1970 UTC: the same, exactly, in both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database; a moment without an offset is a programming error."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From the database, in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


event = Table(
    "event",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True, comment="order of acceptance"),
    Column("id", String(36), nullable=False, unique=True),
    Column("reference", String(18), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("source", String(255), nullable=False, comment="which feed or client told us"),
    Column("fingerprint", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False, comment="the life event as told, canonical JSON"),
    Column("progress", String(10), nullable=False),
    Column("occurred_on", String(10), comment="perhaps partial: YYYY, YYYY-MM or YYYY-MM-DD"),
    Column("told_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("corrects", String(36), comment="the notification that this one corrects"),
    Column("withdraws", String(36), comment="the notification that this one says did not happen"),
    Column("person", String(36)),
    Column("match", String(10)),
    Column("variant", String(10), comment="the variant of the schema that it was judged in"),
    Column("weighed", Text, comment="how the match was weighed, and by which model, as JSON"),
    Column("reason", String(64), comment="why it is held, rejected or stuck"),
    Column("due_at", Instant, comment="when it is published again if it has not been routed"),
)
RECEIVED = text("progress = 'received'")
Index(
    "event_received",
    event.c.seq,
    sqlite_where=RECEIVED,
    postgresql_where=RECEIVED,
)
STUCK = text("progress = 'stuck'")
Index("event_stuck", event.c.recorded_at, sqlite_where=STUCK, postgresql_where=STUCK)
Index("event_person", event.c.person)
#: a month's report reads that month
Index("event_recorded", event.c.recorded_at)
CORRECTS, WITHDRAWS = text("corrects IS NOT NULL"), text("withdraws IS NOT NULL")
Index("event_corrects", event.c.corrects, sqlite_where=CORRECTS, postgresql_where=CORRECTS)
Index("event_withdraws", event.c.withdraws, sqlite_where=WITHDRAWS, postgresql_where=WITHDRAWS)

#: what belongs to one of these is kept under its number, which grows with time: rows that are written together lie
#: together, where ids would spread them over a page each
delivery = Table(
    "delivery",
    metadata,
    Column("number", Serial, primary_key=True, autoincrement=True, comment="order of opening"),
    Column("event_id", String(36), nullable=False),
    Column("department", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("person", String(36), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("hand_over", String(10), nullable=False),
    Column("standing", String(12), nullable=False),
    Column("outcome", String(20)),
    Column("receipt", String(255)),
    Column("reason", String(64)),
    Column("question", Text),
    Column("by_day", String(10)),
    Column("letter", LargeBinary, nullable=False, comment="what this department is told, as sent"),
    Column("attempts", Integer, nullable=False),
    Column("first_tried_at", Instant),
    Column("released", Boolean, nullable=False, comment="it is at the head of its lane"),
    Column("due_at", Instant, comment="when it is offered again"),
    Column("claimed_by", String(36)),
    Column("claimed_until", Instant),
    Column("opened_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("behind", String(10), nullable=False, default="block", comment="what becomes of later ones if it is stuck"),
    Column("jump", Integer, nullable=False, default=0, comment="1 goes straight to the engine, 2 before all others"),
    Column("not_before", Instant, comment="it waits for this moment"),
    Column("waits_for", String(8), comment="cool-off, or its day: then it does not hold its lane"),
    Column("called_off_at", Instant, comment="it was withdrawn while a request was on its way"),
    UniqueConstraint("event_id", "department", "revision"),
)
#: of whatever standing, so that no claim and no answer writes it anew: people lie far from each other, and what is told of
#: one of them lies together
Index("delivery_lane", delivery.c.person, delivery.c.department, delivery.c.seq)
#: word for word as in the partial index, or the index is not used
HOLDS_THE_LANE = text("standing NOT IN ('settled', 'cancelled', 'awaited')")
#: all that a glance at the departments counts
Index(
    "delivery_open",
    delivery.c.department,
    delivery.c.standing,
    delivery.c.opened_at,
    sqlite_where=HOLDS_THE_LANE,
    postgresql_where=HOLDS_THE_LANE,
)
DUE = text("due_at IS NOT NULL")
Index("delivery_due", delivery.c.due_at, sqlite_where=DUE, postgresql_where=DUE)
DIRECT = text("jump > 0 AND standing = 'waiting'")
Index("delivery_direct", delivery.c.department, delivery.c.jump, sqlite_where=DIRECT, postgresql_where=DIRECT)
COLLECTED = text("standing = 'handed_over' AND hand_over = 'collects' AND called_off_at IS NULL")
#: what lies in a pigeonhole, in its order: a page must not cost more where much lies there
Index(
    "delivery_collected",
    delivery.c.department,
    delivery.c.seq,
    delivery.c.revision,
    sqlite_where=COLLECTED,
    postgresql_where=COLLECTED,
)
PARKED = text("standing = 'parked'")
#: all that the failures by cause are counted from, so that no letter is read for it
_COUNTED = (
    delivery.c.department,
    delivery.c.standing,
    delivery.c.reason,
    delivery.c.person,
    delivery.c.opened_at,
    delivery.c.settled_at,
    delivery.c.attempts,
    delivery.c.kind,
    delivery.c.outcome,
    delivery.c.number,
)
Index("delivery_parked", *_COUNTED, sqlite_where=PARKED, postgresql_where=PARKED)
EARLY = text("not_before IS NOT NULL")
Index("delivery_early", delivery.c.not_before, sqlite_where=EARLY, postgresql_where=EARLY)
CLAIMED = text("claimed_until IS NOT NULL")
Index("delivery_claimed", delivery.c.claimed_until, sqlite_where=CLAIMED, postgresql_where=CLAIMED)
#: why a department will not act, where a person has put it to rest by the department's word: it fails no more
BY_WORD = "word-of-mouth"
FAILED = text(f"(standing IN ('dead', 'unknown') OR (outcome = 'refused' AND COALESCE(reason, '') <> '{BY_WORD}'))")
Index("delivery_failed", *_COUNTED, sqlite_where=FAILED, postgresql_where=FAILED)
ANSWERED = text("settled_at IS NOT NULL")
#: how fast a department answers
Index(
    "delivery_answered",
    delivery.c.settled_at,
    delivery.c.department,
    sqlite_where=ANSWERED,
    postgresql_where=ANSWERED,
)

attempt = Table(
    "attempt",
    metadata,
    Column("delivery_number", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("heard", String(20)),
    Column("reason", String(64)),
    PrimaryKeyConstraint("delivery_number", "n"),
    sqlite_with_rowid=False,
)

step = Table(
    "step",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event_seq", BigInteger, nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("step", String(12), nullable=False, comment="a word of the sentence"),
    Column("department", String(64)),
    Column("said", Text, nullable=False, comment="what the step decided, in words, with no personal data"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("topic", String(249), nullable=False),
    Column("key", String(64), nullable=False),
    Column("value", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("what", String(40), nullable=False),
    Column("about", String(64), nullable=False),
    Column("said", Text),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("topic", String(249), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False, comment="the record's offset"),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("headers", Text, nullable=False),
    Column("digest", String(64), nullable=False, comment="of key and value: a topic that is made again counts anew"),
    Column("reason", String(64), nullable=False),
    Column("buried_at", Instant, nullable=False),
    Column("replayed_at", Instant),
    UniqueConstraint("topic", "partition", "position", "digest"),
)

review = Table(
    "review",
    metadata,
    Column("event_id", String(36), primary_key=True),
    Column("acts", String(12), nullable=False, comment="what a wrong match would do"),
    Column("candidates", Text, nullable=False, comment="person ids, best first"),
    Column("because", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("answer", String(12)),
    Column("person", String(36)),
    Column("first_by", String(64)),
    Column("first_at", Instant),
    Column("second_by", String(64)),
    Column("settled_at", Instant),
    Column("claimed_by", String(64), comment="whose it is for now"),
    Column("claimed_until", Instant),
    Column("sample", Boolean, nullable=False, comment="a second look at a link that was made without a reviewer"),
)

client = Table(
    "client",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("department", String(64), comment="for a back office: whose deliveries it may collect"),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)
