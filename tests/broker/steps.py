"""The steps of the second leg, as the engine takes them, and where they lead."""

from typing import Any
from uuid import UUID

from broker import ids, ledger, settling, tables
from broker.decision import Delivery
from broker.delivering import Attempted
from broker.hearing import hear_all
from broker.outcome import Heard
from broker.person import Person
from broker.ports import Broker
from broker.standing import Standing
from broker.store import Store
from schemas.delivery import DeliveryLetter
from schemas.outcome import OutcomeFacts
from schemas.problems import Problem
from tests.broker.departments import HAND_OVERS, LIBRARIES
from tests.broker.worlds import BEN, START, rows


def a_delivery(
    seq: int, *, of: Person | None = None, department: str = LIBRARIES, revision: int = 1, missing: bool = False
) -> Delivery:
    """One department's copy of Ben's ``seq``-th notification, a move; or of somebody else's."""
    event_id = str(ids.notification_id("test", str(seq)))
    made = str(ids.delivery_id(UUID(event_id), department, revision))
    about = of or BEN
    letter = DeliveryLetter(
        id=made,
        type="uk.tell-us-once.delivery.move.v1",
        time=START,
        subject=about.id,
        department=department,
        notification=f"TUO-{seq}",
        revision=revision,
        sequence=seq,
        toldat=START,
        data={"notification": f"TUO-{seq}"},
    )
    return Delivery(
        id=made,
        event_id=event_id,
        department=department,
        revision=revision,
        person=about.id,
        seq=seq,
        kind="move",
        hand_over=HAND_OVERS[department],
        letter=letter.model_dump_json(exclude_none=True).encode(),
        missing=(Problem(field="new_email", code="missing", message="This is needed."),) if missing else (),
    )


def open_all(broker: Broker, *deliveries: Delivery) -> None:
    """Write deliveries down, as routing does."""
    at = broker.now()
    broker.store.write_now(lambda tx: ledger.open_deliveries(tx, deliveries, at, broker.timing))


def claim(broker: Broker, of: Delivery, worker: str | None = None) -> ledger.Claim | None:
    """Claim a delivery, as the engine does."""
    who, at = worker or broker.worker, broker.now()
    return broker.store.write_now(lambda tx: ledger.claim(tx, of.id, who, at, broker.timing))


async def answer(broker: Broker, claimed: ledger.Claim | None, heard: Heard) -> Standing:
    """The request of this claim is answered."""
    assert claimed is not None
    return await settle(Attempted(claim=claimed, heard=heard, ended_at=broker.now()), broker)


async def settle(attempted: Attempted, broker: Broker) -> Standing:
    """Write one answer to a request down."""
    [settled] = await settling.settle_all([attempted], broker)
    return settled.standing


async def hear(facts: OutcomeFacts, broker: Broker, *, published: bool) -> Standing | None:
    """Write one answer down that a department sent by itself."""
    [standing] = await hear_all([facts], broker, published=published)
    return standing


def ledger_row(broker: Broker, of: Delivery) -> Any:  # noqa: ANN401 - a row of the ledger
    """Where a delivery stands."""
    (row,) = rows(broker.store, tables.delivery, tables.delivery.c.id == of.id)
    return row


def standings(broker: Broker, *of: Delivery) -> list[str]:
    return [ledger_row(broker, one).standing for one in of]


def published(store: Store) -> list[tuple[str, str]]:
    """What waits to be published: topic and key, oldest first."""
    return [(row.topic, row.key) for row in rows(store, tables.outbox)]
