"""The commands of reviewers and of the protection team, where no broker runs: they work on the database alone."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from broker import journey, notifications
from broker.choices import Choices
from broker.commands.event import event_app
from broker.commands.protected import protected_app
from broker.commands.review import review_app
from broker.directory.directory import Directory
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.schema import bring_up_to_date
from broker.store import Store
from tests.broker.worlds import ADVISER as DOOR
from tests.broker.worlds import make_broker, move, plain
from tests.people import BEN, ROSALIND, resident_line, subject_like

Tuo = Callable[..., Any]


@pytest.fixture
def tuo(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Tuo:
    monkeypatch.setenv("TUO_DATABASE_URL", sqlite_url)

    def run(app: Any, *words: str) -> Any:  # noqa: ANN401 - typer's own class is not public
        done = CliRunner().invoke(app, [*words, "--json"])
        assert done.exception is None, (done.output, done.exception)
        return json.loads(done.stdout)

    return run


async def tell(url: str, *subjects: dict[str, Any]) -> list[str]:
    """Tell of a move of each, and route it; every link is chosen for a second look."""
    with Store(url) as store:
        bring_up_to_date(store)
        load(store, [Resident.model_validate(resident_line(each.id[-4:], each)) for each in (BEN, ROSALIND)])
        broker = make_broker(store)
        broker = replace(broker, directory=Directory(store), choices=Choices(second_looks=1.0))
        told = [await journey.intake(plain(move(subject=subject)), DOOR, broker) for subject in subjects]
        await journey.tell(await store.read(notifications.waiting_for_a_route(10)), broker)
        return [one.reference for one in told]


def said(person: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the town
    return subject_like(person).model_dump(mode="json", exclude_none=True)


def test_a_case_is_taken_looked_at_and_counted(tuo: Tuo, sqlite_url: str) -> None:
    (reference,) = asyncio.run(tell(sqlite_url, said(BEN)))
    case = tuo(review_app, "next", "--reason", "the morning's queue")
    assert case["reference"] == reference
    (record,) = case["records"]
    decide = [reference, "different", "--reason", "Another Ben."]
    assert CliRunner().invoke(review_app, ["decide", *decide]).exit_code == 0
    (line,) = tuo(review_app, "fairness")
    assert (line["origin"], line["reversed"], line["references"]) == ("african", 1, [reference])
    done = tuo(event_app, "relink", reference, "--not", "0002", "--reason", "Another Ben.")
    assert done["withdrawal"]
    assert [one["reason"] for one in tuo(event_app, "why", reference)["colleagues"]][-2:] == ["Another Ben."] * 2
    assert record["person"] not in json.dumps(tuo(event_app, "why", reference))


def test_the_team_has_a_list_of_its_own(tuo: Tuo, sqlite_url: str) -> None:
    _, hidden = asyncio.run(tell(sqlite_url, said(BEN), said(ROSALIND)))
    (line,) = tuo(protected_app, "list")["items"]
    assert (line["reference"], line["sure"]) == (hidden, "matched")
    (record,) = tuo(protected_app, "look", hidden, "--reason", "the daily list")["records"]
    assert "Verney" in [row["held"] for row in record["rows"]]
    take = ["take", hidden, "--reason", "I ring the refuge."]
    assert CliRunner().invoke(protected_app, take).exit_code == 0
    assert CliRunner().invoke(protected_app, take).exit_code != 0
    assert tuo(protected_app, "list")["items"] == []
    assert [one["reference"] for one in tuo(review_app, "queue")] != [hidden]
