"""Dead letters: records that could not be read, described without any value of theirs, and whoever waits behind them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, select

from broker.failures import dead_letters, keeping_waiting
from broker.failures.failures import DEAD_LETTER, dead_letter_number
from broker.notifications import LIFE_EVENTS
from broker.ports import Broker
from broker.replays.replaying import judge
from broker.screens.fields import Wrong
from broker.screens.operator.showing import here, show
from broker.screens.operator.typed import reason_in
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.tables import dead_letter
from broker.web.keys import TheBroker
from broker.web.problem import Refusal, not_found

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]
Operator = Annotated[Visit, shows(May.REPLAY)]
MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Buried:
    """A dead letter in one line."""

    id: str
    topic: str
    reason: str
    buried_at: datetime


def waiting_letters(tx: Connection) -> list[Buried]:
    """The dead letters that have not been replayed, the longest-standing first."""
    wanted = select(dead_letter.c.id, dead_letter.c.topic, dead_letter.c.reason, dead_letter.c.buried_at)
    still = wanted.where(dead_letter.c.replayed_at.is_(None)).order_by(dead_letter.c.id).limit(MOST_SHOWN)
    return [
        Buried(id=f"{DEAD_LETTER}{row.id}", topic=row.topic, reason=row.reason, buried_at=row.buried_at)
        for row in tx.execute(still)
    ]


@router.get("/dead-letters")
async def list_letters(visit: Looker, broker: TheBroker) -> Response:
    """The dead letters that wait."""
    return show(visit, "dead_letters.html", letters=await broker.store.read(waiting_letters), most=MOST_SHOWN)


@router.get("/dead-letters/{letter}")
async def show_letter(letter: str, visit: Looker, broker: TheBroker) -> Response:
    """One dead letter in words."""
    return await _page(letter_number(letter), visit, broker)


@router.post("/dead-letters/{letter}/release")
async def release(letter: str, visit: Operator, broker: TheBroker) -> Response:
    """Let a person's later events go on, though a record about them could not be read."""
    number = letter_number(letter)
    reason, problems = reason_in(visit.form)
    if problems:
        return await _page(number, visit, broker, problems)
    unit = keeping_waiting.let_go(number, actor=visit.who.actor, reason=reason, now=broker.now())
    if await broker.store.write(unit) is None:
        raise Refusal(409, "nobody_waits", "Nobody waits behind this record.")
    return RedirectResponse(f"/dead-letters/{DEAD_LETTER}{number}", 303)


def letter_number(text: str) -> int:
    """The number of a dead letter. Raises Refusal with 404."""
    number = dead_letter_number(text)
    if number is None:
        raise not_found()
    return number


async def _page(number: int, visit: Visit, broker: Broker, problems: list[Wrong] | None = None) -> Response:
    name, topic = f"{DEAD_LETTER}{number}", broker.topic(LIFE_EVENTS)
    described, judged = await broker.store.read(
        lambda tx: (
            dead_letters.describe(tx, number, broker.now()),
            judge(tx, name, force=False, life_events=topic),
        )
    )
    return show(
        visit,
        "dead_letter.html",
        422 if problems else 200,
        letter=here(described),
        judged=judged,
        typed=visit.form,
        problems=problems or [],
    )
