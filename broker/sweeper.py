"""The sweeper: finds what has not moved on, and offers it again. The database is the truth; Kafka may forget."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from broker import acknowledging, department_state, ledger, parking
from broker.crash_points import crash_point
from broker.department_state import State
from broker.notifications import LIFE_EVENTS, publish
from broker.ports import Broker
from broker.recording import for_the_topic
from broker.tables import DUE, PARKED, RECEIVED, delivery, event
from broker.telemetry import PARKED as PARKED_PERSONS
from broker.telemetry import log
from broker.windows import Window, closed

#: seconds between looks: how late a retry can be
EVERY = 0.25
MOST = 500
#: seconds between looks at pauses, closing windows and what is full
KEEP_EVERY = 2.0
#: how far what is written of a department's last answer may lie behind
ANSWERED_EVERY = timedelta(seconds=10)


async def sweep_for_ever(broker: Broker) -> None:
    """Look for ever. Raises StoreUnavailable: start it again then."""
    loop, kept_at = asyncio.get_running_loop(), 0.0
    while True:
        if loop.time() - kept_at >= KEEP_EVERY:
            kept_at = loop.time()
            await keep_departments(broker)
        await sweep(broker)
        await asyncio.sleep(EVERY)


async def keep_departments(broker: Broker) -> None:
    """Begin and end closing windows, end pauses whose time has come, and what is no longer full."""
    now = broker.now()
    states, full, parked = await broker.store.read(
        lambda tx: (department_state.states(tx), parking.any_full(tx), _parked(tx))
    )
    for department, windows in broker.windows.items():
        state, shut = states.get(department), closed(windows, now)
        written = (state.closed_until, state.closed_reason) if state else (None, None)
        if written != ((shut.until, shut.reason) if shut else (None, None)):
            await broker.store.write(_keeping(department, windows, now))
            log.info("department.closed" if shut else "department.opened", department=department)
    if any(state.paused_until is not None and state.paused_until <= now for state in states.values()):
        for department in await broker.store.write(lambda tx: department_state.end_pauses(tx, now)):
            log.info("department.resumed", department=department)
    if full:
        for department in await broker.store.write(lambda tx: parking.free_again(tx, broker.timing)):
            log.info("department.free", department=department)
    await _write_answered(broker, states)
    for adapter in broker.adapters:
        PARKED_PERSONS.labels(adapter.department).set(parked.get(adapter.department, 0))


async def _write_answered(broker: Broker, states: Mapping[str, State]) -> None:
    """When each department last answered; not more often than somebody looks."""
    for department, at in list(broker.answered.items()):
        written = states[department].last_success_at if department in states else None
        if written is None or at - written >= ANSWERED_EVERY:
            await broker.store.write(_answering(department, at))


def _answering(department: str, at: datetime) -> Callable[[Connection], None]:
    return lambda tx: department_state.change(tx, department, last_success_at=at)


def _keeping(department: str, windows: Sequence[Window], now: datetime) -> Callable[[Connection], bool]:
    return lambda tx: department_state.keep_window(tx, department, windows, now)


def _parked(tx: Connection) -> dict[str, int]:
    counted = select(delivery.c.department, func.count()).where(PARKED).group_by(delivery.c.department)
    return {department: count for department, count in tx.execute(counted)}


async def sweep(broker: Broker) -> None:
    """One look: retries whose hour has come, what was lost on the way, and leases of processes that died."""
    now = broker.now()
    due = await broker.store.read(lambda tx: _anything_due(tx, now))
    if due:
        deliveries = await broker.store.write(lambda tx: ledger.offer_due(tx, now, broker.timing, MOST))
        crash_point("sweeper.after-offer")
        events = await broker.store.write(lambda tx: _publish_again(tx, now, broker))
        if events:
            log.warning("sweeper.offered", notifications=events, deliveries=deliveries)
    for row in await broker.store.read(lambda tx: ledger.ended_leases(tx, now)):
        await acknowledging.lease_ended(row, broker)


def _anything_due(tx: Connection, now: datetime) -> bool:
    due = select(delivery.c.id).where(DUE, delivery.c.due_at <= now).limit(1)
    late = select(event.c.id).where(RECEIVED, event.c.due_at <= now).limit(1)
    return tx.execute(due).first() is not None or tx.execute(late).first() is not None


def _publish_again(tx: Connection, now: datetime, broker: Broker) -> int:
    late = select(event).where(RECEIVED, event.c.due_at <= now)
    rows = tx.execute(late.order_by(event.c.seq).limit(MOST)).all()
    for row in rows:
        letter = for_the_topic(row.id, row.kind, row.told_at, row.body)
        publish(tx, broker.topic(LIFE_EVENTS), row.id, letter)
        again = now + max(broker.timing.republish_after, now - row.recorded_at)
        tx.execute(update(event).where(event.c.id == row.id).values(due_at=again))
    return len(rows)


async def take_over(broker: Broker, *, alone: bool) -> None:
    """At a start: what a process that died had claimed. One that is alone need not wait for leases to end."""
    if not alone:
        return
    for row in await broker.store.read(lambda tx: ledger.ended_leases(tx, broker.now(), but=[broker.worker])):
        await acknowledging.lease_ended(row, broker)
