"""The table of saved views: filters of the failures page that operators share by name."""

from sqlalchemy import Column, String, Table

from broker.tables import Instant, metadata

saved_view = Table(
    "saved_view",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("query", String(300), nullable=False, comment="filters as in the address; no personal data"),
    Column("saved_by", String(64), nullable=False),
    Column("saved_at", Instant, nullable=False),
)
