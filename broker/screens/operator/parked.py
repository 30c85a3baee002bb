"""What waits: sequences whose head is parked or stuck, and what waits behind each."""

from typing import Annotated

from fastapi import APIRouter, Response

from broker.failures.causes import CAUSE_CAPTIONS
from broker.screens.operator.filters import filters_of
from broker.screens.operator.sequences import MOST, sequence, sequences
from broker.screens.operator.showing import here, named, show
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.standing import STANDING_CAPTIONS
from broker.web.keys import TheBroker
from schemas.kinds import life_events

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]


@router.get("/waiting")
async def list_sequences(visit: Looker, broker: TheBroker) -> Response:
    """The sequences that are stuck."""
    filters, _ = filters_of(visit.request.query_params)
    found = await broker.store.read(lambda tx: sequences(tx, filters.department))
    return show(
        visit,
        "waiting.html",
        sequences=found,
        filters=filters,
        departments=[adapter.department for adapter in broker.adapters],
        captions=CAUSE_CAPTIONS,
        most=MOST,
    )


@router.get("/waiting/{delivery}")
async def show_sequence(delivery: str, visit: Looker, broker: TheBroker) -> Response:
    """One sequence: its head, and what waits behind it."""
    name = named(delivery)
    head, behind = here(await broker.store.read(lambda tx: sequence(tx, name)))
    kinds = {name: kind.caption for name, kind in life_events().items()}
    return show(
        visit,
        "sequence.html",
        head=head,
        behind=behind,
        kinds=kinds,
        captions=CAUSE_CAPTIONS,
        standings=STANDING_CAPTIONS,
    )
