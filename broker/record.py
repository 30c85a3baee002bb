"""A record of a topic: its bytes, and where it lies."""

from dataclasses import dataclass, field
from typing import Any

from aiokafka.structs import ConsumerRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as it was read, before anybody has understood it."""

    topic: str
    partition: int
    #: its offset
    position: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes | None] = field(default_factory=dict)


def record_of(read: ConsumerRecord[Any, Any]) -> Record:
    """A record as aiokafka reads it."""
    return Record(
        topic=read.topic,
        partition=read.partition,
        position=read.offset,
        key=read.key,
        value=read.value,
        headers=dict(read.headers),
    )
