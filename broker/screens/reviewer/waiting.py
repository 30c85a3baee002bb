"""The reviewer's queue: what waits for a person, for how long, and which departments wait with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.adapter import Adapter
from broker.report.answering import promised_by
from broker.reviews import claims as review_claims
from broker.reviews import reviews
from broker.reviews.reviews import Waiting
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from schemas.kinds import life_events
from schemas.today import LONDON

router = APIRouter()
Reviewer = Annotated[Visit, shows(May.REVIEW)]
QUEUE: Final = "/reviews"
#: why a reviewer who asks for the next case opens it
NEXT: Final = "The next case of the queue."
_MOST: Final = 200


class Hold(StrEnum):
    """Whose a case is, as one reviewer sees it."""

    FREE = "free"
    MINE = "yours"
    COLLEAGUE = "a colleague has it"
    READ = "read by you; a colleague must agree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One case in the queue. No personal data: opening it is another act, with a reason."""

    reference: str
    caption: str
    opened_at: datetime
    age: str
    departments: tuple[str, ...]
    #: the last day on which the first of them can still keep its promise
    promised: date | None
    is_late: bool
    reader: str
    hold: Hold


@router.get(QUEUE)
async def show_queue(visit: Reviewer, broker: TheBroker) -> Response:
    """The queue, the longest-standing first; the reviewer's own cases above it."""
    now = broker.now()
    waiting, held = await broker.store.read(lambda tx: (reviews.queue(_MOST)(tx), review_claims.claims(now)(tx)))
    lines = [_line(one, held, visit.who.actor, broker.adapters, now) for one in waiting]
    return visit.page(
        "reviewer/queue.html",
        mine=[line for line in lines if line.hold is Hold.MINE],
        others=[line for line in lines if line.hold is not Hold.MINE],
        number=len(lines),
        more=len(lines) == _MOST,
        oldest=lines[0].age if lines else "",
        nothing="nothing" in visit.request.query_params,
    )


@router.post(f"{QUEUE}/next")
async def take_next(visit: Reviewer, broker: TheBroker) -> Response:
    """Claim the case that waits longest and is nobody else's."""
    unit = reviews.claim_next(visit.who.actor, NEXT, broker.now(), broker.choices.claim)
    reference = await broker.store.write(unit)
    return RedirectResponse(f"{QUEUE}/{reference}" if reference else f"{QUEUE}?nothing=1", 303)


def departments_of(kind: str, adapters: Sequence[Adapter]) -> tuple[Adapter, ...]:
    """The departments that hear of this kind of event: they wait for the answer."""
    return tuple(adapter for adapter in adapters if adapter.telling_of(kind) is not None)


def caption_of(kind: str) -> str:
    """What a life event is called."""
    told = life_events().get(kind)
    return told.caption if told is not None else kind.replace("_", " ")


def promise_of(opened_at: datetime, departments: Sequence[Adapter]) -> date | None:
    """The last day on which the department with the shortest promise can still keep it."""
    promises = [adapter.standard_days for adapter in departments if adapter.standard_days is not None]
    return promised_by(opened_at, min(promises)) if promises else None


def age_in_words(age: timedelta) -> str:
    """How long, in the largest unit of which there is more than one."""
    minutes = max(0, int(age.total_seconds() // 60))
    for unit, name in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * unit:
            return f"{minutes // unit} {name}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _line(one: Waiting, held: Mapping[str, str], actor: str, adapters: Sequence[Adapter], now: datetime) -> Line:
    departments = departments_of(one.kind, adapters)
    promised = promise_of(one.opened_at, departments)
    return Line(
        reference=one.reference,
        caption=caption_of(one.kind),
        opened_at=one.opened_at,
        age=age_in_words(now - one.opened_at),
        departments=tuple(adapter.title for adapter in departments),
        promised=promised,
        is_late=promised is not None and promised < now.astimezone(LONDON).date(),
        reader="second reader" if one.first_by else "first reader",
        hold=_hold(one, held.get(one.event_id), actor),
    )


def _hold(one: Waiting, holder: str | None, actor: str) -> Hold:
    if one.first_by == actor:
        return Hold.READ
    if holder is None:
        return Hold.FREE
    return Hold.MINE if holder == actor else Hold.COLLEAGUE
