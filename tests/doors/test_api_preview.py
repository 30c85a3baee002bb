"""Before anybody is searched for, a form learns what to ask for."""

from typing import Any

from tests.doors.office import Office

BEN = {"name": {"forenames": "Ben Idris", "surname": "Okafor"}}


def _preview(office: Office, subject: dict[str, Any], acts: str = "standard") -> dict[str, Any]:
    with office.client() as adviser:
        answer = adviser.post("/api/v1/matches/preview", json={"subject": subject, "acts": acts})
    assert answer.status_code == 200, answer.text
    assert "Okafor" not in answer.text
    preview: dict[str, Any] = answer.json()
    return preview


def test_a_name_alone_is_not_enough_and_what_would_help_most_comes_first(long_office: Office) -> None:
    preview = _preview(long_office, BEN)
    assert not preview["enough"]
    gains = [one["bits"] for one in preview["missing"] if not one["enough"]]
    assert gains == sorted(gains, reverse=True)
    assert {"date_of_birth", "nino", "address"} <= {one["field"] for one in preview["missing"]}


def test_what_was_said_is_not_asked_for_again_and_adds_to_the_score(long_office: Office) -> None:
    less = _preview(long_office, BEN)
    more = _preview(long_office, BEN | {"date_of_birth": "1985-04-12", "nino": "QQ123456C"})
    assert more["bits"] > less["bits"]
    assert not {"date_of_birth", "nino"} & {one["field"] for one in more["missing"]}


def test_an_irreversible_act_asks_for_more(long_office: Office) -> None:
    assert _preview(long_office, BEN, "irreversible")["needed"] > _preview(long_office, BEN, "light")["needed"]


def test_a_number_that_is_none_is_refused_by_its_field(long_office: Office) -> None:
    with long_office.client() as adviser:
        answer = adviser.post("/api/v1/matches/preview", json={"subject": BEN | {"nino": "DA123456A"}})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["fields"]] == ["subject.nino"]
    assert "DA123456A" not in answer.text
