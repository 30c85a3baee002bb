"""A back office refuses for a while; an operator replays what it refused, and the broker is killed in the middle."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from broker import clients
from broker.clients import Role
from broker.local_kafka import LocalKafka
from tests.council import ROOT, TOWN, TUO, Council
from tests.journey.seen import CT
from tests.journey.town import days_ago, resident, told

PEOPLE = 12


def ask(council: Council, *arguments: str) -> Any:  # noqa: ANN401 - any JSON
    """What a command of an operator answers while the broker runs."""
    command = [TUO, *arguments, "--json"]
    said = subprocess.run(command, cwd=ROOT, env=council.environment(), capture_output=True, text=True, check=False)
    assert said.stdout, said.stderr
    return json.loads(said.stdout)


def adults() -> list[str]:
    """Residents who hold a council tax account of their own."""
    lines = [json.loads(line) for line in TOWN.read_text().splitlines()]
    held = [line for line in lines if any(one["department"] == CT for one in line.get("references", []))]
    return [line["id"] for line in held]


def run_of(council: Council, run: str) -> dict[str, Any]:
    """How far a run is, as the API answers it."""
    answer = httpx.get(f"{council.address}/api/v1/runs/{run}", headers=signed(council, "operator"), timeout=10)
    found: dict[str, Any] = answer.json()
    return found


def signed(council: Council, name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {council.keys[name]}"}


def refused(council: Council) -> list[dict[str, Any]]:
    answer = httpx.get(f"{council.address}/api/v1/failures", headers=signed(council, "operator"), timeout=10)
    return [group for group in answer.json()["groups"] if group["department"] == CT]


@pytest.fixture
def council(tmp_path: Path, kafka: LocalKafka) -> Iterator[Council]:
    """A council of its own, with two operators: its broker is killed."""
    made = Council(tmp_path / "home", kafka.bootstrap, TUO_TOPIC_PREFIX="replay.")
    made.prepare()
    with made.store() as store:
        made.keys["priya"] = store.write_now(clients.add("priya", Role.OPERATOR, None, datetime.now(UTC), actor="test"))
    (made.home / "keys").mkdir(exist_ok=True)
    (made.home / "keys" / "operator").write_text(made.keys["operator"])
    try:
        made.start_broker()
        made.start_back_offices()
        yield made
    finally:
        made.stop()


@pytest.mark.timeout(300)
def test_what_was_refused_is_replayed_through_a_kill_and_acted_on_once(council: Council) -> None:
    council.office_mode(CT, "refuse")
    references = [
        council.tell(told("contact_change", resident(who), days_ago(0), new_phone=f"07700 9002{n:02}"))
        for n, who in enumerate(adults()[:PEOPLE])
    ]
    council.until(lambda: sum(group["count"] for group in refused(council)) == PEOPLE, "all are refused", 60)
    (group,) = refused(council)
    assert (group["persons"], group["cause"]) == (PEOPLE, "refused")
    assert group["release"], "the version that spoke is known"

    council.office_mode(CT, "slow", seconds=0.5)
    again = ["failures", "replay", "--group", group["id"], "--reason", "they are back"]
    stopped = ask(council, *again)["id"]
    council.until(lambda: run_of(council, stopped)["state"] == "stopped", "it stops", 60)
    (canary,) = [one for one in ask(council, "run", "show", stopped)["items"] if one["state"] == "failed"]
    assert canary["because"] == "switched-to-refuse", "under the same id the office says what it said before"
    subprocess.run([TUO, "run", "cancel", stopped, "--reason", "they remember"], check=True, env=council.environment())

    run = ask(council, *again, "--new-revision")
    assert run["state"] == "approval"
    agreed = httpx.post(
        f"{council.address}/api/v1/runs/{run['id']}/approval",
        json={"digest": run["digest"]},
        headers=signed(council, "priya"),
    )
    assert agreed.json()["state"] == "running", agreed.text
    council.until(lambda: run_of(council, run["id"])["delivered"], "the canary is taken", 60)
    council.kill_broker()
    council.office_mode(CT, "ok")
    council.start_broker()
    council.until(lambda: run_of(council, run["id"])["state"] == "done", "it is done", 90)
    done = run_of(council, run["id"])
    assert (done["delivered"], done["failed"], done["skipped"]) == (PEOPLE, 0, 0)
    taken = [one["notification"] for one in council.journal(CT) if one["answer"] in ("accepted", "not_held")]
    assert sorted(taken) == sorted(references), "each is acted on once"
    assert refused(council) == []
