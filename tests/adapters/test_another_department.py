"""A council adds a department in one file of at most 60 lines."""

from pathlib import Path

import httpx
import pytest

from broker.outcome import Accepted, Heard, NotHeld, Refused
from tests.adapters import library
from tests.adapters.told import event, facts


def test_a_department_fits_in_sixty_lines() -> None:
    assert len(Path(library.__file__).read_text().splitlines()) <= 60


@pytest.mark.parametrize(
    ("kind", "response", "outcome"),
    [
        ("move", httpx.Response(200, json={"receipt": "L-1"}), Accepted(receipt="L-1")),
        ("bereavement", httpx.Response(404), NotHeld()),
        (
            "bereavement",
            httpx.Response(422, json={"reason": "withdrawn-before-it-came"}),
            Refused(reason="withdrawn-before-it-came"),
        ),
    ],
)
def test_it_is_told_and_heard_like_any_other(kind: str, response: httpx.Response, outcome: Heard) -> None:
    told = event(kind)
    telling = library.adapter.telling(type(told))
    assert telling is not None
    assert telling.talk is not None
    assert telling.when(facts(told))
    assert not telling.when(facts(told, case_reference=None))
    conversation = telling.talk(telling.sees.of(facts(told)))
    assert next(conversation).url.path == "/members/CASE-1"
    with pytest.raises(StopIteration) as end:
        conversation.send(response)
    assert end.value.value == outcome


def test_it_sees_nothing_of_a_death_but_whose_card_to_close() -> None:
    telling = library.adapter.telling(type(event("bereavement")))
    assert telling is not None
    assert telling.sees.of(facts(event("bereavement"))).model_dump() == {"card": "CASE-1"}
