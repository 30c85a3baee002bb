"""Plans that are kept: written with their items when they are made, and read back as they were shown."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert, select

from broker import ledger
from broker.failures.causes import Cause
from broker.notifications import note_audit
from broker.ports import Broker
from broker.replays.plan import Plan, PlannedItem, left
from broker.replays.tables import replay_item, replay_plan

#: Crockford's base 32, as in references: no I, L, O or U
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PLAN = TypeAdapter(Plan)


def keep_plan(plan: Plan, items: Sequence[PlannedItem]) -> Callable[[Connection], Plan]:
    """Keep a plan with its items; the unit returns it with its name."""

    def unit(tx: Connection) -> Plan:
        kept = replace(plan, id=new_id("P"))
        row = {
            "id": kept.id,
            "digest": kept.digest,
            "made_by": kept.made_by,
            "made_at": kept.made_at,
            "reason": kept.reason,
            "force": kept.force,
            "said": orjson.dumps(asdict(kept)).decode(),
        }
        tx.execute(insert(replay_plan), row)
        if items:
            tx.execute(insert(replay_item), [_row(str(kept.id), n, item) for n, item in enumerate(items)])
        note_audit(tx, kept.made_at, kept.made_by, "replay.planned", str(kept.id), f"{kept.digest} {kept.reason}"[:255])
        return kept

    return unit


def _row(plan_id: str, n: int, item: PlannedItem) -> dict[str, object]:
    return {
        "plan_id": plan_id,
        "n": n,
        "sequence": item.sequence,
        "stage": item.stage,
        "failure_id": item.failure_id,
        "cause": item.cause,
        "department": item.department,
        "state": "planned" if item.because is None else "skipped",
        "because": item.because,
        "letter": item.letter,
        "new_id": item.new_id,
        "changes": orjson.dumps([asdict(change) for change in item.changes]).decode() if item.changes else None,
        "sent_at": None,
        "ended_at": None,
    }


def sent_at_once(tx: Connection, failure_ids: Sequence[str], broker: Broker) -> list[PlannedItem]:
    """Items of what has just been put back, all in one stage."""
    at = broker.now()
    found: list[PlannedItem] = []
    for n, failure_id in enumerate(failure_ids):
        row: Any = ledger.find(tx, failure_id)
        item = replace(left(failure_id, "", at), because=None, sequence=n)
        department = None if row is None else row.department
        cause = Cause.STUCK if row is None and item.cause is not Cause.UNREADABLE else item.cause
        found.append(replace(item, department=department, cause=cause))
    return found


def find_plan(tx: Connection, plan_id: str) -> Plan | None:
    """A plan that was kept, as it was shown."""
    row = tx.execute(select(replay_plan.c.said).where(replay_plan.c.id == plan_id.upper())).one_or_none()
    return None if row is None else plan_of(row)


def plan_of(row: Row[Any]) -> Plan:
    """Read a plan back."""
    return _PLAN.validate_json(row.said)


def new_id(letter: str) -> str:
    """A name that can be read out, as in P-7K4M2P9Q."""
    return f"{letter}-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"
