"""An engine and a back office that is ill, refuses, asks for time or is closed: on a real Kafka."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from broker import department_state, tables
from broker.adapter import Conversation, Inquiry
from broker.breaker import Position, Rules
from broker.decision import Delivery
from broker.delivery import Department
from broker.department_state import Pause, State
from broker.outcome import Accepted, Deferred, Heard, Refused, Unheard
from broker.ports import Broker
from broker.settings import BackOffice, Settings
from broker.standing import STRAIGHT, URGENT
from broker.store import Store
from tests.broker.departments import LIBRARIES
from tests.broker.steps import a_delivery, ledger_row, open_all, standings
from tests.broker.topics import committed, send
from tests.broker.worlds import BEN, eventually, make_broker, person, rows, running

PEOPLE = [person(n, "Wren", "Testwell", "1980-01-01", "QQ111111A", BEN.addresses[0]) for n in range(100, 160)]
TOLD = [a_delivery(n, of=one) for n, one in enumerate(PEOPLE, start=1)]
#: as the usual ones, but nobody waits
HASTY = Rules(calls=10, first_probe=0.3, longest_probe=0.6, refused_calls=10)


@dataclass
class Office:
    """A back office that answers by one rule at a time, and notes when it was asked."""

    says: Callable[[str], Heard] = lambda _: Accepted(receipt="R")
    keys: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answering.set()

    async def converse(self, conversation: Conversation, key: str) -> Heard:
        next(conversation)
        self.keys.append(key)
        self.at.append(asyncio.get_running_loop().time())
        await self.answering.wait()
        return self.says(key)

    async def ask(self, inquiry: Inquiry, key: str) -> Heard | None:
        raise AssertionError("nobody asks by key here")

    async def close(self) -> None:
        return


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def broker(settings: Settings, sqlite_store: Store, office: Office) -> Broker:
    return make_broker(sqlite_store, carriers={LIBRARIES: office}, topic_prefix=settings.topic_prefix)


async def lay_out(broker: Broker, settings: Settings, *told: Delivery) -> None:
    open_all(broker, *told)
    letters = [(one.person.encode(), one.letter) for one in told]
    await send(settings.kafka, settings.topic(f"departments.{LIBRARIES}"), *letters)


def state(broker: Broker) -> State:
    return broker.store.read_now(lambda tx: department_state.state_of(tx, LIBRARIES))


def are(broker: Broker, standing: str, *told: Delivery) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return set(standings(broker, *told)) == {standing}

    return so


def stands(broker: Broker, true: Callable[[State], bool]) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return true(state(broker))

    return so


async def test_while_a_back_office_is_ill_nothing_is_parked_or_counted_and_then_all_goes_out(
    broker: Broker, settings: Settings, office: Office
) -> None:
    office.says = lambda _: Deferred(reason="not-reached")
    broker = replace(broker, retry_waits=(60.0, 60.0))
    await lay_out(broker, settings, *TOLD)
    async with running(Department(LIBRARIES, 4, broker, settings, HASTY).run):
        await eventually(stands(broker, lambda now: now.breaker is Position.OPEN))
        calls = len(office.keys)
        await eventually(_asked(office, calls + 3), 10)
        assert len(office.keys) < calls + 12, "it is only asked now and then"
        assert "parked" not in standings(broker, *TOLD)
        heard = [one.heard for one in rows(broker.store, tables.attempt)]
        assert heard.count("put-back") >= 2, "a probe that fails says nothing of its delivery"
        assert heard.count("deferred") <= calls
        ill = state(broker)
        assert (ill.breaker_reason, ill.next_probe_at is not None) == ("not-reached", True)
        office.says = lambda _: Accepted(receipt="R")
        waiting = [one for one in TOLD if standings(broker, one) != ["retrying"]]
        assert len(waiting) >= 45
        await eventually(are(broker, "settled", *waiting), 30)
        await eventually(stands(broker, lambda now: now.breaker is Position.CLOSED), 30)


def _asked(office: Office, times: int) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return len(office.keys) >= times

    return so


async def test_of_those_who_fail_together_as_many_are_parked_as_others_were_taken_for(
    broker: Broker, settings: Settings, office: Office
) -> None:
    broker = replace(broker, retry_waits=(), park_waits=(60.0,))
    well, together = TOLD[:40], TOLD[40:]
    office.says = lambda key: Deferred(reason="odd") if key in {one.id for one in together} else Accepted(receipt="R")
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await lay_out(broker, settings, *well)
        await eventually(are(broker, "settled", *well))
        await lay_out(broker, settings, *together)
        await eventually(_asked(office, 60))
        await eventually(_rest(broker, together))
    stood = standings(broker, *together)
    assert (stood.count("parked"), stood.count("retrying")) == (8, 12), "one of each five that were taken"
    assert state(broker).breaker is Position.CLOSED


def _rest(broker: Broker, told: list[Delivery]) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return set(standings(broker, *told)) <= {"parked", "retrying"}

    return so


async def test_a_breaker_that_was_open_when_the_process_died_asks_first_in_the_next_one(
    broker: Broker, settings: Settings, office: Office
) -> None:
    said = {"breaker": "open", "breaker_reason": "http-500"}
    broker.store.write_now(lambda tx: department_state.change(tx, LIBRARIES, **said))
    office.says = lambda _: Unheard(reason="http-500")
    await lay_out(broker, settings, *TOLD[:20])
    async with running(Department(LIBRARIES, 4, broker, settings, HASTY).run):
        await eventually(_asked(office, 2))
        assert len(office.keys) <= 4
        assert set(standings(broker, *TOLD[:20])) <= {"waiting", "sending"}


async def test_a_release_that_is_refused_by_everybody_stops_itself_and_goes_on_at_a_word(
    broker: Broker, settings: Settings, office: Office
) -> None:
    office.says = lambda _: Refused(reason="bad-request")
    await lay_out(broker, settings, *TOLD)
    async with running(Department(LIBRARIES, 2, broker, settings, HASTY).run):
        await eventually(stands(broker, lambda now: now.refusing_since is not None))
        refused = len(office.keys)
        assert refused <= 14
        settled = [one for one in TOLD if standings(broker, one) == ["settled"]]
        assert len(settled) == 9, "the tenth and what was on its way with it were not believed"
        office.says = lambda _: Accepted(receipt="R")
        broker.store.write_now(
            lambda tx: department_state.resume(tx, LIBRARIES, "operator:olu", "mended", broker.now())
        )
        await eventually(are(broker, "settled", *TOLD), 30)
    assert sorted({ledger_row(broker, one).outcome for one in TOLD}) == ["accepted", "refused"]


async def test_another_version_of_the_adapter_is_tried_without_a_word(
    broker: Broker, settings: Settings, office: Office
) -> None:
    said = {"refusing_since": broker.now(), "refusing_version": "an older one"}
    broker.store.write_now(lambda tx: department_state.change(tx, LIBRARIES, **said))
    await lay_out(broker, settings, *TOLD[:3])
    async with running(Department(LIBRARIES, 2, broker, settings, HASTY).run):
        await eventually(are(broker, "settled", *TOLD[:3]))
        await eventually(stands(broker, lambda now: now.refusing_since is None))


async def test_a_paused_department_is_sent_only_what_undoes_a_death(
    broker: Broker, settings: Settings, office: Office
) -> None:
    await lay_out(broker, settings, *TOLD[:10])
    wanted = Pause(actor="operator:olu", reason="planned work")
    broker.store.write_now(lambda tx: department_state.pause(tx, LIBRARIES, wanted, broker.now()))
    urgent = replace(a_delivery(99, of=PEOPLE[0]), jump=URGENT)
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        open_all(broker, urgent)
        await eventually(are(broker, "settled", urgent))
        assert office.keys == [urgent.id]
        assert set(standings(broker, *TOLD[1:10])) == {"waiting"}
        broker.store.write_now(lambda tx: department_state.resume(tx, LIBRARIES, "operator:olu", "ok", broker.now()))
        await eventually(are(broker, "settled", *TOLD[1:10]))


async def test_a_back_office_that_asks_for_time_is_left_alone_until_then(
    broker: Broker, settings: Settings, office: Office
) -> None:
    first = TOLD[0]

    def says(key: str) -> Heard:
        busy = Deferred(reason="http-429", after=timedelta(seconds=2))
        return busy if key == first.id else Accepted(receipt="R")

    office.says = says
    await lay_out(broker, settings, first)
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        await eventually(_asked(office, 1))
        await lay_out(broker, settings, *TOLD[1:4])
        await eventually(are(broker, "settled", *TOLD[1:4]))
        await eventually(stands(broker, lambda now: now.asked_until is not None))
    assert office.at[1] - office.at[0] >= 1.9


async def test_no_second_holds_more_calls_than_the_rate(broker: Broker, settings: Settings, office: Office) -> None:
    limited = settings.model_copy(update={"back_offices": {LIBRARIES: BackOffice(rate=15)}})
    await lay_out(broker, settings, *TOLD[:40])
    async with running(Department(LIBRARIES, 64, broker, limited).run):
        await eventually(are(broker, "settled", *TOLD[:40]))
    for first in office.at:
        assert sum(first <= each < first + 1 for each in office.at) <= 17
    assert office.at[-1] - office.at[0] < 6


async def test_the_retry_of_what_was_parked_comes_straight_from_the_ledger_even_when_the_department_is_full(
    broker: Broker, settings: Settings
) -> None:
    said = {"full_since": broker.now(), "full_reason": "too-many-persons"}
    broker.store.write_now(lambda tx: department_state.change(tx, LIBRARIES, **said))
    await lay_out(broker, settings, TOLD[1])
    retry = replace(TOLD[0], jump=STRAIGHT)
    async with running(Department(LIBRARIES, 4, broker, settings).run):
        open_all(broker, retry)
        await eventually(are(broker, "settled", retry))
        assert standings(broker, TOLD[1]) == ["waiting"]


async def test_what_may_be_read_and_unfinished_is_bounded_by_number_and_by_bytes(
    broker: Broker, settings: Settings, office: Office
) -> None:
    office.answering.clear()
    size = len(TOLD[0].letter)
    small = settings.model_copy(update={"window_bytes": 10 * size})
    await lay_out(broker, settings, *TOLD)
    for bounded, most in ((settings, 16), (small, 12)):
        engine = Department(LIBRARIES, 2, broker, bounded)
        async with running(engine.run):
            await eventually(_holds(engine, 10))
            for _ in range(40):
                assert len(engine._under_way) <= most
                await asyncio.sleep(0.01)
            office.answering.set()
            await eventually(_holds(engine, 0))
            office.answering.clear()
            await lay_out(broker, settings, *[a_delivery(n, of=one) for n, one in enumerate(PEOPLE, start=200)])
        office.answering.clear()


def _holds(engine: Department, least: int) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        held = len(engine._under_way)
        return held >= least if least else held == 0

    return so


async def test_what_was_read_long_ago_and_has_not_settled_is_named(
    broker: Broker, settings: Settings, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.answering.clear()
    watched = settings.model_copy(update={"unsettled_seconds": 0.2})
    await lay_out(broker, settings, TOLD[0])
    said = ""
    async with running(Department(LIBRARIES, 2, broker, watched).run):

        async def named() -> bool:
            nonlocal said
            said += "".join(capsys.readouterr())
            return "delivery.unsettled" in said

        await eventually(named)
        office.answering.set()
        await eventually(are(broker, "settled", TOLD[0]))
    assert TOLD[0].id in said
    assert said.count("delivery.unsettled") == 1


async def test_what_was_not_begun_when_an_engine_is_stopped_is_read_again(
    broker: Broker, settings: Settings, office: Office
) -> None:
    broker.store.write_now(lambda tx: department_state.change(tx, LIBRARIES, breaker="open"))
    office.says = lambda _: Deferred(reason="not-reached")
    await lay_out(broker, settings, *TOLD[:8])
    async with running(Department(LIBRARIES, 2, broker, settings, HASTY).run):
        await eventually(_asked(office, 2))
    topic = settings.topic(f"departments.{LIBRARIES}")
    group = settings.topic(f"delivery.{LIBRARIES}")
    assert await committed(settings.kafka, group, topic) in (None, 0)
    office.says = lambda _: Accepted(receipt="R")
    async with running(Department(LIBRARIES, 2, broker, settings, HASTY).run):
        await eventually(are(broker, "settled", *TOLD[:8]), 30)
    assert sorted(set(office.keys)) == sorted(one.id for one in TOLD[:8])
