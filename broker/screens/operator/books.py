"""The books: whether every event is, at every department, where it should be."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from broker import books
from broker.books import NEWEST, WHAT, Books, Finding
from broker.ports import Broker
from broker.screens.drawn import Drawn
from broker.screens.operator.showing import show
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.standing import PROGRESS_CAPTIONS, STANDING_CAPTIONS, Progress, Standing
from broker.web.keys import TheBroker

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]
#: how long the books are shown before others are drawn up: as often as a running broker looks at its own
FRESH_FOR: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look at the books found; ``drawn`` where every row was read."""

    findings: tuple[Finding, ...]
    drawn: Books | None = None


@router.get("/books")
async def show_books(visit: Looker, broker: TheBroker) -> Response:
    """What is not where it should be; with ``whole`` every row is read and counted, which takes seconds for millions."""
    whole, again = _is_whole(visit), "again" in visit.request.query_params
    look = await _kept(visit).look(whole, _looking(broker, whole=whole), broker.now(), again=again)
    if look.what is None:
        return show(visit, "books_drawing.html", moving=True, whole=whole)
    drawn = look.what.drawn
    return show(
        visit,
        "books.html",
        drawn=drawn,
        findings=look.what.findings,
        at=look.drawn_at,
        moving=look.moving,
        whole=whole,
        what=WHAT,
        newest=NEWEST,
        standings={name: STANDING_CAPTIONS[name] for name in Standing if drawn and name in drawn.deliveries},
        progresses={name: PROGRESS_CAPTIONS[name] for name in Progress if drawn and name in drawn.notifications},
    )


@router.get("/books/state")
async def tell_state(visit: Looker, broker: TheBroker) -> Response:
    """Whether the books are still being drawn up, for the page that waits for them."""
    whole = _is_whole(visit)
    look = await _kept(visit).look(whole, _looking(broker, whole=whole), broker.now())
    return visit.page("parts/drawing.html", moving=look.moving)


def _is_whole(visit: Visit) -> bool:
    return "whole" in visit.request.query_params


def _kept(visit: Visit) -> Drawn[bool, Looked]:
    kept: Drawn[bool, Looked] = visit.request.app.state.books
    return kept


def _looking(broker: Broker, *, whole: bool) -> Callable[[], Awaitable[Looked]]:
    waits = broker.timing.republish_after

    def look(tx: Connection) -> Looked:
        if whole:
            drawn = books.book(tx, broker.adapters, broker.now(), republish_after=waits)
            return Looked(findings=drawn.findings, drawn=drawn)
        return Looked(findings=books.findings(tx, broker.adapters, broker.now(), republish_after=waits, newest=NEWEST))

    return lambda: broker.store.read(look)
