"""Searching the audit. What is sought may be personal, so it is sent as a form and stands in no address."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from broker.audit_search import Entry, Sought, entries
from broker.notifications import note_audit
from broker.ports import Broker
from broker.screens.fields import Wrong
from broker.screens.forms import Form
from broker.screens.spoken import spoken_day
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May, may
from broker.web.keys import TheBroker
from schemas.today import LONDON

router = APIRouter()
AUDIT: Final = "/audit"
PAGE: Final = 50
#: lines of one file; a longer search is taken away period by period
MOST_IN_A_FILE: Final = 20_000
_LONGEST: Final = 64
#: what a spreadsheet would take for a formula
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
Auditor = Annotated[Visit, shows(May.AUDIT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as it was typed, read as far as it can be."""

    sought: Sought
    before: int | None
    wrong: tuple[Wrong, ...]


@router.get(AUDIT)
async def show_form(visit: Auditor) -> Response:
    """The form; nothing is searched yet."""
    return visit.page("auditor/search.html", found=None, more=None, typed=visit.form, problems=())


@router.post(AUDIT)
async def search(visit: Auditor, broker: TheBroker) -> Response:
    """The newest lines that fit, a page at a time."""
    asked = _read(visit)
    if asked.wrong:
        return visit.page("auditor/search.html", 422, found=None, more=None, typed=visit.form, problems=asked.wrong)
    found = await _entries(asked, PAGE + 1, "audit.searched", visit, broker)
    more = found[PAGE - 1].number if len(found) > PAGE else None
    return visit.page("auditor/search.html", found=found[:PAGE], more=more, typed=visit.form, problems=())


@router.post(f"{AUDIT}/csv")
async def export(visit: Auditor, broker: TheBroker) -> Response:
    """The same search as a file."""
    asked = _read(visit)
    if asked.wrong:
        return visit.page("auditor/search.html", 422, found=None, more=None, typed=visit.form, problems=asked.wrong)
    found = await _entries(asked, MOST_IN_A_FILE, "audit.exported", visit, broker)
    named = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(as_csv(found), media_type="text/csv; charset=utf-8", headers=named)


def as_csv(found: Iterable[Entry]) -> str:
    """Lines of the audit as CSV; no cell is a formula to a spreadsheet."""
    written = io.StringIO()
    sheet = csv.writer(written, lineterminator="\r\n")
    sheet.writerow(("number", "at", "who", "what", "about", "reference", "said"))
    for one in found:
        cells = (one.number, one.at.isoformat(), one.actor, one.what, one.about, one.reference or "", one.said)
        sheet.writerow([_plain(str(cell)) for cell in cells])
    return written.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


async def _entries(asked: Asked, most: int, what: str, visit: Visit, broker: Broker) -> Sequence[Entry]:
    """Look, and write down that, and for what, they looked, before they see it."""
    found = await broker.store.read(entries(asked.sought, most, asked.before))
    said = _noted(asked.sought, is_here=bool(found))

    def noted(tx: Connection) -> None:
        note_audit(tx, broker.now(), visit.who.actor, what, "audit", said)

    await broker.store.write(noted)
    return found


def _noted(sought: Sought, *, is_here: bool) -> str:
    """What was sought, in words. Text that the audit does not hold may be anything, a number of somebody's too."""
    period = f"{sought.first or ''}..{sought.last or ''}".strip(".")
    asked = {"about": sought.about, "who": sought.actor, "what": sought.what}
    said = {name: value if is_here else "nothing that is here" for name, value in asked.items() if value}
    return "; ".join(f"{name}: {value}" for name, value in {**said, **({"when": period} if period else {})}.items())


def _read(visit: Visit) -> Asked:
    form, wrong = visit.form, list[Wrong]()
    about, actor, what = (_text(form, name, wrong) for name in ("about", "actor", "what"))
    today = visit.request.app.state.broker.now().astimezone(LONDON).date()
    first, last = (_day(form, name, today, wrong) for name in ("first", "last"))
    if first and last and last < first:
        wrong.append(Wrong(field="last", message="The last day must not be before the first."))
    before = form.get("before", "")
    # What the protection team did is told to nobody who is not of it, not even that it did anything.
    sought = Sought(
        about=about,
        actor=actor,
        what=what,
        first=first,
        last=last,
        of_the_team=may(visit.who.roles, May.PROTECTED),
    )
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    return Asked(sought=sought, before=number, wrong=tuple(wrong))


def _text(form: Form, name: str, wrong: list[Wrong]) -> str:
    said = form.get(name, "").strip()
    if len(said) > _LONGEST:
        wrong.append(Wrong(field=name, message=f"Use at most {_LONGEST} characters."))
    return said


def _day(form: Form, name: str, today: date, wrong: list[Wrong]) -> date | None:
    said = form.get(name, "").strip()
    try:
        return date.fromisoformat(spoken_day(said, today)) if said else None
    except ValueError:
        wrong.append(Wrong(field=name, message="Write the day as 30 November 2026, or leave it empty."))
        return None
