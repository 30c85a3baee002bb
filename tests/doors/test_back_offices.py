"""The pretend back offices keep their published contracts, and share nothing with the product."""

import ast
import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from tests.back_offices import council_tax, electoral, electoral_rules, housing_benefit, housing_benefit_rules
from tests.back_offices.control import Door, PortTaken, control_application
from tests.back_offices.council_tax_rules import decide as council_tax_decides
from tests.back_offices.desk import Answered, Desk, Silent, Trade
from tests.back_offices.journal import DirectoryTaken
from tests.back_offices.letters import Letter, Unreadable, canonical, read_letter
from tests.back_offices.modes import Mode, Switch
from tests.back_offices.residents import seed_accounts
from tests.back_offices.rulings import Case, Decide, Known

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)  # a Wednesday
KEY = {"Authorization": "Bearer a-key"}
TOWN = [
    {
        "id": "ada",
        "uprn": "100",
        "dob": "1950-01-01",
        "references": [{"department": "council-tax", "reference": "990000777"}],
    },
    {"id": "ben", "uprn": "200", "dob": "1950-01-01", "benefit": True},
    {"id": "cat", "uprn": "300", "dob": "1950-01-01", "discount": True},
    {"id": "dot", "uprn": "200", "dob": "2020-01-01"},
]


class Clock:
    """The office's time, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Caller:
    """An adapter's side of the council tax contract."""

    def __init__(self, office: council_tax.CouncilTax, session: aiohttp.ClientSession, clock: Clock) -> None:
        self.office, self.session, self.clock = office, session, clock
        self.base = f"http://127.0.0.1:{office.door.port}/revenues/v1"

    async def send(self, collection: str, key: str, **fields: object) -> tuple[int, dict[str, object]]:
        common = {"person": "ada", "reference": "TUO-AAAA-BBBB-CCCC", "revision": 1, "sequence": 1}
        body = common | {"told_at": "2026-07-01T08:00:00+00:00"} | fields
        headers = KEY | {"Idempotency-Key": key}
        async with self.session.post(f"{self.base}/changes/{collection}", json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def ask(self, key: str) -> tuple[int, dict[str, object]]:
        async with self.session.get(f"{self.base}/changes/{key}", headers=KEY) as answer:
            return answer.status, await answer.json()

    def journal(self) -> list[dict[str, object]]:
        return lines_of(self.office.desk)

    def switch(self, mode: Mode, count: int | None = None, seconds: float | None = None) -> None:
        self.office.desk.switchboard.turn(Switch(mode=mode, count=count, seconds=seconds))


def lines_of(desk: Desk) -> list[dict[str, object]]:
    path = desk.directory / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def town(directory: Path) -> Path:
    path = directory / "residents.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in TOWN))
    return path


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, at most five seconds."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 (what is waited for has no event of its own)
            await asyncio.sleep(0.01)


async def opened(directory: Path, clock: Clock) -> council_tax.CouncilTax:
    desk = Desk(council_tax.TRADE, directory / "office", now=clock)
    seed_accounts(desk.memory, town(directory), NOW.date())
    office = council_tax.CouncilTax(desk, host="127.0.0.1", port=0, key="a-key")
    await office.open()
    return office


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    clock = Clock()
    office = await opened(tmp_path, clock)
    async with aiohttp.ClientSession() as session:
        yield Caller(office, session, clock)
    await office.close()


OUT = {"move": "out", "moved_on": "2026-06-30"}
IN = {"move": "in", "moved_on": "2026-06-30", "to": {"uprn": "400", "lines": []}, "person": "eve"}


async def test_the_same_key_gets_the_same_answer_and_acts_once(caller: Caller) -> None:
    first = await caller.send("moves", "one", **OUT)
    again = await caller.send("moves", "one", **OUT)
    assert first == (201, {"result": "applied", "receipt": "CT-000001", "account": "990000777"})
    assert again == (201, first[1] | {"repeat": True})
    assert [(line["first_time"], line["effect"], line["answer"]) for line in caller.journal()] == [
        (True, True, "accepted"),
        (False, False, "repeat"),
    ]


async def test_the_same_key_at_the_same_moment_acts_once(caller: Caller) -> None:
    caller.office.desk.latency = 0.05
    answers = await asyncio.gather(*(caller.send("moves", "one", **IN) for _ in range(20)))
    assert len({str(body["receipt"]) for _, body in answers}) == 1
    assert sum("repeat" not in body for _, body in answers) == 1
    assert sum(line["effect"] is True for line in caller.journal()) == 1
    assert len(caller.journal()) == 20


async def test_a_key_used_for_other_content_is_refused_and_the_first_answer_stands(caller: Caller) -> None:
    _, first = await caller.send("moves", "one", **OUT)
    status, body = await caller.send("moves", "one", **(OUT | {"moved_on": "2026-06-29"}))
    assert (status, body["reason"]) == (422, "key-used-for-another")
    assert await caller.ask("one") == (200, first | {"repeat": True, "answered": 201})


async def test_an_account_opened_by_moving_in_is_closed_by_moving_out(caller: Caller) -> None:
    assert (await caller.send("moves", "early", person="eve", **OUT))[1] == {"result": "no-account"}
    status, opened_account = await caller.send("moves", "in", **IN)
    assert (status, str(opened_account["account"])[:2]) == (201, "99")
    _, closed = await caller.send("moves", "out", person="eve", **OUT)
    assert (closed["result"], closed["account"]) == ("applied", opened_account["account"])
    assert (await caller.send("deaths", "late", person="eve", died_on="2026-06-30"))[0] == 404


@pytest.mark.parametrize(
    ("collection", "fields", "status", "expected"),
    [
        ("moves", {"move": "out", "moved_on": "2026-06-30", "person": "ben"}, 202, "benefit-on-account"),
        ("moves", {"move": "out", "moved_on": "2026-07-16"}, 202, "date-far-ahead"),
        ("moves", {"move": "out", "moved_on": "2026-07-15"}, 201, None),
        ("moves", {"move": "out", "moved_on": "2028-07-16"}, 422, "date-too-far"),
        ("moves", OUT | {"safety": True}, 202, "handled-in-confidence"),
        ("deaths", {"died_on": "2026-06"}, 202, "date-uncertain"),
        ("deaths", {"died_on": "2026-07-02"}, 422, "in-the-future"),
        ("deaths", {"died_on": "2026-06-30", "adults_remaining": 1, "person": "cat"}, 202, "discount-already-exists"),
        ("households", {"change": "leaves", "on": "2026-06-30", "adults_now": 1}, 201, None),
        ("moves", OUT | {"nino": "QQ123456C"}, 422, "unknown-field"),
        ("moves", OUT | {"sequence": "1"}, 422, "bad-field"),
        ("moves", OUT | {"name": {"surname": "x" * 101}}, 422, "too-long"),
        ("moves", {"moved_on": "2026-06-30"}, 422, "missing-field"),
        ("contacts", {"phone": "01632 960001"}, 201, None),
        ("disregards", {"class": "apprentice", "change": "began", "on": "2026-06-30"}, 201, None),
        ("name-changes", {"new_name": {"surname": "Example"}}, 201, None),
    ],
)
async def test_each_change_is_answered_by_the_rules(
    caller: Caller, collection: str, fields: dict[str, object], status: int, expected: str | None
) -> None:
    got, body = await caller.send(collection, "one", **fields)
    assert (got, body.get("reason")) == (status, expected), body


async def test_a_missing_date_is_asked_for(caller: Caller) -> None:
    status, body = await caller.send("moves", "one", move="out")
    assert (status, body["result"]) == (409, "needs-information")
    assert body["question"] == {"field": "moved_on", "ask": "On what date did they move?"}


async def test_no_answer_and_no_journal_line_repeats_a_personal_field(caller: Caller) -> None:
    canary = "Zyxwvut"
    told: list[dict[str, object]] = [{"name": {"surname": canary}}, {"moved_on": canary}, {canary: canary}]
    for number, fields in enumerate(told):
        _, body = await caller.send("moves", f"k{number}", **(OUT | fields))
        assert canary not in json.dumps(body)
    assert canary not in json.dumps(caller.journal())


async def test_a_withdrawal_puts_the_account_back_and_only_once(caller: Caller) -> None:
    await caller.send("deaths", "death", died_on="2026-06-30")
    assert (await caller.send("moves", "gone", **OUT))[0] == 404
    status, body = await caller.send("withdrawals", "sorry", withdraws="death")
    assert (status, body["account"]) == (201, "990000777")
    assert (await caller.send("withdrawals", "twice", withdraws="death"))[1] == {"result": "no-such-change"}
    assert (await caller.send("moves", "alive", **OUT))[1]["account"] == "990000777"


async def test_a_withdrawal_of_what_was_built_upon_goes_to_an_officer(caller: Caller) -> None:
    await caller.send("households", "leaves", change="leaves", on="2026-06-01", adults_now=1)
    await caller.send("moves", "out", **OUT)
    status, body = await caller.send("withdrawals", "sorry", withdraws="leaves")
    assert (status, body["reason"]) == (202, "changed-since")


@pytest.mark.parametrize(
    ("collection", "late", "reason"),
    [
        ("withdrawals", {"withdraws": "death"}, "withdrawn-before-it-came"),
        ("deaths", {"corrects": "death", "died_on": "2026-06-29"}, "corrected-before-it-came"),
    ],
)
async def test_what_was_taken_back_or_put_right_before_it_came_is_refused_when_it_comes(
    caller: Caller, tmp_path: Path, collection: str, late: dict[str, object], reason: str
) -> None:
    await caller.send(collection, "overtook", **late)
    live = caller.office.desk.memory.cases()
    assert (await caller.ask("death"))[1]["reason"] == reason
    for repeated in ({}, {"repeat": True}):
        answer = await caller.send("deaths", "death", died_on="2026-06-30")
        assert answer == (422, {"result": "refused", "reason": reason} | repeated)
    assert [line["effect"] for line in caller.journal() if line["delivery"] == "death"] == [False, False, False]
    assert caller.office.desk.memory.cases() == live


async def test_an_office_that_was_stopped_still_refuses_what_was_taken_back_before_it_came(tmp_path: Path) -> None:
    clock = Clock()
    async with aiohttp.ClientSession() as session:
        before = await opened(tmp_path, clock)
        assert (await Caller(before, session, clock).send("withdrawals", "w", withdraws="death"))[0] == 404
        await before.close()
        after = await opened(tmp_path, clock)
        status, body = await Caller(after, session, clock).send("deaths", "death", died_on="2026-06-30")
        assert (status, body["reason"]) == (422, "withdrawn-before-it-came")
        await after.close()


async def test_a_death_that_came_and_was_not_taken_up_is_refused_once_it_was_taken_back(caller: Caller) -> None:
    caller.switch("garbage", count=1)
    with pytest.raises(aiohttp.ContentTypeError):
        await caller.send("deaths", "death", died_on="2026-06-30")
    assert (await caller.send("withdrawals", "w", withdraws="death"))[1] == {"result": "no-such-change"}
    assert (await caller.send("deaths", "death", died_on="2026-06-30"))[1]["reason"] == "withdrawn-before-it-came"


async def test_a_withdrawal_that_an_office_refused_keeps_nothing_out(caller: Caller) -> None:
    caller.switch("refuse", count=1)
    assert (await caller.send("withdrawals", "w", withdraws="death"))[0] == 422
    assert (await caller.send("deaths", "death", died_on="2026-06-30"))[0] == 201


@pytest.mark.parametrize("trade", [housing_benefit.trade(everybody=True), electoral.trade(everybody=True)])
async def test_offices_that_are_not_called_refuse_too_what_was_taken_back_before_it_came(
    trade: Trade, tmp_path: Path
) -> None:
    desk = Desk(trade, tmp_path)
    letters = [
        read_letter(sent(kind, trade.department, **named), trade.department)
        for kind, named in [("withdrawal", {"withdraws": "death"}), ("bereavement", {"id": "death"})]
    ]
    replies = [await desk.receive(letter) for letter in letters if isinstance(letter, Letter)]
    answers = [(reply.answer.outcome, reply.answer.reason) for reply in replies if isinstance(reply, Answered)]
    assert answers == [("not_held", "no-such-change"), ("refused", "withdrawn-before-it-came")]
    assert [line["effect"] for line in lines_of(desk)] == [True, False]
    desk.close()


async def test_a_correction_takes_the_place_of_the_change_it_names(caller: Caller) -> None:
    _, wrong = await caller.send("moves", "wrong", **IN)
    _, right = await caller.send("moves", "right", corrects="wrong", **(IN | {"to": {"uprn": "500", "lines": []}}))
    memory = caller.office.desk.memory
    assert memory.case_at("400") == Case(reference=str(wrong["account"]), state="void", uprn="400", last_change="right")
    assert memory.case_at("500") == Case(reference=str(right["account"]), uprn="500", last_change="right")
    assert (await caller.send("withdrawals", "none", withdraws="right", person="eve"))[0] == 201
    assert (await caller.send("moves", "out", person="eve", **OUT))[0] == 404


async def test_memory_and_journal_survive_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    async with aiohttp.ClientSession() as session:
        before = await opened(tmp_path, clock)
        _, first = await Caller(before, session, clock).send("moves", "one", **OUT)
        await before.close()
        after = await opened(tmp_path, clock)
        caller = Caller(after, session, clock)
        assert await caller.send("moves", "one", **OUT) == (201, first | {"repeat": True})
        assert (await caller.send("moves", "in", **IN))[1]["receipt"] == "CT-000002"
        assert after.desk.state()["seen"] == len(caller.journal()) == 3
        await after.close()


async def test_a_line_torn_by_a_stop_does_not_spoil_the_next(tmp_path: Path) -> None:
    desk = Desk(council_tax.TRADE, tmp_path / "office")
    desk.note({}, answer="accepted")
    desk.close()
    with (tmp_path / "office" / "journal.jsonl").open("a") as journal:
        journal.write('{"torn":')
    desk = Desk(council_tax.TRADE, tmp_path / "office")
    desk.note({}, answer="refused")
    desk.close()
    lines = (tmp_path / "office" / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["answer"] for line in (lines[0], lines[2])] == ["accepted", "refused"]


@pytest.mark.parametrize(
    ("mode", "status", "result"),
    [("refuse", 422, "refused"), ("ask", 409, "needs-information"), ("not_held", 404, "no-account")],
)
async def test_a_switched_answer_is_kept_when_the_switch_is_turned_back(
    caller: Caller, mode: Mode, status: int, result: str
) -> None:
    caller.switch(mode)
    got, body = await caller.send("moves", "one", **OUT)
    assert (got, body["result"]) == (status, result)
    caller.switch("ok")
    assert await caller.send("moves", "one", **OUT) == (status, body | {"repeat": True})
    assert (await caller.send("moves", "two", **OUT))[0] == 201


async def test_mode_later_decides_at_once_but_tells_after_the_wait(caller: Caller) -> None:
    caller.switch("later", seconds=60)
    status, body = await caller.send("moves", "one", **OUT)
    assert (status, body["result"], body["again_at"]) == (202, "pending", "2026-07-01T09:01:00+00:00")
    assert (await caller.ask("one"))[1]["result"] == "pending"
    caller.clock.now += timedelta(seconds=61)
    assert (await caller.ask("one"))[1]["result"] == "applied"
    assert (await caller.send("moves", "one", **OUT))[1]["receipt"] == "CT-000001"
    assert [line["answer"] for line in caller.journal() if line["effect"]] == ["pending"]


async def test_mode_slow_waits_and_then_acts(caller: Caller) -> None:
    caller.switch("slow", seconds=0.3)
    start = asyncio.get_running_loop().time()
    assert (await caller.send("moves", "one", **OUT))[0] == 201
    assert asyncio.get_running_loop().time() - start >= 0.3


async def test_mode_error_does_nothing_and_a_count_runs_out(caller: Caller) -> None:
    caller.switch("error", count=2, seconds=7)
    for _ in range(2):
        headers = KEY | {"Idempotency-Key": "one"}
        async with caller.session.post(f"{caller.base}/changes/moves", json=IN | BODY, headers=headers) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    status, body = await caller.send("moves", "one", **IN)
    assert (status, body["receipt"], body.get("repeat")) == (201, "CT-000001", None)
    assert [line["effect"] for line in caller.journal()] == [False, False, True]
    assert [line["first_time"] for line in caller.journal()] == [True, False, False]


async def test_mode_garbage_is_no_json_and_nothing_is_done(caller: Caller) -> None:
    caller.switch("garbage", count=1)
    headers = KEY | {"Idempotency-Key": "one"}
    async with caller.session.post(f"{caller.base}/changes/moves", json=OUT | BODY, headers=headers) as answer:
        raw = await answer.read()
    with pytest.raises(ValueError, match=r"decode|Expecting"):
        json.loads(raw)
    assert await caller.ask("one") == (404, {"result": "never-seen"})


@pytest.mark.parametrize(("mode", "asked"), [("hang", 404), ("apply_then_hang", 200)])
async def test_a_hung_request_did_nothing_or_all_of_it(caller: Caller, mode: Mode, asked: int) -> None:
    caller.switch(mode, count=1, seconds=0.2)
    with pytest.raises(aiohttp.ClientError):
        await caller.send("moves", "one", **OUT)
    assert (await caller.ask("one"))[0] == asked
    status, body = await caller.send("moves", "one", **OUT)
    assert (status, body.get("repeat", False)) == (201, asked == 200)
    assert sum(line["effect"] is True for line in caller.journal()) == 1


async def test_a_hang_ends_when_a_switch_is_turned(caller: Caller) -> None:
    caller.switch("hang")
    waiting = asyncio.create_task(caller.send("moves", "one", **OUT))
    await until(lambda: caller.office.desk.journal.lines == 1)
    assert not waiting.done()
    caller.switch("ok")
    with pytest.raises(aiohttp.ClientError):
        await asyncio.wait_for(waiting, 5)


async def test_a_switch_for_one_person_leaves_others_alone(caller: Caller) -> None:
    caller.office.desk.switchboard.turn(Switch(mode="refuse", person="ada"))
    assert (await caller.send("moves", "one", **OUT))[0] == 422
    assert (await caller.send("moves", "two", **IN))[0] == 201


async def test_a_wrong_key_is_turned_away_before_anything_is_looked_at(caller: Caller) -> None:
    headers = {"Authorization": "Bearer other", "Idempotency-Key": "one"}
    async with caller.session.post(f"{caller.base}/changes/moves", json=OUT | BODY, headers=headers) as answer:
        assert (answer.status, await answer.json()) == (401, {"result": "not-signed-in"})
    assert await caller.ask("one") == (404, {"result": "never-seen"})


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b"null", b"\xff", b'{"person":"\\ud800"}', b"[" * 20_000, b'{"sequence":NaN}']
)
async def test_a_hostile_body_is_refused_without_harm(caller: Caller, raw: bytes) -> None:
    headers = KEY | {"Idempotency-Key": "one"}
    async with caller.session.post(f"{caller.base}/changes/moves", data=raw, headers=headers) as answer:
        assert (answer.status, (await answer.json())["result"]) == (422, "refused")
    assert (await caller.send("moves", "two", **OUT))[0] == 201


async def test_a_port_in_use_is_said_in_one_line(caller: Caller) -> None:
    taken = Door(web.Application(), "127.0.0.1", caller.office.door.port, "council tax", "--port")
    with pytest.raises(PortTaken, match=r"^council tax: 127\.0\.0\.1:\d+ cannot be listened on .*--port$"):
        await taken.open()


async def test_a_directory_serves_one_office_at_a_time(caller: Caller, tmp_path: Path) -> None:
    with pytest.raises(DirectoryTaken):
        Desk(council_tax.TRADE, tmp_path / "office")


async def test_the_control_door_counts_outcomes_and_turns_switches(caller: Caller) -> None:
    door = Door(control_application({"council-tax": caller.office.desk}), "127.0.0.1", 0, "control", "--control-port")
    await door.open()
    base = f"http://127.0.0.1:{door.port}"
    asked = {"mode": "refuse", "count": 1}
    async with caller.session.post(f"{base}/council-tax/mode", json=asked) as answer:
        assert (answer.status, (await answer.json())["mode"]) == (200, "refuse")
    for key in ("one", "two"):
        await caller.send("moves", key, **OUT)
    async with caller.session.get(f"{base}/state") as answer:
        state = await answer.json()
    assert (state["counts"], state["mode"], state["seen"]) == ({"refused": 1, "accepted": 1}, "ok", 2)
    wrongs: list[object] = [{"mode": "x"}, {"mode": "ok", "count": 0}, {"mode": "ok", "seconds": -1}, []]
    for wrong in wrongs:
        async with caller.session.post(f"{base}/mode", json=wrong) as answer:
            assert answer.status == 400, wrong
    await door.close()


BODY: dict[str, object] = {
    "person": "ada",
    "reference": "TUO-AAAA-BBBB-CCCC",
    "revision": 1,
    "sequence": 1,
    "told_at": "2026-07-01T08:00:00+00:00",
}


def sent(kind: str, department: str = "housing-benefit", **changed: object) -> bytes:
    """A delivery letter as the broker publishes it."""
    letter = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "urn:tell-us-once:broker",
        "type": f"uk.tell-us-once.delivery.{kind}.v1",
        "time": "2026-07-01T08:00:01+00:00",
        "datacontenttype": "application/json",
        "subject": "ada",
        "department": department,
        "notification": "TUO-AAAA-BBBB-CCCC",
        "revision": 1,
        "sequence": 42,
        "toldat": "2026-07-01T08:00:00+00:00",
        "data": {},
    }
    return canonical(letter | changed)


def read(kind: str, department: str = "housing-benefit", told: dict[str, object] | None = None) -> Letter:
    letter = read_letter(sent(kind, department, data=told or {}), department)
    assert isinstance(letter, Letter)
    return letter


def decided(decide: Decide, letter: Letter, case: Case | None) -> tuple[str, str | None, date | None]:
    answer = decide(letter, Known(today=NOW.date(), next_case="X-1", case=case)).answer
    return answer.outcome, answer.reason, answer.by


CLAIM = Case(reference="HBC-000001")


@pytest.mark.parametrize(
    ("kind", "told", "case", "expected"),
    [
        ("move", {"move": "within"}, CLAIM, ("accepted", None)),
        ("move", {"move": "in"}, None, ("referred", "claim-to-be-made")),
        ("bereavement", {"occurred_on": "2026-06-30"}, CLAIM, ("accepted", None)),
        ("bereavement", {}, None, ("not_held", "no-claim")),
        ("birth", {}, Case(reference="HBC-000001", state="ended"), ("not_held", "claim-ended")),
        ("birth", {"occurred_on": "2026-04-01"}, CLAIM, ("referred", "told-late")),
        ("income_change", {"evidence": ["seen"]}, CLAIM, ("accepted", None)),
        ("income_change", {}, CLAIM, ("referred", "proof-awaited")),
        ("name_change", {"partner": {}}, CLAIM, ("referred", "couple-to-be-assessed")),
    ],
)
def test_housing_benefit_decides(
    kind: str, told: dict[str, object], case: Case | None, expected: tuple[str, str | None]
) -> None:
    assert decided(housing_benefit_rules.decide, read(kind, told=told), case)[:2] == expected


RELATIVE = {"relationship": "child", "declaration": True}


@pytest.mark.parametrize(
    ("kind", "told", "expected"),
    [
        ("move", {"move": "within"}, ("referred", "invited-to-register", date(2026, 7, 29))),
        ("move", {"move": "in"}, ("referred", "invited-to-register", date(2026, 7, 29))),
        ("move", {"move": "out"}, ("referred", "one-source-only", date(2026, 7, 29))),
        ("name_change", {}, ("referred", "invited-to-apply", date(2026, 7, 29))),
        ("joins_household", {"date_of_birth": "2015-01-01"}, ("not_held", "too-young", None)),
        ("leaves_household", {}, ("referred", "one-source-only", date(2026, 7, 29))),
        ("bereavement", {"evidence_class": "registrar"}, ("accepted", None, None)),
        ("bereavement", {"informant": RELATIVE}, ("accepted", None, None)),
        ("bereavement", RELATIVE | {"declaration": False}, ("referred", "second-source-needed", date(2026, 7, 15))),
        (
            "bereavement",
            RELATIVE | {"relationship": "neighbour"},
            ("referred", "second-source-needed", date(2026, 7, 15)),
        ),
        ("bereavement", {}, ("referred", "second-source-needed", date(2026, 7, 15))),
        ("income_change", {}, ("refused", "not-for-this-department", None)),
    ],
)
def test_electoral_services_decide(
    kind: str, told: dict[str, object], expected: tuple[str, str | None, date | None]
) -> None:
    letter = read(kind, electoral.DEPARTMENT, told)
    assert decided(electoral_rules.decide, letter, Case(reference="ELR-000001")) == expected


def test_no_change_is_ever_answered_as_an_elector_having_moved() -> None:
    for how in ("within", "in", "out", None):
        letter = read("move", electoral.DEPARTMENT, {"move": how})
        ruling = electoral_rules.decide(letter, Known(today=NOW.date(), next_case="X", case=Case(reference="E")))
        assert (ruling.answer.outcome, ruling.cases) == ("referred", ())


def test_an_invitation_due_on_a_weekend_is_due_the_monday_after() -> None:
    letter = read_letter(sent("move", toldat="2026-07-04T09:00:00+01:00"), "housing-benefit")
    assert isinstance(letter, Letter)
    assert decided(electoral_rules.decide, letter, None)[2] == date(2026, 8, 3)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"\xff\x00",
        b"[" * 100_000,
        sent("wedding"),
        sent("move", "council-tax"),
        sent("move", subject="\ud800"),
        sent("move", sequence=True),
        sent("move", toldat="2026-07-01"),
        sent("move", data=[]),
    ],
)
def test_what_is_no_delivery_letter_is_a_value_not_an_exception(raw: bytes) -> None:
    assert isinstance(read_letter(raw, "housing-benefit"), Unreadable)


async def test_a_put_off_answer_is_awaited_first_and_then_final(tmp_path: Path) -> None:
    clock = Clock()
    desk = Desk(housing_benefit.trade(everybody=True), tmp_path, now=clock)
    desk.switchboard.turn(Switch(mode="later", seconds=5))
    letter = read_letter(sent("birth"), "housing-benefit", key="a-key")
    assert isinstance(letter, Letter)
    words = housing_benefit.words_for(letter.delivery, await desk.receive(letter), clock())
    assert words is not None
    awaited = json.loads(words)
    assert (awaited["data"]["outcome"], awaited["data"]["receipt"]) == ("awaited", None)
    assert desk.memory.due(clock()) == []
    clock.now += timedelta(seconds=5)
    (kept,) = desk.memory.due(clock())
    final = json.loads(housing_benefit.outcome_letter(kept.delivery, kept.answer, clock()))
    assert (kept.key, final["data"]["outcome"], final["data"]["receipt"]) == ("a-key", "accepted", "HB-000001")
    assert final["id"] != awaited["id"]
    desk.memory.final_sent(kept.delivery)
    assert desk.memory.due(clock()) == []
    desk.close()


async def test_an_outcome_letter_says_what_the_contract_says_and_a_repeat_says_the_same(tmp_path: Path) -> None:
    clock = Clock()
    desk = Desk(housing_benefit.trade(everybody=True), tmp_path, now=clock)
    letter = read("birth")
    first, again = [housing_benefit.words_for(letter.delivery, await desk.receive(letter), clock()) for _ in range(2)]
    assert first == again
    outcome = json.loads(first or b"")
    assert (outcome["type"], outcome["subject"]) == ("uk.tell-us-once.outcome.v1", letter.delivery)
    assert outcome["source"] == "urn:tell-us-once:back-office:housing-benefit"
    assert outcome["data"] == {
        "delivery": letter.delivery,
        "department": "housing-benefit",
        "outcome": "accepted",
        "receipt": "HB-000001",
        "reason": None,
        "question": None,
        "by": None,
        "again_at": None,
    }
    desk.close()


@pytest.mark.parametrize("mode", [mode for mode in get_args(Mode) if mode not in ("slow", "later")])
@pytest.mark.parametrize("trade", [housing_benefit.trade(everybody=True), electoral.trade(everybody=True)])
async def test_every_mode_leaves_at_most_one_effect_and_ends_in_an_answer(
    trade: Trade, mode: Mode, tmp_path: Path
) -> None:
    desk = Desk(trade, tmp_path)
    desk.switchboard.turn(Switch(mode=mode, count=1, seconds=0))
    letter = read("move", trade.department)
    replies = [await desk.receive(letter) for _ in range(3)]
    assert isinstance(replies[-1], Answered)
    assert isinstance(replies[0], Silent) == (mode in ("hang", "apply_then_hang"))
    assert sum(line["effect"] is True for line in lines_of(desk)) == 1
    assert len(lines_of(desk)) == 3
    desk.close()


class PretendBroker:
    """The broker's side of the electoral contract: a queue to read, and acknowledgements."""

    def __init__(self) -> None:
        self.letters: dict[str, object] = {}
        self.acknowledged: dict[str, list[dict[str, object]]] = {}
        self.away = False
        application = web.Application()
        path = "/api/v1/departments/electoral-registration/deliveries"
        application.router.add_get(path, self.page)
        application.router.add_put(path + "/{delivery}", self.take)
        self.door = Door(application, "127.0.0.1", 0, "broker", "--port")

    async def page(self, request: web.Request) -> web.Response:
        if self.away or request.headers["Authorization"] != "Bearer theirs":
            return web.Response(status=503)
        waiting = [letter for delivery, letter in self.letters.items() if delivery not in self.acknowledged]
        return web.json_response({"items": waiting[: int(request.query["limit"])]})

    async def take(self, request: web.Request) -> web.Response:
        delivery = request.match_info["delivery"]
        try:
            said = json.loads(await request.read())
        except ValueError:
            return web.Response(status=400)
        self.acknowledged.setdefault(delivery, []).append(said)
        return web.Response(status=204)


async def test_electoral_services_collect_and_acknowledge_every_letter_through_an_outage(tmp_path: Path) -> None:
    broker = PretendBroker()
    broker.away = True
    await broker.door.open()
    for letter in (json.loads(sent("move", electoral.DEPARTMENT)) for _ in range(45)):
        broker.letters[letter["id"]] = letter
    desk = Desk(electoral.trade(everybody=True), tmp_path)
    desk.switchboard.turn(Switch(mode="garbage", count=1))
    base = f"http://127.0.0.1:{broker.door.port}"
    office = electoral.Electoral(desk, broker=base, key="theirs", every=0.01)
    running = asyncio.create_task(office.run())
    broker.away = False
    await until(lambda: len(broker.acknowledged) == 45)
    await office.close()
    await running
    assert {len(said) for said in broker.acknowledged.values()} == {1}
    (said,) = broker.acknowledged[next(iter(broker.letters))]
    assert set(said) == {"status", "outcome", "receipt", "reason", "question", "by"}
    assert (said["status"], said["outcome"], said["reason"]) == ("success", "referred", "invited-to-register")
    await broker.door.close()


def test_the_room_shares_no_code_with_the_product() -> None:
    room = Path(council_tax.__file__).parent
    files = sorted(room.rglob("*.py"))
    assert len(files) > 10
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, file.name
                names = [node.module or ""]
            rooms = {name.split(".")[0] for name in names}
            assert not rooms & {"broker", "adapters", "schemas"}, file.name
            assert all(name.startswith("tests.back_offices") for name in names if name.startswith("tests")), file.name


def test_council_tax_decides_on_what_it_is_told_alone() -> None:
    letter = Letter(
        delivery="d", kind="move", subject="eve", sequence=1, revision=1, told_at=NOW, told=IN, digest="", sense=""
    )
    ruling = council_tax_decides(letter, Known(today=NOW.date(), next_case="990000001"))
    assert ruling.cases == (Case(reference="990000001", uprn="400"),)
