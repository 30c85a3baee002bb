"""S5 and a rolling restart: at half way the process is killed, or told to stop, and started again at once."""

from collections.abc import Callable
from typing import Any

from bench.contenders import FLOOR, IN_FLIGHT, OURS, Field, Race
from bench.findings import Finding, Section

#: seconds; a process that has not handed anything over by the second is given up
IDLE_SECONDS, LONGEST_START = 5.0, 240.0


def restarted(field: Field) -> Section:
    """What is sent twice, what is lost, and for how long nothing is handed over."""
    ways: dict[str, Callable[[Race], None]] = {"killed (S5)": Race.kill, "rolling restart": Race.stop}
    cases = [(who, way) for way in ways for who in (OURS, FLOOR)]
    seen = {(who, way): _run(field, who, ways[way]) for who, way in cases}
    return Section(
        title=f"{field.count} deliveries in waves, 200 ms: ended at half way, started at once",
        circumstances="; ".join(f"{who}, {way}: {said}" for (who, way), (_, said) in seen.items()),
        findings=[
            found
            for (who, way), (books, _) in seen.items()
            for found in _found(who, way, books, field.count, ours=who == OURS)
        ],
        notes=["Idle is the longest time between two changes that the back office took, starting included."],
    )


def _found(who: str, way: str, books: dict[str, Any], count: int, *, ours: bool) -> list[Finding]:
    twice = (IN_FLIGHT if "killed" in way else 0) if ours else None
    nothing = 0 if ours else None
    return [
        Finding(what=f"{who}, {way}: lost", figure=count - int(books["taken"]), unit="", most=nothing),
        Finding(what=f"{who}, {way}: sent twice", figure=int(books["doubled"]), unit="", most=twice),
        Finding(what=f"{who}, {way}: out of order", figure=int(books["disordered"]), unit="", most=nothing),
        Finding(what=f"{who}, {way}: idle", figure=books["longest_gap"], unit="s", most=IDLE_SECONDS if ours else None),
    ]


def _run(field: Field, who: str, end: Callable[[Race], None]) -> tuple[dict[str, Any], str]:
    with field.race(who) as race:
        race.start()
        race.until_taken(field.count // 2)
        end(race)
        race.start()
        meter = race.meter()
        race.until_taken(field.count, quiet=LONGEST_START)
        return race.books(), meter.read().circumstances
