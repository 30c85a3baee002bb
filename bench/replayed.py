"""A replay of ten thousand parked deliveries, while live traffic goes on."""

import asyncio
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx

from bench.findings import Finding, Section
from bench.ground import Ground, books_at
from bench.letters import first_leg
from bench.people import change_of, resident
from bench.phases import TO_WARM_UP, Phase, compared, phase, together
from bench.stage import EVERYBODY, PACKAGE, Stage, half_stage
from bench.telling import Told
from broker import found, main
from broker.settings import Settings

PARKED = "libraries"
#: seconds of each piece of live traffic while the run goes on, and how long it may go on
PIECE, LONGEST = 10.0, 600.0
#: as it would be after the quick tries, and then nobody tries again during the benchmark
_PARK = (
    "UPDATE delivery SET standing = 'parked', reason = 'http-503', attempts = 3, released = true, due_at = ?,"
    " first_tried_at = opened_at",
    "INSERT INTO attempt (delivery_number, n, started_at, ended_at, heard, reason)"
    " SELECT number, 3, opened_at, opened_at, 'deferred', 'http-503' FROM delivery",
    "DELETE FROM outbox",
)
_DAYS = 3 * 86_400 * 1_000_000


def replayed(on: Ground, *, parked: int, rate: float, seconds: float, people: int) -> Section:
    """Live traffic alone, then beside the run until that is done, then alone again."""
    settings = {"TUO_REPLAY_ALONE_UP_TO": "1000000", "TUO_MOST_PARKED": str(parked * 2)}
    with half_stage(on, "replayed", people + parked, **settings) as here:
        park(here, people, parked)
        here.people = people
        here.open_broker()
        here.open_answering()
        phase(here, rate, TO_WARM_UP)
        meter = here.meter()
        before = phase(here, rate, seconds)
        began = time.monotonic()
        run = _begin(here)
        meanwhile = _while_it_runs(here, rate, run)
        took = time.monotonic() - began
        after = phase(here, rate, seconds)
        here.until_answered()
        used = meter.read()
        ended = _ask(here, "GET", f"/runs/{run}")
        arrived = int(books_at(here.ports[PARKED])["taken"]) - here.wanted[PARKED]
        here.extra[PARKED] = parked
        return Section(
            title=f"A replay of {parked} parked deliveries, {rate:g} events/s throughout",
            circumstances=used.circumstances,
            findings=[
                *compared(here, together(before, after), meanwhile, EVERYBODY),
                Finding(what="replayed, by the run", figure=ended["delivered"], unit="", least=parked),
                Finding(what="replayed, by the department's own books", figure=arrived, unit="", least=parked),
                Finding(what="the run with its plan", figure=took, unit="s"),
                *here.faults(),
            ],
            notes=["It takes a fifth of the department's 256 requests in flight. *Usually* is before and after it."],
        )


def park(here: Stage, begin: int, count: int) -> None:
    """Events of as many people, routed to one department alone by our own first leg, and parked there."""
    sys.path.append(str(PACKAGE))
    settings = Settings(home=here.council.home)
    told = (change_of(resident(n), n) for n in range(begin, begin + count))
    with here.council.store() as store:
        adapters = tuple(each for each in found.adapters() if each.department == PARKED)
        asyncio.run(first_leg(replace(main.build(settings, store), adapters=adapters), told))
    with closing(sqlite3.connect(here.council.home / "tuo.db", isolation_level=None)) as connection:
        connection.execute(_PARK[0], (int(time.time() * 1e6) + _DAYS,))
        for statement in _PARK[1:]:
            connection.execute(statement)


def _ask(here: Stage, method: str, path: str, said: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {here.council.keys['operator']}"}
    address = f"{here.council.address}/api/v1{path}"
    answer = httpx.request(method, address, json=said, headers=headers, timeout=120).raise_for_status()
    document: dict[str, Any] = answer.json()
    return document


def _begin(here: Stage) -> str:
    wanted = {"department": PARKED, "cause": "parked"}
    plan = _ask(here, "POST", "/replay-plans", {"wanted": wanted, "reason": "they are back"})
    return str(_ask(here, "POST", "/runs", {"plan": plan["id"], "digest": plan["digest"]})["id"])


def _while_it_runs(here: Stage, rate: float, run: str) -> Phase:
    told: list[Told] = []
    deadline = time.monotonic() + LONGEST
    while not told or (seen := _ask(here, "GET", f"/runs/{run}"))["state"] == "running":
        told.extend(phase(here, rate, PIECE).told)
        if time.monotonic() > deadline:
            raise TimeoutError(f"the run had replayed {seen['delivered']} within {LONGEST:g} s")
    return Phase(told=tuple(told))
