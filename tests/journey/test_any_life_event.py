"""Whatever is told, in whatever order: every telling ends, every department acts once on it, and the books balance."""

import json
import subprocess
from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.kinds import life_events
from tests.council import DEPARTMENTS, ROOT, TUO, Council
from tests.journey.seen import acts
from tests.journey.town import CANAL_STREET, Said, resident

KINDS = sorted(set(life_events()) - {"withdrawal"})
#: somebody dead and somebody without a date of birth are among them
PEOPLE = [*(line["id"] for line in CANAL_STREET), "Edna Crowther", "Leonard Applegate"]
FEWER = ("address", "nino", "date_of_birth")


@st.composite
def tellings(draw: st.DrawFn) -> list[Said]:
    """Some life events of one resident, each perhaps taken back afterwards."""
    who = draw(st.sampled_from(PEOPLE))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    return [_telling(draw, who, kind) for kind in kinds]


def _telling(draw: st.DrawFn, who: str, kind: str) -> Said:
    left_out: dict[str, Any] = dict.fromkeys(draw(st.sets(st.sampled_from(FEWER), max_size=2)))
    safe = {} if draw(st.booleans()) else {"address_may_be_shown": False}
    document = {**life_events()[kind].EXAMPLE, "subject": resident(who, **left_out, **safe)}
    if draw(st.booleans()):
        document.pop("evidence", None)
    return {"event": document, "taken_back": draw(st.booleans())}


@settings(
    max_examples=8,
    deadline=timedelta(seconds=90),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=tellings())
def test_every_telling_ends_and_the_books_balance(council: Council, told: list[Said]) -> None:
    told = [{**one, "key": uuid4().hex} for one in told]
    references = [_tell(council, one["event"], one["key"]) for one in told]
    back = [_take_back(council, *pair) for pair in zip(told, references, strict=True) if pair[0]["taken_back"]]
    for reference in [*references, *back]:
        answers = council.answers(reference, seconds=60)
        # What is taken back is called off. It was never sent, or was on its way: then they may have had nothing of it.
        called_off = {name for name, line in answers.items() if line["standing"] == "cancelled"}
        assert all(line["sentence"] and (line["outcome"] or name in called_off) for name, line in answers.items())
        for department in DEPARTMENTS:
            acted = len(acts(council, department, reference))
            assert acted <= 1 if department in called_off else acted == (department in answers)
    for one, reference in zip(told, references, strict=True):
        assert _tell(council, one["event"], one["key"]) == reference, "the same telling is the same notification"
    assert council.books()["findings"] == []


def test_the_books_balance_as_the_command_draws_them_up(council: Council) -> None:
    command = [TUO, "books", "--json"]
    drawn = subprocess.run(
        command, cwd=ROOT, env=council.environment(), capture_output=True, text=True, check=False, timeout=60
    )
    books = json.loads(drawn.stdout)
    assert (drawn.returncode, books["balanced"], books["findings"]) == (0, True, [])
    assert sum(books["notifications"].values()) > 0


def _tell(council: Council, event: Said, key: str) -> str:
    answer = council.submit(event, key=key)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["reference"])


def _take_back(council: Council, telling: Said, reference: str) -> str:
    event = {**life_events()["withdrawal"].EXAMPLE, "subject": telling["event"]["subject"], "withdraws": reference}
    return _tell(council, event, f"{telling['key']}-back")
