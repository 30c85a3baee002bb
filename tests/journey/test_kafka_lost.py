"""Kafka goes away, and comes back without anything that it knew."""

from pathlib import Path

from broker.local_kafka import LocalKafka
from tests.council import DEPARTMENTS, running_council
from tests.ground.ports import free_ports
from tests.journey.seen import acts
from tests.journey.town import days_ago, resident, told

BEFORE = ["Ben Okafor", "Grace Ifeoma Okafor", "Suharjo", "Aoife O'Neill"]
MEANWHILE = ["Fatima Khan", "Robert Wilkes", "Jean Wilkes", "Priya Raman", "Hannah Pickford"]
AFTER = ["Olu Adeyemi", "Ingrid Sørlie", "Ben Okafor"]


def test_what_is_told_while_kafka_is_away_and_forgets_everything_is_told_to_all_in_the_end(tmp_path: Path) -> None:
    kafka = LocalKafka(tmp_path / "kafka", free_ports(2))
    kafka.start()
    try:
        with running_council(tmp_path / "council", kafka.bootstrap) as council:

            def tell(people: list[str], phone: str) -> list[str]:
                events = [told("contact_change", resident(who), days_ago(0), new_phone=phone) for who in people]
                return [council.tell(event) for event in events]

            references = tell(BEFORE, "07700 900001")
            kafka.stop()
            waiting = tell(MEANWHILE, "07700 900002")
            # Departments may have been chosen without Kafka; nobody can have been told.
            assert {council.track(reference)["progress"] for reference in waiting} <= {"received", "routed"}
            assert not council.track(waiting[0])["complete"]
            kafka.wipe()
            references += waiting + tell(BEFORE[:1], "07700 900003")
            kafka.start()
            references += tell(AFTER, "07700 900004")
            for reference in references:
                assert set(council.answers(reference, seconds=90)) == set(DEPARTMENTS)
                assert [len(acts(council, department, reference)) for department in DEPARTMENTS] == [1, 1, 1]
            assert council.books()["findings"] == []
    finally:
        kafka.stop()
