"""Dead letters: what can be said of a record that could not be read, without saying what is in it.

The bytes themselves are shown to nobody by the way: whoever wants them says why, and the audit has it first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, select

from broker.failures import keeping_waiting
from broker.notifications import note_audit
from broker.tables import dead_letter
from schemas.letter import read_letter
from schemas.problems import Invalid
from schemas.reading import Unreadable
from schemas.today import LONDON

#: names that say nothing of a person: those of the envelope (CloudEvents 1.0)
_ENVELOPE: Final = frozenset(
    "specversion id source type time subject datacontenttype dataschema data traceparent".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A dead letter in words: where it was, of which shape it is, and why it cannot be read. No value of it."""

    id: str
    topic: str
    partition: int
    #: the record's offset
    position: int
    buried_at: datetime
    replayed_at: datetime | None
    reason: str
    key: str
    value: str
    #: names of headers, and the length of each in bytes
    headers: dict[str, int]
    #: names of the envelope that are there
    envelope: tuple[str, ...]
    #: what today's schemas say is wrong: a field and a code each
    problems: tuple[str, ...]
    #: later events of the same person that wait behind it; None where it keeps nobody waiting
    waiting: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A dead letter as it was read from its topic. Personal data."""

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes | None]


def describe(tx: Connection, number: int, now: datetime) -> Described | None:
    """What may be said of a dead letter; None where there is none of this number."""
    row = tx.execute(select(dead_letter).where(dead_letter.c.id == number)).one_or_none()
    if row is None:
        return None
    value = None if row.value is None else bytes(row.value)
    person = keeping_waiting.person_of(tx, row.key)
    return Described(
        id=f"dead-letter-{number}",
        topic=row.topic,
        partition=row.partition,
        position=row.position,
        buried_at=row.buried_at,
        replayed_at=row.replayed_at,
        reason=row.reason,
        key=_key(row.key, person),
        value=_shape(value),
        headers={name: len(said or "") // 2 for name, said in orjson.loads(row.headers).items()},
        envelope=_names(value),
        problems=_problems(value, now),
        waiting=keeping_waiting.waits_behind(tx, number),
    )


def _key(key: bytes | None, person: str | None) -> str:
    if key is None:
        return "none"
    return "names a person of ours" if person is not None else f"{len(key)} bytes, nobody of ours"


def _shape(value: bytes | None) -> str:
    if value is None:
        return "none (a tombstone)"
    try:
        read = orjson.loads(value)
    except orjson.JSONDecodeError:
        return f"{len(value)} bytes, not JSON"
    return f"{len(value)} bytes, JSON, {'an object' if isinstance(read, dict) else 'not an object'}"


def _names(value: bytes | None) -> tuple[str, ...]:
    try:
        read = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return ()
    # Other names are the sender's own, and could be anything.
    return tuple(sorted(set(read) & _ENVELOPE)) if isinstance(read, dict) else ()


def _problems(value: bytes | None, now: datetime) -> tuple[str, ...]:
    try:
        read_letter(value or b"", today=now.astimezone(LONDON).date())
    except Unreadable as error:
        return (error.code,)
    except Invalid as error:
        return tuple(f"{problem.field or 'document'}: {problem.code}" for problem in error.problems)
    except ValueError:
        return ("document: not_readable",)
    return ()


def reveal(number: int, *, actor: str, reason: str, now: datetime) -> Callable[[Connection], Raw | None]:
    """The bytes of a dead letter; the unit writes down who asked, and why, before it answers."""

    def unit(tx: Connection) -> Raw | None:
        row = tx.execute(select(dead_letter).where(dead_letter.c.id == number)).one_or_none()
        if row is None:
            return None
        note_audit(tx, now, actor[:64], "letter.revealed", f"dead-letter-{number}", reason[:200])
        headers = orjson.loads(row.headers).items()
        return Raw(
            key=None if row.key is None else bytes(row.key),
            value=None if row.value is None else bytes(row.value),
            headers={name: None if said is None else bytes.fromhex(said) for name, said in headers},
        )

    return unit
