"""Every alert has a page for whoever is woken, every page an alert, and every alert can fire and be still."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from prometheus_client import Counter, Gauge, Histogram, generate_latest
from sqlalchemy import insert, update
from typer.main import get_command

from broker import books, gauges, telemetry
from broker.breaker import Rules
from broker.cli import commands
from broker.department_tables import department_state
from broker.gate import Gate, Moment
from broker.outcome import Refused, Unheard
from broker.ports import Broker
from broker.replays.tables import replay_plan, replay_run
from broker.store import StoreUnavailable
from broker.tables import dead_letter, delivery, outbox
from broker.telemetry import COMMIT_FAILURES, GAP, SUBMISSIONS, UNSETTLED, registry
from tests.alerts.rules import RULES, Rule, Scrape, fires, rules, scrape
from tests.broker.departments import LIBRARIES
from tests.broker.steps import a_delivery, open_all
from tests.broker.worlds import Clock, move, take_in

ROOT = RULES.parent.parent.parent
RUNBOOKS = ROOT / "docs" / "runbooks"
PARTS = ("**What you see.**", "**What it means.**", "**Look at.**", "**Wake whom.**")
by_name = {rule.name: rule for rule in rules()}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {ROOT / rule.runbook for rule in rules()} == set(RUNBOOKS.glob("*.md"))
    for rule in rules():
        page = (ROOT / rule.runbook).read_text()
        assert f"`{rule.name}`" in page
        assert rule.expr in " ".join(page.split())
        assert [part for part in PARTS if part not in page] == []


def test_every_metric_of_an_alert_is_one_of_ours() -> None:
    ours = (ROOT / "broker" / "telemetry.py").read_text()
    for rule in rules():
        for metric in re.findall(r"tuo_[a-z_]+", rule.expr):
            assert f'"{metric.removesuffix("_total")}"' in ours, rule.name


def now_scraped(at: float = 0.0) -> Scrape:
    return scrape(generate_latest(registry()).decode(), at)


def lasting(rule: Rule, now: Scrape) -> list[Scrape]:
    """The same, for as long as it takes to fire."""
    return [Scrape(at, now.samples) for at in (now.at - rule.lasting, now.at)]


def look(broker: Broker, waits: gauges.Outbox | None = None) -> None:
    departments = [adapter.department for adapter in broker.adapters]
    seen = waits or gauges.Outbox()
    broker.store.read_now(lambda tx: gauges.look(tx, departments, broker.now(), seen))


async def _standing(broker: Broker, clock: Clock, standing: str) -> None:
    one = a_delivery(1)
    open_all(broker, one)
    changed = update(delivery).where(delivery.c.id == one.id).values(standing=standing)
    await broker.store.write(lambda tx: tx.execute(changed).rowcount)
    clock.pass_by(2 * 86_400)
    look(broker)


async def parked(broker: Broker, clock: Clock) -> None:
    await _standing(broker, clock, "parked")


async def held_back(broker: Broker, clock: Clock) -> None:
    await _standing(broker, clock, "retrying")


async def unknown(broker: Broker, clock: Clock) -> None:
    await _standing(broker, clock, "unknown")


async def dead(broker: Broker, clock: Clock) -> None:
    await _standing(broker, clock, "dead")


async def unbalanced(broker: Broker, clock: Clock) -> None:
    await take_in(broker, move())
    clock.pass_by(3600)
    found = broker.store.read_now(
        lambda tx: books.findings(tx, broker.adapters, clock(), republish_after=timedelta(minutes=1))
    )
    books._show(found, clock())


async def not_drawn(broker: Broker, clock: Clock) -> None:
    books._show((), clock() - timedelta(hours=1))


async def unrouted(broker: Broker, clock: Clock) -> None:
    await take_in(broker, move())
    clock.pass_by(301)
    look(broker)


async def unpublished(broker: Broker, clock: Clock) -> None:
    waits = gauges.Outbox()
    row = {"topic": "t", "key": "k", "value": b"{}"}
    await broker.store.write(lambda tx: tx.execute(insert(outbox), row).rowcount)
    look(broker, waits)
    clock.pass_by(121)
    look(broker, waits)


async def unread(broker: Broker, clock: Clock) -> None:
    row = {"topic": "t", "partition": 0, "position": 1, "headers": "{}", "digest": "d", "reason": "not-json"}
    buried = insert(dead_letter).values(**row, buried_at=clock())
    await broker.store.write(lambda tx: tx.execute(buried).rowcount)
    look(broker)


async def no_database(broker: Broker, clock: Clock) -> None:
    def away(_: object) -> None:
        raise StoreUnavailable("the database answered with OperationalError")

    broker.store.read_now = broker.store.read = away  # type: ignore[method-assign, assignment]
    telemetry.STORE_ANSWERS.set(1)
    await _until(asyncio.create_task(gauges.watch_for_ever(broker)), lambda: _now("tuo_store_answers") == 0)


async def _until(watching: asyncio.Task[None], seen: Callable[[], bool]) -> None:
    """Let a watcher watch until it has seen something."""
    async with asyncio.timeout(10):
        while not seen():  # noqa: ASYNC110 - a gauge has no event of its own
            await asyncio.sleep(0.005)
    watching.cancel()
    await asyncio.wait({watching})


def _now(metric: str) -> float:
    return registry().get_sample_value(metric) or 0.0


def _gate() -> Gate:
    loop = asyncio.get_running_loop()
    return Gate(LIBRARIES, 4, random.Random(1), lambda: Moment(loop.time(), Clock()()), Rules())


async def ill(broker: Broker, clock: Clock) -> None:
    gate = _gate()
    for _ in range(100):
        gate.heard(Unheard(reason="no-answer-in-time"))


async def refusing(broker: Broker, clock: Clock) -> None:
    gate = _gate()
    for _ in range(200):
        gate.heard(Refused(reason="not-understood"))


async def full(broker: Broker, clock: Clock) -> None:
    row = {"department": LIBRARIES, "breaker": "closed", "full_since": clock(), "full_reason": "too-many-persons"}
    await broker.store.write(lambda tx: tx.execute(insert(department_state), row).rowcount)
    look(broker)


async def replay_waits(broker: Broker, clock: Clock) -> None:
    plan = {"id": "P-7K4M2P9Q", "digest": "d", "made_by": "olu", "reason": "mended", "force": False, "said": "{}"}
    run = {"id": "R-7K4M2P9Q", "plan_id": plan["id"], "state": "stopped", "stage": 0, "goes_on": 30, "forgiven": 0}
    await broker.store.write(lambda tx: tx.execute(insert(replay_plan).values(**plan, made_at=clock())).rowcount)
    began = insert(replay_run).values(**run, started_by="olu", started_at=clock())
    await broker.store.write(lambda tx: tx.execute(began).rowcount)
    look(broker)


async def late_loop(broker: Broker, clock: Clock) -> None:
    telemetry.LOOP_STALL.set(0)
    watching = asyncio.create_task(gauges._watch_the_loop())
    await asyncio.sleep(0)  # a turn of the loop, in which it begins
    blocked = asyncio.get_running_loop().time() + gauges.TICK + 3.2
    while asyncio.get_running_loop().time() < blocked:
        pass
    await _until(watching, lambda: _now("tuo_loop_stall_seconds") > 0)


SCENES: dict[str, Callable[[Broker, Clock], Awaitable[None]]] = {
    "BooksAreUnbalanced": unbalanced,
    "BooksAreNotDrawn": not_drawn,
    "NotificationsAreNotRouted": unrouted,
    "OutboxIsNotPublished": unpublished,
    "LettersCannotBeRead": unread,
    "DatabaseDoesNotAnswer": no_database,
    "DepartmentIsIll": ill,
    "DepartmentRefusesEverything": refusing,
    "DepartmentIsFull": full,
    "PeopleAreParkedTooLong": parked,
    "PeopleAreHeldBack": held_back,
    "OutcomeIsUnknown": unknown,
    "DeliveriesAreDead": dead,
    "ReplayWaits": replay_waits,
    "LoopIsLate": late_loop,
}
#: what a part of the broker counts that has a test of its own; here its gauge is moved by hand
BY_HAND: dict[str, Callable[[], object]] = {
    "OffsetDoesNotSettle": lambda: UNSETTLED.labels(LIBRARIES).set(901),
    "OffsetsAreNotTaken": lambda: COMMIT_FAILURES.labels(LIBRARIES).inc(21),
    "SubmissionsAreRefused": lambda: SUBMISSIONS.labels("api", "unavailable").inc(11),
    "DatabaseIsOlderThanKafka": lambda: GAP.labels("life-events").set(3),
}
FROM_OUTSIDE = {"BrokerIsDown"}


@pytest.fixture(autouse=True)
def _as_at_a_start() -> None:
    """What an earlier test moved is put back: the gauges are this process's, and all tests are one process."""
    for family in vars(telemetry).values():
        if isinstance(family, Counter | Gauge | Histogram) and family._labelnames:
            family.clear()
    for gauge in (telemetry.OUTBOX_WAITS, telemetry.UNROUTED, telemetry.UNREAD, telemetry.LOOP_STALL):
        gauge.set(0)
    telemetry.STORE_ANSWERS.set(1)


def test_every_alert_is_made_to_fire_by_a_test() -> None:
    assert {*SCENES, *BY_HAND, *FROM_OUTSIDE} == set(by_name)


@pytest.mark.parametrize("name", sorted(SCENES))
async def test_an_alert_is_still_and_fires_when_it_happens(name: str, sqlite_broker: Broker, clock: Clock) -> None:
    rule = by_name[name]
    look(sqlite_broker)
    books._show((), clock())
    calm = now_scraped(clock().timestamp())
    assert not fires(rule, lasting(rule, calm))
    await SCENES[name](sqlite_broker, clock)
    assert fires(rule, lasting(rule, now_scraped(clock().timestamp())))


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_an_alert_about_a_count_fires_when_it_rises(name: str) -> None:
    rule, before = by_name[name], now_scraped()
    assert not fires(rule, [Scrape(0, before.samples), Scrape(rule.lasting, before.samples)])
    BY_HAND[name]()
    after = now_scraped(rule.lasting)
    calm_first = [Scrape(-60, before.samples)] if "increase" in rule.expr else [Scrape(0, after.samples)]
    assert fires(rule, [*calm_first, after])


def test_an_alert_fires_for_a_process_that_is_down() -> None:
    rule = by_name["BrokerIsDown"]
    assert not fires(rule, lasting(rule, scrape("", 200)))
    assert fires(rule, lasting(rule, scrape("", 200, up=False)))


def test_what_has_not_lasted_does_not_fire() -> None:
    rule = by_name["DepartmentIsIll"]
    assert not fires(rule, [Scrape(0, {}), *lasting(rule, scrape('tuo_breaker{department="x"} 2', 100))][1:2])


def test_every_command_of_a_runbook_is_one_and_knows_its_options() -> None:
    tree = get_command(commands())
    lines = [line for page in RUNBOOKS.glob("*.md") for line in page.read_text().splitlines() if line[:4] == "tuo "]
    assert len(lines) > 20
    assert [line for line in lines if not _is_known(line, tree)] == []


def _is_known(line: str, tree: object) -> bool:
    words, inner = line.split()[1:], getattr(tree, "commands", None)
    while inner and words and words[0] in inner:
        tree = inner[words.pop(0)]
        inner = getattr(tree, "commands", None)
    known = {option for parameter in getattr(tree, "params", ()) for option in parameter.opts}
    return inner is None and {word for word in words if word.startswith("--")} <= known
