"""What operators look after, told of the invented town: moves that Council Tax refuses, parks or leaves unanswered."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import select, update

from broker import department_state
from broker.department_state import Pause
from broker.failures import burying
from broker.outcome import Heard, Refused, Unheard
from broker.record import Record
from broker.replays.driving import Driver
from broker.replays.releases import note_releases
from broker.replays.runs import RunState, run
from broker.standing import Progress, Standing
from broker.tables import delivery, event
from schemas.move import Move
from tests.broker.departments import ScriptedCarrier
from tests.broker.replays import serve
from tests.screens.cases import tell
from tests.screens.ground import TOWN, Desk, open_desk

T = TypeVar("T")
COUNCIL_TAX: Final = "council-tax"
REFUSED: Final = Refused(reason="tenure-code-unknown")
#: what the invented residents are called and where they live: it must be on no page that did not ask why
NAMES: Final = ("Okafor", "Thornbury", "Elm Row", "QQ12")


def aside(act: Callable[[], T]) -> T:
    """In a thread of its own: the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act).result()


def wait_for(act: Callable[[], Awaitable[T]]) -> T:
    """What something asynchronous answers."""

    async def now() -> T:
        return await act()

    return aside(lambda: asyncio.run(now()))


@contextmanager
def open_console(folder: Path, database_url: str | None = None) -> Iterator[Desk]:
    """A desk whose Council Tax is there, and where one person may replay five."""
    with open_desk(database_url or f"sqlite:///{folder / 'tuo.db'}", replay_alone_up_to=5) as desk:
        desk.broker.carriers[COUNCIL_TAX] = ScriptedCarrier()
        wait_for(lambda: note_releases(desk.broker))
        yield desk


@cache
def residents() -> list[dict[str, Any]]:
    """Residents who cannot be taken for anybody else."""
    told = [json.loads(line) for line in TOWN.read_text().splitlines()]
    return [one for one in told if {"nino", "surname", "forenames"} <= set(one) and not one.get("restricted")]


def moved(desk: Desk, people: int, word: str = "move") -> list[str]:
    """So many people have moved, and Council Tax is to be told; their references."""
    told: list[str] = []
    for n, one in enumerate(residents()):
        if len(told) == people:
            return told
        reference = tell(desk, Move, _subject(one), f"{word}-{n}")
        told += [reference] if deliveries(desk, [reference]) else []
    raise AssertionError(f"the town has no {people} residents who cannot be taken for anybody else")


def _subject(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": {"forenames": one["forenames"], "surname": one["surname"]},
        "date_of_birth": one["dob"],
        "nino": one["nino"],
        "address": {"state": "uk", "lines": [one["line1"]], "postcode": one["postcode"]},
    }


def deliveries(desk: Desk, references: Sequence[str] = (), department: str = COUNCIL_TAX) -> list[str]:
    """The ids of what this department is told of these notifications, or of all."""
    wanted = select(delivery.c.id).join(event, event.c.id == delivery.c.event_id)
    wanted = wanted.where(delivery.c.department == department).order_by(delivery.c.seq)
    if references:
        wanted = wanted.where(event.c.reference.in_(references))
    return list(desk.broker.store.read_now(lambda tx: tx.execute(wanted).scalars().all()))


def fail(desk: Desk, references: Sequence[str], heard: Heard = REFUSED) -> list[str]:
    """Council Tax answers these so; the ids of the deliveries."""
    of = deliveries(desk, references)
    assert answer(desk, of, heard) == len(of), "some were not there to be sent"
    return of


def answer(desk: Desk, of: Sequence[str], heard: Heard | None = None) -> int:
    """The engine hands over what has been offered; how many went."""
    carrier = desk.broker.carriers[COUNCIL_TAX]
    assert isinstance(carrier, ScriptedCarrier)
    return wait_for(lambda: serve(desk.broker, carrier, of, heard))


def go_unanswered(desk: Desk, references: Sequence[str]) -> list[str]:
    """Nobody knows what became of these; a person decides."""
    of = fail(desk, references, Unheard(reason="no-answer-in-time"))
    put(desk, of, standing=Standing.UNKNOWN, due_at=None)
    return of


def park(desk: Desk, references: Sequence[str], minutes: float = 7) -> list[str]:
    """These could not be taken for minutes, and are tried again in some more."""
    of = deliveries(desk, references)
    due = datetime.now(UTC) + timedelta(minutes=minutes)
    put(desk, of, standing=Standing.PARKED, reason="http-503", attempts=4, due_at=due, released=True)
    return of


def put(desk: Desk, of: Sequence[str], **values: object) -> None:
    """Write down where deliveries stand, as after hours that a test does not have."""
    desk.broker.store.write_now(lambda tx: tx.execute(update(delivery).where(delivery.c.id.in_(of)).values(**values)))


def bury(desk: Desk, key: bytes = b"key", value: bytes = b"\xffnot a letter") -> None:
    """A record came that nobody can read."""
    record = Record(topic="life-events", partition=0, position=7, key=key, value=value)
    wait_for(lambda: burying.bury(record, "not_json", desk.broker))


def fail_in_every_way(desk: Desk) -> None:
    """Refused, unanswered, parked with another behind it, stuck and unreadable; and a department is paused."""
    told = moved(desk, 6)
    fail(desk, told[:3])
    go_unanswered(desk, told[3:4])
    park(desk, told[4:5])
    moved(desk, 5, "again")
    bury(desk)
    (stuck,) = moved(desk, 1, "stuck")
    said = {"progress": Progress.STUCK, "reason": "internal-error"}
    here = event.c.reference == stuck
    desk.broker.store.write_now(lambda tx: tx.execute(update(event).where(here).values(said)))
    wanted, at = Pause(actor="demo-operator", reason="billing"), desk.broker.now()
    desk.broker.store.write_now(lambda tx: department_state.pause(tx, "housing-benefit", wanted, at))


def drive(desk: Desk, run_id: str, heard: Heard | None = None, rounds: int = 200) -> RunState:
    """The driver of a run and the engine take turns, until the run is over or stops, or for so many rounds."""
    driver, state = Driver(desk.broker), RunState.RUNNING
    for _ in range(rounds):
        wait_for(driver.look)
        found = desk.broker.store.read_now(lambda tx: run(tx, run_id))
        assert found is not None
        if (state := found.state) is not RunState.RUNNING:
            return state
        answer(desk, deliveries(desk), heard)
    return state
