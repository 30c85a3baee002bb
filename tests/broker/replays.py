"""Steps of the tests of replays: many people whose deliveries fail, a back office that works again, and a driver."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from broker import journey, ledger
from broker.failures.failures import Cause, Wanted
from broker.outcome import Accepted, Heard, Refused
from broker.person import Person
from broker.ports import Broker
from broker.replays import orders as replay_orders
from broker.replays import runs as replay_runs
from broker.replays.driving import Driver
from broker.replays.orders import Door
from broker.replays.plan import Plan
from broker.replays.planning import Selection, make_plan
from broker.replays.replaying import Order
from broker.replays.runs import ItemState, Run, RunState
from broker.standing import Standing
from broker.tables import delivery
from tests.broker.departments import LIBRARIES, ScriptedCarrier
from tests.broker.steps import a_delivery, open_all
from tests.broker.worlds import BEN, person

OLU, PRIYA = Door(actor="olu", reason="the libraries are back"), Door(actor="priya", reason="I looked too")
ORDER = Order(actor=OLU.actor, reason=OLU.reason)


def somebody(number: int) -> Person:
    """One of many residents."""
    return person(1000 + number, f"Resident {number}", "Testwell", "1980-01-01", "QQ123456C", BEN.addresses[0])


async def fail_many(broker: Broker, carrier: ScriptedCarrier, people: int, heard: Heard | None = None) -> list[str]:
    """So many people's deliveries are refused, or end as is said; their ids."""
    deliveries = [a_delivery(n + 1, of=somebody(n)) for n in range(people)]
    open_all(broker, *deliveries)
    await serve(broker, carrier, [one.id for one in deliveries], heard or Refused(reason="tenure-code-unknown"))
    return [one.id for one in deliveries]


async def serve(broker: Broker, carrier: ScriptedCarrier, ids: Sequence[str], heard: Heard | None = None) -> int:
    """The engine hands over what has been offered, and the back office answers: yes, unless something else is said."""
    sent = 0
    for of in ids:
        claim = await broker.store.write(lambda tx, of=of: ledger.claim(tx, of, "engine", broker.now(), broker.timing))  # type: ignore[misc]
        if claim is not None:
            carrier.answers.insert(0, heard or Accepted(receipt=f"R-{sent}"))
            await journey.hand_over(claim, broker)
            sent += 1
    return sent


def offered(broker: Broker, department: str = LIBRARIES) -> list[str]:
    """What the engine would read from its topic now."""
    waiting = (delivery.c.standing == Standing.WAITING) & delivery.c.released & (delivery.c.department == department)
    return list(broker.store.read_now(lambda tx: tx.execute(select(delivery.c.id).where(waiting)).scalars().all()))


async def plan_all(broker: Broker, **selected: Any) -> Plan:  # noqa: ANN401 - fields of a selection
    wanted = Selection(**({"wanted": Wanted(cause=Cause.REFUSED)} | selected))
    return await make_plan(wanted, ORDER, broker)


def begin(broker: Broker, plan: Plan, who: Door = OLU, digest: str | None = None) -> Run:
    return broker.store.write_now(replay_orders.begin(str(plan.id), digest or plan.digest, who, broker))


def approve(broker: Broker, of: Run, who: Door = PRIYA, digest: str | None = None) -> Run:
    return broker.store.write_now(replay_orders.approve(of.id, digest or of.digest, who, broker))


def run_of(broker: Broker, of: Run) -> Run:
    found = broker.store.read_now(lambda tx: replay_runs.run(tx, of.id))
    assert found is not None
    return found


def states(broker: Broker, of: Run) -> list[ItemState]:
    return [one.state for one in broker.store.read_now(lambda tx: replay_runs.items(tx, of.id, most=5000))]


async def drive(
    broker: Broker, carrier: ScriptedCarrier, of: Run, heard: Heard | None = None, driver: Driver | None = None
) -> Run:
    """Drive a run while the back office answers, until it is over or nothing moves."""
    driver = driver or Driver(broker)
    for _ in range(1000):
        await driver.look()
        if run_of(broker, of).state is not RunState.RUNNING:
            break
        await serve(broker, carrier, offered(broker), heard)
    return run_of(broker, of)
