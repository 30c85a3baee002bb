"""Twenty kills over a stream of events: nothing lost, nothing doubled, nothing out of order."""

import random
import time
from functools import partial
from pathlib import Path

import pytest

from broker.local_kafka import LocalKafka
from tests.chaos.telling import effects, start_submitter
from tests.chaos.verifier import Verdict, read, verify
from tests.council import DEPARTMENTS, Council
from tests.ground.ports import free_ports

KILLS, PERSONS, EACH = 20, 12, 25


@pytest.mark.timeout(400)
def test_twenty_kills_lose_double_and_disorder_nothing(tmp_path: Path) -> None:
    kafka = LocalKafka(tmp_path / "kafka", free_ports(2))
    kafka.start()
    council = Council(tmp_path / "council", kafka.bootstrap)
    council.prepare()
    submitter = None
    try:
        council.start_broker()
        council.start_back_offices()
        submitter = start_submitter(council, tmp_path, persons=PERSONS, each=EACH)
        faults = _kill_twenty_times(council, kafka, random.Random(20))
        assert submitter.wait(timeout=120) == 0
        offices = {name: council.home / "offices" / name / "journal.jsonl" for name in DEPARTMENTS}
        expected = PERSONS * EACH * len(DEPARTMENTS)
        council.until(lambda: effects(offices) >= expected, "every department has acted on every event", 120)
        verdict = verify(tmp_path / "submitter.jsonl", offices)
        _judge(verdict, expected, offices, faults)
    finally:
        if submitter is not None:
            submitter.kill()
            submitter.wait()
        council.stop()
        kafka.stop()


def _kill_twenty_times(council: Council, kafka: LocalKafka, rng: random.Random) -> tuple[float, float]:
    """SIGKILL the broker, or Kafka, at moments that nobody chose; returns when the faults began and ended."""
    began = time.monotonic()
    for _ in range(KILLS):
        wait_until = time.monotonic() + rng.uniform(0.2, 2.0)
        council.until(partial(_is_past, wait_until), "the moment comes", 5)
        if rng.random() < 0.25:
            kafka.kill()
            kafka.start()
        else:
            council.kill_broker()
            council.start_broker()
    return began, time.monotonic()


def _judge(verdict: Verdict, expected: int, offices: dict[str, Path], faults: tuple[float, float]) -> None:
    during = [
        line["effect"] and faults[0] <= line["monotonic"] <= faults[1]
        for path in offices.values()
        for line in read(path)
    ]
    assert verdict.clean, verdict
    assert verdict.effects == expected
    assert sum(during) >= 0.75 * expected, f"void: {sum(during)} of {expected} effects happened while faults were on"


def _is_past(moment: float) -> bool:
    return time.monotonic() > moment
