"""One cause: its failures one by one, whose it is, and what is known of it."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from broker.failures.causes import CAUSE_CAPTIONS
from broker.failures.failures import Failure, Wanted
from broker.failures.groups import Group, groups
from broker.failures.notes import note_cause
from broker.ports import Broker
from broker.screens.fields import Wrong
from broker.screens.forms import Form
from broker.screens.operator.examples import examples
from broker.screens.operator.failures import trend
from broker.screens.operator.filters import filters_of
from broker.screens.operator.showing import here, show
from broker.screens.operator.typed import line_in, wrong_line
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from broker.web.problem import not_found

router = APIRouter()
Looker = Annotated[Visit, shows(May.OPERATE)]
Operator = Annotated[Visit, shows(May.REPLAY)]
#: failures on the page of a cause; a replay takes them all
MOST_SHOWN: Final = 50
LONGEST_OWNER: Final = 64


@router.get("/failures/causes/{group}")
async def show_cause(group: str, visit: Looker, broker: TheBroker) -> Response:
    """One cause."""
    return await _page(_group(group), visit, broker)


@router.post("/failures/causes/{group}/note")
async def note(group: str, visit: Operator, broker: TheBroker) -> Response:
    """Say whose it is, and what is known, in place of what was noted before."""
    name = _group(group)
    owner, said = line_in(visit.form, "owner"), line_in(visit.form, "note")
    problems = wrong_line(owner, "owner", "The owner", LONGEST_OWNER) + wrong_line(said, "note", "The note")
    if problems:
        return await _page(name, visit, broker, visit.form, problems)
    unit = note_cause(name, owner=owner or None, note=said or None, actor=visit.who.actor, now=broker.now())
    await broker.store.write(unit)
    return RedirectResponse(f"/failures/causes/{name}", 303)


async def _page(
    name: str, visit: Visit, broker: Broker, typed: Form | None = None, problems: list[Wrong] | None = None
) -> Response:
    cause, each = here(await broker.store.read(_looked_at(name, broker)))
    return show(
        visit,
        "cause.html",
        422 if problems else 200,
        group=cause,
        each=each,
        captions=CAUSE_CAPTIONS,
        trend=trend,
        typed=typed or {"owner": cause.owner or "", "note": cause.note or ""},
        problems=problems or [],
    )


def _looked_at(name: str, broker: Broker) -> Callable[[Connection], tuple[Group, list[Failure]] | None]:
    now = broker.now()

    def query(tx: Connection) -> tuple[Group, list[Failure]] | None:
        found = groups(tx, Wanted(group=name), now)
        return (found[0], examples(tx, found[0], MOST_SHOWN)) if found else None

    return query


def _group(text: str) -> str:
    filters, _ = filters_of({"group": text})
    if filters.group is None:
        raise not_found()
    return filters.group
