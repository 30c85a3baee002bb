"""A database that is restored to an earlier moment: it is noticed, what is missing is named, and it can be taken in."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from broker.local_kafka import LocalKafka
from tests.council import DEPARTMENTS, TUO, Council
from tests.ground.ports import free_ports
from tests.journey.seen import acts
from tests.journey.town import days_ago, resident, told

BEFORE, AFTER = ["Ben Okafor", "Robert Wilkes"], ["Fatima Khan", "Priya Raman", "Hannah Pickford"]


def tell(council: Council, people: list[str]) -> list[str]:
    events = [told("contact_change", resident(who), days_ago(0), new_phone="07700 900001") for who in people]
    references = [council.tell(event) for event in events]
    for reference in references:
        assert set(council.answers(reference, seconds=60)) == set(DEPARTMENTS)
    return references


def gap(council: Council, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [TUO, "gap", *words]
    return subprocess.run(command, env=council.environment(), capture_output=True, text=True, check=False)


@pytest.mark.timeout(400)  # four starts of a broker and four looks at all of Kafka
def test_a_restored_database_is_noticed_the_gap_is_listed_and_taken_in_without_a_second_effect(tmp_path: Path) -> None:
    kafka = LocalKafka(tmp_path / "kafka", free_ports(2))
    kafka.start()
    council = Council(tmp_path / "council", kafka.bootstrap, TUO_TOPIC_PREFIX="gap.")
    council.prepare()
    try:
        council.start_broker()
        council.start_back_offices()
        kept = tell(council, BEFORE)
        _stop(council)
        backup = _copy(council.home, tmp_path / "backup")
        council.start_broker()
        lost = tell(council, AFTER)
        assert gap(council).returncode == 0, "a broker that knows everything has no gap"
        _stop(council)
        _copy(backup, council.home)

        council.start_broker()
        log = council.home / "broker.log"
        council.until(lambda: "database.gap" in log.read_text(), "the gap is said in the log", 30)
        _stop(council)
        listed = gap(council, "--json")
        assert listed.returncode == 1
        rows = json.loads(listed.stdout)
        assert len([row for row in rows if row["topic"] == "gap.life-events"]) == len(AFTER)
        assert {row["topic"] for row in rows} > {"gap.departments.council-tax", "gap.departments.housing-benefit"}

        taken = gap(council, "--take-in")
        assert taken.returncode == 0, taken.stderr
        assert gap(council).returncode in (0, 1)
        council.start_broker()
        council.until(lambda: _settled(council) >= len(BEFORE + AFTER), "everything is answered again", 60)
        _each_department_acted_once(council, kept, lost)
        council.until(lambda: not council.books()["findings"], "the books balance", 60)
        _stop(council)
        assert gap(council).returncode == 0
    finally:
        council.stop()
        kafka.stop()


def _stop(council: Council) -> None:
    assert council.broker is not None
    council.broker.terminate()
    council.broker.wait(timeout=60)


def _copy(source: Path, target: Path) -> Path:
    """The database's files, as a backup tool copies them from a broker that is stopped."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("tuo.db", "tuo.db-wal", "tuo.db-shm"):
        (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copy(source / name, target / name)
    return target


def _settled(council: Council) -> int:
    return int(council.books()["deliveries"].get("settled", 0)) // len(DEPARTMENTS)


def _each_department_acted_once(council: Council, kept: list[str], lost: list[str]) -> None:
    for department in DEPARTMENTS:
        deliveries = [line["delivery"] for line in council.journal(department) if line["effect"]]
        assert len(deliveries) == len(set(deliveries)) == len(kept + lost)
        for reference in kept:
            assert len(acts(council, department, reference)) == 1
