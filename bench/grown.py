"""A database as it is after years: a directory of a million residents, a ledger of a million deliveries."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Connection, Table, insert

from bench.identity.population import households
from bench.identity.telling import resident_line
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.found import adapters
from broker.ids import reference
from broker.standing import Progress, Standing
from broker.store import Store
from broker.tables import attempt, delivery, event, step
from schemas.kinds import life_events
from schemas.outcome import OutcomeKind

#: months over which the ledger was written, the present one last
MONTHS: Final = 7
#: one delivery in so many fails, of so many causes
FAILING, CAUSES = 100, 40
_BATCH: Final = 2_000


def grow_directory(store: Store, residents: int, seed: int = 7) -> None:
    """Load so many residents."""
    rng = random.Random(seed)
    people = (human for home in households(seed, residents) for human in home)
    load(store, (Resident.model_validate(resident_line(human, rng)) for human in people))


def grow_ledger(store: Store, deliveries: int, now: datetime, seed: int = 7) -> None:
    """Write so many deliveries down, as they are when departments have answered most of them."""
    rng = random.Random(seed)
    events = iter(range(deliveries // len(_departments())))
    bodies = _bodies()
    while batch := list(islice(events, _BATCH)):
        rows = [_event(number, deliveries // len(_departments()), bodies, now, rng) for number in batch]
        store.write_now(lambda tx, rows=rows: _write(tx, rows, rng))  # type: ignore[misc]


def _bodies() -> Mapping[str, bytes]:
    return {
        kind: orjson.dumps(told.example().as_document() | {"channel": "phone"}) for kind, told in life_events().items()
    }


def _event(number: int, of: int, bodies: Mapping[str, bytes], now: datetime, rng: random.Random) -> dict[str, Any]:
    named = UUID(_uuid(rng))
    kind = "bereavement" if number % 5 == 0 else "move"
    at = now - timedelta(days=30 * MONTHS) * (1 - number / of) - timedelta(minutes=1)
    return {
        "seq": number + 1,
        "id": str(named),
        "reference": reference(named),
        "kind": kind,
        "source": "screens",
        "fingerprint": _uuid(rng),
        "body": bodies[kind],
        "progress": Progress.ROUTED,
        "occurred_on": str(at.date()),
        "told_at": at,
        "recorded_at": at,
        "person": _uuid(rng),
        "match": "matched",
        "variant": "matched",
    }


def _write(tx: Connection, events: Sequence[dict[str, Any]], rng: random.Random) -> None:
    told = [_delivery(one, place, rng) for one in events for place in range(len(_departments()))]
    _insert(tx, event, events)
    _insert(tx, delivery, told)
    _insert(tx, attempt, [_attempt(one) for one in told])
    _insert(tx, step, [step_of for one in told for step_of in _steps(one)])


def _insert(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    tx.execute(insert(table), rows)


@cache
def _departments() -> tuple[str, ...]:
    return tuple(adapter.department for adapter in adapters())


def _delivery(of: Mapping[str, Any], place: int, rng: random.Random) -> dict[str, Any]:
    departments = _departments()
    at, settled = of["recorded_at"], of["recorded_at"] + timedelta(hours=rng.expovariate(0.2))
    failed = rng.randrange(FAILING) == 0
    standing = rng.choice((Standing.DEAD, Standing.UNKNOWN, Standing.SETTLED)) if failed else Standing.SETTLED
    refused = failed and standing is Standing.SETTLED
    return {
        "number": of["seq"] * len(departments) + place,
        "event_id": of["id"],
        "department": departments[place],
        "revision": 1,
        "id": _uuid(rng),
        "person": of["person"],
        "seq": of["seq"],
        "kind": of["kind"],
        "hand_over": "called",
        "standing": standing,
        "outcome": OutcomeKind.REFUSED if refused else None if failed else OutcomeKind.ACCEPTED,
        "reason": f"code-{rng.randrange(CAUSES // 3)}" if failed else None,
        "letter": b'{"specversion":"1.0"}' + b" " * 700,
        "attempts": 1,
        "first_tried_at": at,
        "released": False,
        "opened_at": at,
        "settled_at": settled if standing is Standing.SETTLED else None,
        "behind": "block",
        "jump": 0,
    }


def _attempt(of: Mapping[str, Any]) -> dict[str, Any]:
    ended = of["opened_at"] + timedelta(seconds=1)
    begun = {"delivery_number": of["number"], "n": 1, "started_at": of["opened_at"]}
    return begun | {"ended_at": ended, "heard": "answered"}


def _steps(of: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    named = {"event_seq": of["seq"], "department": of["department"]}
    yield {**named, "at": of["opened_at"], "step": "route", "said": "Told: a rule of theirs fits."}
    yield {**named, "at": of["opened_at"], "step": "deliver", "said": "Answered."}


def _uuid(rng: random.Random) -> str:
    bits = f"{rng.getrandbits(128):032x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:]}"
