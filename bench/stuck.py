"""S4 and S6, people whom a back office never takes: the others are served, these are parked, nothing is sent twice."""

import time
from dataclasses import dataclass

from bench.contenders import FLOOR, OURS, QUIET, Field, Race, Ran, run_through
from bench.findings import Finding, Section
from bench.lag import lag
from bench.ledger_view import parked_persons

PERSONS, SHARE_OF_RATE, LAG_SECONDS = 20, 0.9, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """What was seen of one contender."""

    usual: Ran
    ran: Ran
    expected: int
    parked: int
    #: seconds until everything was parked and committed, and what was not committed then
    lag_seconds: float
    lag: int
    sent_twice: int


def stuck(field: Field) -> Section:
    """First everybody is taken (S2), then twenty people never are (S4), then the contender is killed (S6)."""
    seen = {who: _run(field, who) for who in (OURS, FLOOR)}
    return Section(
        title=f"S4 and S6: {field.count} deliveries in waves, 200 ms, {PERSONS} people are answered 503 for ever",
        circumstances="; ".join(
            f"{who}: S2 {one.usual.used.circumstances}, S4 {one.ran.used.circumstances}" for who, one in seen.items()
        ),
        findings=[found for who, one in seen.items() for found in _found(who, one, ours=who == OURS)],
        notes=["S6 begins when all others are served: SIGKILL, started at once, watched until nothing comes any more."],
    )


def _found(who: str, one: Stuck, *, ours: bool) -> list[Finding]:
    bars = {"rate": SHARE_OF_RATE, "served": one.expected, "parked": PERSONS} if ours else {}
    return [
        Finding(what=f"{who}: S2, everybody", figure=one.usual.rate, unit="a second"),
        Finding(what=f"{who}: S4, the others", figure=one.ran.rate, unit="a second"),
        Finding(
            what=f"{who}: S4 of S2's rate", figure=one.ran.rate / one.usual.rate, unit="times", least=bars.get("rate")
        ),
        Finding(what=f"{who}: others served", figure=one.ran.books["taken"], unit="", least=bars.get("served")),
        Finding(what=f"{who}: persons parked", figure=one.parked, unit="", least=bars.get("parked")),
        Finding(what=f"{who}: lag when they are parked", figure=one.lag, unit="records", most=0 if ours else None),
        Finding(what=f"{who}: until it was that", figure=one.lag_seconds, unit="s", most=LAG_SECONDS if ours else None),
        Finding(what=f"{who}: S6, sent twice", figure=one.sent_twice, unit="", most=0 if ours else None),
        Finding(
            what=f"{who}: out of order", figure=int(one.ran.books["disordered"]), unit="", most=0 if ours else None
        ),
    ]


def _run(field: Field, who: str) -> Stuck:
    people = [person for person, _ in field.prepared.letters]
    failing = frozenset(list(dict.fromkeys(people))[:: max(1, len(set(people)) // PERSONS)][:PERSONS])
    expected = sum(person not in failing for person in people)
    with field.race(who) as race:
        usual = run_through(race, field.count)
    with field.race(who, failing=failing) as race:
        ran = run_through(race, expected)
        seconds, left, parked = _until_settled(race)
        race.kill()
        race.start()
        _until_it_is_quiet(race)
        return Stuck(
            usual=usual,
            ran=ran,
            expected=expected,
            parked=parked,
            lag_seconds=seconds,
            lag=left,
            sent_twice=int(race.books()["doubled"]),
        )


def _until_settled(race: Race) -> tuple[float, int, int]:
    """Seconds until nothing is uncommitted and everybody who must be is parked; and how far that came in that time."""
    began, ours = time.monotonic(), race.who == OURS
    while True:
        left = lag(race.on.kafka.bootstrap, *race.group)
        parked = parked_persons(race.database) if ours else 0
        waited = time.monotonic() - began
        if (left == 0 and (parked >= PERSONS or not ours)) or waited > LAG_SECONDS:
            return waited, left, parked
        time.sleep(0.2)


def _until_it_is_quiet(race: Race) -> None:
    """Long enough for a group to notice that a member has died, and for what it does then."""
    seen, moved_at = -1, time.monotonic()
    while time.monotonic() - moved_at < QUIET:
        time.sleep(0.2)
        doubled = int(race.books()["doubled"])
        seen, moved_at = (doubled, time.monotonic()) if doubled != seen else (seen, moved_at)
