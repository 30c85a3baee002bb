"""The tables of the screens: who is signed in, what is being filled in, and what is sent to callers."""

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text

from broker.tables import Instant, metadata

session = Table(
    "screen_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("actor", String(64), comment="who, as in the audit; none while they are on their way through sign-in"),
    Column("name", String(100), comment="how the page greets them"),
    Column("roles", String(100), nullable=False),
    Column("council", String(9), nullable=False, comment="the GSS code of the council they belong to"),
    Column("csrf", String(64), nullable=False),
    Column("pending", Text, comment="what the sign-in provider must answer to, as JSON"),
    Column("began_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("proved_at", Instant, nullable=False, comment="when they last proved who they are"),
)
Index("screen_session_seen", session.c.seen_at)

draft = Table(
    "screen_draft",
    metadata,
    Column("id", String(36), primary_key=True, comment="random: it stands in addresses"),
    Column("actor", String(64), nullable=False, index=True),
    Column("key", String(36), nullable=False, comment="the idempotency key, minted with the draft"),
    Column("kind", String(40), nullable=False),
    Column("said", LargeBinary, nullable=False, comment="what was typed, as JSON"),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("reference", String(18), comment="of the notification, once it is submitted"),
)
Index("screen_draft_changed", draft.c.changed_at)

message = Table(
    "caller_message",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("reference", String(18), nullable=False, index=True),
    Column("way", String(5), nullable=False, comment="email or text"),
    Column("address", String(254), nullable=False, comment="where it goes; the caller gave permission"),
    Column("said", Text, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("sent_at", Instant),
)
Index("caller_message_made", message.c.made_at)
