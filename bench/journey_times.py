"""How long it takes, at a council's pace: from an adviser's submission to each department's answer."""

import json
from collections import defaultdict

import orjson

from bench.findings import Finding, Section, at_percentile
from bench.ground import Ground
from bench.ledger_view import answered_after, everything_is_answered
from bench.meter import Meter
from bench.people import change_of
from tests.council import TOWN, running_council

SUBMIT_TARGET_MS, FIRST_TARGET_S = 300.0, 2.0


def journey_times(on: Ground, *, rate: float, seconds: float) -> Section:
    """Submit at a rate, with the three pretend back offices of the tests, and look up every answer."""
    home = on.folder / "journey"
    letters = home / "letters.jsonl"
    with running_council(home, on.kafka.bootstrap) as council:
        letters.write_bytes(b"\n".join(_letters(int(rate * seconds))))
        assert council.broker is not None
        assert council.back_offices is not None
        meter = Meter({"broker": council.broker.pid, "offices": council.back_offices.pid, "Kafka": on.kafka_process})
        key = on.key_file(council, "adviser")
        said = on.run(
            "bench.submitting", "--api", council.address, "--key-file", key, "--letters", letters, "--rate", rate
        )
        used = meter.read()
        council.until(lambda: everything_is_answered(home / "tuo.db"), "every department has answered", 60)
        after = answered_after(home / "tuo.db")
    took = [1000 * one for one in json.loads(said)["took"]]
    by_department: dict[str, list[float]] = defaultdict(list)
    first: dict[str, float] = defaultdict(lambda: float("inf"))
    for event, department, waited in after:
        by_department[department].append(waited)
        first[event] = min(first[event], waited)
    return Section(
        title=f"The journey at {rate:g} events/s for {seconds:g} s, three pretend back offices",
        circumstances=used.circumstances,
        findings=[
            Finding(what="acknowledged, median", figure=at_percentile(took, 50), unit="ms"),
            _within("acknowledged, p95", at_percentile(took, 95), "ms", SUBMIT_TARGET_MS),
            Finding(what="first department answered, median", figure=at_percentile(first.values(), 50), unit="s"),
            _within("first department answered, p95", at_percentile(first.values(), 95), "s", FIRST_TARGET_S),
            *(
                Finding(what=f"{department}, p95", figure=at_percentile(waits, 95), unit="s")
                for department, waits in sorted(by_department.items())
            ),
            *(
                Finding(what=f"{name}, CPU", figure=100 * cpu / used.seconds, unit="% of a core")
                for name, cpu in used.cpu.items()
            ),
        ],
        notes=[
            f"{len(first)} events of {len(took)} submitted were answered. From recording to the answer in the ledger.",
            "Housing benefit takes 0.3 s to decide, electoral registration looks every 0.2 s: that is theirs.",
        ],
    )


def _within(what: str, figure: float, unit: str, target: float) -> Finding:
    return Finding(what=what, figure=figure, unit=unit, beside="target, at most", other=target)


def _letters(count: int) -> list[bytes]:
    town = [orjson.loads(line) for line in TOWN.read_bytes().splitlines()]
    open_people = [one for one in town if _can_be_matched(one)]
    return [change_of(open_people[n % len(open_people)], n) for n in range(count)]


def _can_be_matched(one: dict[str, object]) -> bool:
    known = all(one.get(field) for field in ("forenames", "surname", "dob", "nino"))
    return known and not one.get("restricted") and not one.get("deceased")
