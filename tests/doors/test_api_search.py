"""An adviser looks for residents: in the body, never in an address; a few or none, and nobody who is protected."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from broker.commands.directory import app
from broker.directory.directory import Directory
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.directory.search import MOST_FOUND
from broker.schema import bring_up_to_date
from broker.settings import Settings
from broker.store import Store
from broker.tables import audit
from broker.web.app import make_app
from tests.doors.office import Office, add_clients, broker_over, served
from tests.people import EVERYBODY, ROSALIND, resident_line

REASON = "She is on the telephone."
CROWD = [{"id": f"c{n}", "forenames": "Margaret", "surname": "Pebbleton", "dob": "1950-02-03"} for n in range(30)]


@pytest.fixture
def town(database_url: str) -> Iterator[Office]:
    with Store(database_url) as store:
        bring_up_to_date(store)
        lines = [*(resident_line(person.id[-4:], person) for person in EVERYBODY), *CROWD]
        load(store, [Resident.model_validate(line) for line in lines])
        broker, keys = replace(broker_over(store), directory=Directory(store)), add_clients(store)
        with served(make_app(broker, Settings())) as port:
            yield Office(broker=broker, url=f"http://127.0.0.1:{port}", port=port, keys=keys)


def search(town: Office, name: str, who: str = "adviser", **more: object) -> httpx.Response:
    with town.client(who) as asker:
        return asker.post("/api/v1/people/search", json={"name": name, "reason": REASON, **more})


def found(town: Office, name: str, who: str = "adviser", **more: object) -> dict[str, Any]:
    answer = search(town, name, who, **more)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def audited(town: Office) -> list[tuple[str, str, str, str]]:
    wanted = select(audit.c.actor, audit.c.what, audit.c.about, audit.c.said).where(audit.c.what != "client.added")
    return [tuple(row) for row in town.broker.store.read_now(lambda tx: tx.execute(wanted).all())]


def test_whoever_fits_is_shown_and_the_audit_has_who_was_shown_to_whom_and_why(town: Office) -> None:
    answer = found(town, "ada thorn")
    assert answer["result"] == "found"
    (person,) = answer["people"]
    assert (person["name"], person["date_of_birth"], person["address"]) == (
        "Ada Mary Thornbury",
        "1938-11-02",
        "1 Elm Row, AA1 1AA",
    )
    assert audited(town) == [
        ("adviser", "people.searched", "directory", REASON),
        ("adviser", "person.shown", person["person"], REASON),
    ]


def test_too_many_is_an_answer_that_shows_nobody(town: Office) -> None:
    assert len(CROWD) > MOST_FOUND
    assert found(town, "marg pebbleton") == {"result": "too_many", "people": []}
    assert [what for _, what, _, _ in audited(town)] == ["people.searched"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": "thornbury"}, "name"),
        ({"name": "q z"}, "name"),
        ({"name": "ada thornbury", "birth_year": 38}, "birth_year"),
        ({"name": "ada thornbury", "shoe_size": 38}, "shoe_size"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_too_little_or_too_much_is_refused_by_its_field(town: Office, said: dict[str, Any], field: str) -> None:
    answer = search(town, **said)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["fields"]] == [field]
    assert said["name"] not in answer.text
    assert audited(town) == []


def test_a_reason_is_asked_for(town: Office) -> None:
    with town.client() as adviser:
        answer = adviser.post("/api/v1/people/search", json={"name": "ada thornbury"})
    assert [one["field"] for one in answer.json()["fields"]] == ["reason"]


@pytest.mark.parametrize("typed", [{"name": "rosalind verney"}, {"name": "verney", "postcode": "AA1 2BE"}])
def test_whoever_is_protected_is_found_by_the_team_and_is_nobody_to_anybody_else(
    town: Office, typed: dict[str, str]
) -> None:
    nobody = search(town, "nobody athome").content
    for who in ("adviser", "reviewer"):
        assert search(town, who=who, **typed).content == nobody
    assert [person["name"] for person in found(town, who="protection", **typed)["people"]] == ["Rosalind Verney"]
    shown = {(actor, what) for actor, what, _, _ in audited(town)}
    assert ("protection", "person.shown") in shown
    assert not {(who, "person.shown") for who in ("adviser", "reviewer")} & shown


def test_a_protected_person_does_not_make_it_too_many(sqlite_url: str) -> None:
    with Store(sqlite_url) as store:
        bring_up_to_date(store)
        crowd = [{**line, "restricted": place >= MOST_FOUND} for place, line in enumerate(CROWD)]
        load(store, [Resident.model_validate(line) for line in crowd])
        broker, keys = replace(broker_over(store), directory=Directory(store)), add_clients(store)
        with served(make_app(broker, Settings())) as port:
            town = Office(broker=broker, url=f"http://127.0.0.1:{port}", port=port, keys=keys)
            answer = found(town, "marg pebbleton")
            assert (answer["result"], len(answer["people"])) == ("found", MOST_FOUND)
            assert found(town, "marg pebbleton", "protection")["result"] == "too_many"


@pytest.fixture
def tuo(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("TUO_DATABASE_URL", database_url)
    with Store(database_url) as store:
        bring_up_to_date(store)
        load(store, [Resident.model_validate(resident_line(person.id[-4:], person)) for person in EVERYBODY])
    return CliRunner()


def test_the_command_searches_and_shows_as_the_door_does(tuo: CliRunner) -> None:
    searched = tuo.invoke(app, ["search", "ada thorn", "--reason", REASON])
    assert "Ada Mary Thornbury" in searched.stdout, searched.output
    shown = tuo.invoke(app, ["show", "0001", "--reason", REASON])
    assert "Name Ada Mary Thornbury" in shown.stdout
    assert "council-tax calls them 99001001" in shown.stdout


def test_the_commands_show_nobody_who_is_protected_but_to_the_team(tuo: CliRunner) -> None:
    def said(*words: str) -> tuple[str, str, str]:
        done = tuo.invoke(app, [*words, "--reason", REASON])
        return done.stdout, done.stderr, str(done.exception)

    hidden = ROSALIND.id[-4:]
    assert said("show", hidden) == said("show", "9999")
    assert said("search", "rosalind verney") == said("search", "nobody athome")
    assert "Rosalind Verney" in said("show", hidden, "--for-the-protection-team")[0]
    assert "Rosalind Verney" in said("search", "rosalind verney", "--for-the-protection-team")[0]
