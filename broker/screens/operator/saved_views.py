"""Saved views: filters of the failures page that operators share by name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, delete, func, insert, select

from broker.notifications import note_audit
from broker.screens.operator.filters import filters_of
from broker.screens.operator.typed import line_in, wrong_line
from broker.screens.operator.view_tables import saved_view
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from broker.web.problem import Refusal

router = APIRouter()
Operator = Annotated[Visit, shows(May.REPLAY)]
LONGEST_NAME: Final = 60
#: more would be no help to anybody
MOST_VIEWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Filters with a name."""

    name: str
    query: str


def saved_views(tx: Connection) -> list[View]:
    """Every view, by name."""
    rows = tx.execute(select(saved_view).order_by(saved_view.c.name))
    return [View(name=row.name, query=row.query) for row in rows]


def save(view: View, actor: str, at: datetime) -> Callable[[Connection], bool]:
    """Save a view, in place of one of the same name; the unit says no where there are too many."""

    def unit(tx: Connection) -> bool:
        tx.execute(delete(saved_view).where(saved_view.c.name == view.name))
        if int(tx.execute(select(func.count()).select_from(saved_view)).scalar_one()) >= MOST_VIEWS:
            return False
        row = {"name": view.name, "query": view.query, "saved_by": actor[:64], "saved_at": at}
        tx.execute(insert(saved_view), row)
        note_audit(tx, at, actor[:64], "view.saved", view.name, view.query)
        return True

    return unit


def forget(name: str, actor: str, at: datetime) -> Callable[[Connection], None]:
    """Forget a view."""

    def unit(tx: Connection) -> None:
        if tx.execute(delete(saved_view).where(saved_view.c.name == name)).rowcount:
            note_audit(tx, at, actor[:64], "view.forgotten", name)

    return unit


@router.post("/failures/views")
async def save_view(visit: Operator, broker: TheBroker) -> Response:
    """Save the filters under a name that colleagues see too."""
    name = line_in(visit.form, "name")
    filters, _ = filters_of(visit.form)
    if not name or wrong_line(name, "name", "The name", LONGEST_NAME):
        raise Refusal(422, "bad_name", f"Give the view a name of at most {LONGEST_NAME} characters, on one line.")
    saved = await broker.store.write(save(View(name=name, query=filters.query), visit.who.actor, broker.now()))
    if not saved:
        raise Refusal(409, "too_many", f"There are {MOST_VIEWS} saved views: remove one that nobody needs first.")
    return RedirectResponse(f"/failures?{filters.query}", 303)


@router.post("/failures/views/remove")
async def remove_view(visit: Operator, broker: TheBroker) -> Response:
    """Remove a view that nobody needs any more."""
    await broker.store.write(forget(line_in(visit.form, "name"), visit.who.actor, broker.now()))
    return RedirectResponse("/failures", 303)
