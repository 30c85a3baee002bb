"""The books: whether every event is, at every department, where it should be."""

from typing import Annotated

from fastapi import APIRouter, Response

from broker import books
from broker.books import NEWEST, WHAT
from broker.screens.operator.showing import show
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.standing import PROGRESS_CAPTIONS, STANDING_CAPTIONS, Progress, Standing
from broker.web.keys import TheBroker

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]


@router.get("/books")
async def show_books(visit: Looker, broker: TheBroker) -> Response:
    """What is not where it should be; with ``whole`` every row is read and counted, which takes seconds for millions."""
    now, waits, whole = broker.now(), broker.timing.republish_after, "whole" in visit.request.query_params
    if whole:
        drawn = await broker.store.read(lambda tx: books.book(tx, broker.adapters, now, republish_after=waits))
        findings = drawn.findings
    else:
        drawn = None
        findings = await broker.store.read(
            lambda tx: books.findings(tx, broker.adapters, now, republish_after=waits, newest=NEWEST)
        )
    return show(
        visit,
        "books.html",
        drawn=drawn,
        findings=findings,
        what=WHAT,
        newest=NEWEST,
        standings={name: STANDING_CAPTIONS[name] for name in Standing if drawn and name in drawn.deliveries},
        progresses={name: PROGRESS_CAPTIONS[name] for name in Progress if drawn and name in drawn.notifications},
    )
