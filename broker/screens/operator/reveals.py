"""Revealing personal data of a failure: it asks why, and answers once. Going back or loading again asks anew."""

from typing import Annotated

from fastapi import APIRouter, Response

from broker.failures.failures import DEAD_LETTER
from broker.ports import Broker
from broker.screens.fields import Wrong
from broker.screens.operator.dead_letters import letter_number
from broker.screens.operator.plans import run_name
from broker.screens.operator.revealed import (
    Asker,
    Reveal,
    Revealed,
    delivery_in_clear,
    letter_in_clear,
    plan_in_clear,
)
from broker.screens.operator.showing import here, named, show
from broker.screens.operator.typed import reason_in
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker

router = APIRouter()
Revealer = Annotated[Visit, shows(May.REVEAL)]


@router.get("/failures/one/{failure}/reveal")
async def ask_why_of_delivery(failure: str, visit: Revealer) -> Response:
    """Ask why somebody wants to see a delivery's letter."""
    return _page(visit, f"/failures/one/{named(failure)}")


@router.post("/failures/one/{failure}/reveal")
async def reveal_delivery(failure: str, visit: Revealer, broker: TheBroker) -> Response:
    """A delivery's letter in clear."""
    name, (asker, problems) = named(failure), _asker(visit, broker)
    return await _reveal(visit, broker, f"/failures/one/{name}", delivery_in_clear(name, asker), problems)


@router.get("/plans/{plan_id}/reveal")
async def ask_why_of_plan(plan_id: str, visit: Revealer) -> Response:
    """Ask why somebody wants to see a plan's changed letters."""
    return _page(visit, f"/plans/{run_name(plan_id)}")


@router.post("/plans/{plan_id}/reveal")
async def reveal_plan(plan_id: str, visit: Revealer, broker: TheBroker) -> Response:
    """A plan's changed letters in clear, beside what was sent."""
    name, (asker, problems) = run_name(plan_id), _asker(visit, broker)
    return await _reveal(visit, broker, f"/plans/{name}", plan_in_clear(name, asker), problems)


@router.get("/dead-letters/{letter}/reveal")
async def ask_why_of_letter(letter: str, visit: Revealer) -> Response:
    """Ask why somebody wants to see a record's bytes."""
    return _page(visit, f"/dead-letters/{DEAD_LETTER}{letter_number(letter)}")


@router.post("/dead-letters/{letter}/reveal")
async def reveal_letter(letter: str, visit: Revealer, broker: TheBroker) -> Response:
    """A record's bytes in clear."""
    number, (asker, problems) = letter_number(letter), _asker(visit, broker)
    back = f"/dead-letters/{DEAD_LETTER}{number}"
    return await _reveal(visit, broker, back, letter_in_clear(number, asker), problems)


def _asker(visit: Visit, broker: Broker) -> tuple[Asker, list[Wrong]]:
    reason, problems = reason_in(visit.form)
    return Asker(actor=visit.who.actor, reason=reason, at=broker.now()), problems


async def _reveal(visit: Visit, broker: Broker, back: str, unit: Reveal, problems: list[Wrong]) -> Response:
    if problems:
        return _page(visit, back, problems)
    return _page(visit, back, revealed=here(await broker.store.write(unit)))


def _page(
    visit: Visit, back: str, problems: list[Wrong] | None = None, revealed: tuple[Revealed, ...] | None = None
) -> Response:
    return show(
        visit,
        "reveal.html",
        422 if problems else 200,
        back=back,
        revealed=revealed,
        typed=visit.form,
        problems=problems or [],
    )
