"""Holding back and stopping: a department that is paused, a death in its cool-off, and what undoes one."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from broker.local_kafka import LocalKafka
from tests.council import ROOT, TUO, Council, running_council
from tests.journey.seen import CT, ER, HB, acts, outcomes
from tests.journey.town import days_ago, death, resident, told


@pytest.fixture(scope="module")
def careful(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    """A council in which a death waits ten minutes."""
    home = tmp_path_factory.mktemp("careful") / "home"
    with running_council(home, kafka.bootstrap, TUO_TOPIC_PREFIX="careful.", TUO_COOL_OFF_SECONDS="600") as running:
        yield running


def tuo(council: Council, *words: str) -> Any:  # noqa: ANN401 - any JSON, or nothing
    """A command, given beside the running broker as an operator would."""
    (council.home / "keys").mkdir(exist_ok=True)
    (council.home / "keys" / "operator").write_text(council.keys["operator"])
    environment = council.environment()
    ended = subprocess.run([TUO, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout) if "--json" in words else None


def line(council: Council, reference: str, department: str) -> dict[str, str]:
    found = (one for one in council.track(reference)["departments"] if one["department"] == department)
    return next(found, {})


def test_one_word_stops_a_death_before_anybody_is_told(careful: Council) -> None:
    reference = careful.tell(death("Ada Mary Thornbury", days_ago(2)))
    careful.until(lambda: len(careful.track(reference)["departments"]) == 3, "departments were chosen")
    assert "until then this can be stopped" in line(careful, reference, CT)["sentence"]
    entries = tuo(careful, "calendar", "--json")
    assert sorted(each["department"] for each in entries if each["reference"] == reference) == sorted([CT, ER, HB])
    stopped = tuo(careful, "event", "stop", reference, "--reason", "told of the wrong person", "--json")
    assert sorted(stopped["departments"]) == sorted([CT, ER, HB])
    assert careful.track(reference)["reason"]["code"] == "stopped"
    phone = told("contact_change", resident("Ada Mary Thornbury"), days_ago(0), new_phone="07700 900131")
    assert set(careful.answers(careful.tell(phone))) == {CT, ER, HB}, "she is alive, and her lane is free"
    assert [acts(careful, department, reference) for department in (CT, HB, ER)] == [[], [], []]


def test_a_paused_department_stays_paused_over_a_crash_and_is_told_in_order_afterwards(careful: Council) -> None:
    who = resident("Ingrid Sørlie")
    tuo(careful, "dept", "pause", CT, "--until", "2h", "--reason", "planned work")
    first = careful.tell(told("contact_change", who, days_ago(0), new_phone="07700 900132"))
    second = careful.tell(told("contact_change", who, days_ago(0), new_phone="07700 900133"))
    careful.until(lambda: line(careful, second, ER).get("standing") == "settled", "the others have answered")
    assert line(careful, first, CT)["sentence"].startswith("We are holding back what goes to Council Tax until ")
    careful.kill_broker()
    careful.start_broker()
    shown = tuo(careful, "dept", "show", CT, "--json")
    assert (shown["condition"], shown["reason"], shown["backlog"]) == ("paused", "planned work", 2)
    assert acts(careful, CT, first) == acts(careful, CT, second) == []
    tuo(careful, "dept", "resume", CT, "--reason", "it is done")
    for reference in (first, second):
        assert outcomes(careful.answers(reference))[CT] == "accepted"
    done = [one["notification"] for one in careful.journal(CT) if one["effect"]]
    assert done.index(first) < done.index(second)


def test_a_death_that_is_taken_back_in_its_cool_off_is_told_to_nobody_and_its_case_is_closed(careful: Council) -> None:
    died = careful.tell(death("Winifred Oakshaw", days_ago(2)))
    careful.until(lambda: len(careful.track(died)["departments"]) == 3, "departments were chosen")
    withdrawn = told("withdrawal", resident("Winifred Oakshaw"), days_ago(0), withdraws=died, reason="wrong_person")
    reference = careful.tell(withdrawn)
    careful.until(lambda: careful.track(reference)["progress"] == "routed", "it was judged")
    case = careful.track(reference)["case"]
    assert not case["open"]
    assert {each["department"]: each["undone"] for each in case["lines"]} == dict.fromkeys((CT, ER, HB), "never_acted")
    assert [acts(careful, department, died) for department in (CT, HB, ER)] == [[], [], []]
    assert [acts(careful, department, reference) for department in (CT, HB, ER)] == [[], [], []]
