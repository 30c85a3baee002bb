"""A month's figures, as a page and as a file."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection, select

from broker.ports import Broker
from broker.report.month import Month
from broker.report.sheet import as_csv
from broker.report.wards import Wards, WardsUnreadable
from broker.report.whole import Report, draw_up
from broker.screens.drawn import Drawn
from broker.screens.manager.sections import sections_of
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.screens.worded import MONTHS
from broker.screens.words import Tongue
from broker.settings import Settings
from broker.tables import event
from broker.web.keys import TheBroker
from broker.web.problem import Refusal

router = APIRouter()
FIGURES: Final = "/figures"
#: how long a report is shown before another is drawn up
FRESH_FOR: Final = timedelta(minutes=5)
#: how many months can be chosen from, the present one with them
_MOST_MONTHS: Final = 36
FiguresReader = Annotated[Visit, shows(May.FIGURES)]


@router.get(FIGURES)
async def show_month(visit: FiguresReader, broker: TheBroker) -> Response:
    """The month that was asked for, or the present one so far; while it is drawn up, the last that there was of it."""
    months, month = await _months(broker), _month(visit, broker)
    draw = _drawing(month, visit, broker)
    look = await _drawn(visit).look(month, draw, broker.now(), again="again" in visit.request.query_params)
    facts: dict[str, Any] = {
        "month": month,
        "name": name_of(month),
        "so_far": month == Month.of(broker.now()),
        "months": [(str(each), name_of(each)) for each in months],
        "moving": look.moving,
    }
    if look.what is None:
        return visit.page("manager/drawing.html", **facts)
    terms = look.what.spared.terms
    return visit.page("manager/month.html", report=look.what, sections=sections_of(look.what), terms=terms, **facts)


@router.get(f"{FIGURES}/state")
async def tell_state(visit: FiguresReader, broker: TheBroker) -> Response:
    """Whether a month is still being drawn up, for the page that waits for it."""
    month = _month(visit, broker)
    look = await _drawn(visit).look(month, _drawing(month, visit, broker), broker.now())
    return visit.page("parts/drawing.html", moving=look.moving)


@router.get(f"{FIGURES}/csv")
async def download_month(visit: FiguresReader, broker: TheBroker) -> Response:
    """The same figures as a file, as ``tuo report --csv`` writes it."""
    month = _month(visit, broker)
    report = await _drawn(visit).whole(month, _drawing(month, visit, broker), broker.now())
    named = {"Content-Disposition": f'attachment; filename="tell-us-once-{month}.csv"'}
    return Response(as_csv(report), media_type="text/csv; charset=utf-8", headers=named)


def name_of(month: Month) -> str:
    """A month as it is said, such as November 2026."""
    return f"{MONTHS[Tongue.ENGLISH][month.number - 1]} {month.year}"


def _month(visit: Visit, broker: Broker) -> Month:
    """Raises Refusal with 400."""
    asked = visit.request.query_params.get("month")
    try:
        return Month.read(asked) if asked else Month.of(broker.now())
    except ValueError:
        raise Refusal(400, "bad_month", "Choose a month from the list on the page of figures.") from None


async def _months(broker: Broker) -> list[Month]:
    """The months that there is anything to say of, the present one first."""
    first = await broker.store.read(_first_told)
    month = Month.of(broker.now())
    begun, found = Month.of(first) if first else month, [month]
    while len(found) < _MOST_MONTHS and found[-1] > begun:
        found.append(found[-1].before())
    return found


def _first_told(tx: Connection) -> datetime | None:
    return tx.execute(select(event.c.recorded_at).order_by(event.c.seq).limit(1)).scalar()


def _drawing(month: Month, visit: Visit, broker: Broker) -> Callable[[], Awaitable[Report]]:
    """What draws a month up. Raises Refusal where the council's wards file cannot be used; it, StoreUnavailable."""
    settings: Settings = visit.request.app.state.settings
    try:
        wards = _wards_of(settings.wards_file)
    except (OSError, WardsUnreadable):
        words = "The wards file cannot be used. Ask whoever runs this to look at TUO_WARDS_FILE, and try tuo report."
        raise Refusal(409, "bad_wards_file", words) from None

    async def draw() -> Report:
        return await broker.store.read(
            lambda tx: draw_up(tx, month, broker.adapters, broker.now(), wards=wards, terms=settings.report)
        )

    return draw


def _drawn(visit: Visit) -> Drawn[Month, Report]:
    drawn: Drawn[Month, Report] = visit.request.app.state.months
    return drawn


def _wards_of(file: Path | None) -> Wards:
    return _read_wards(file, file.stat().st_mtime_ns) if file else Wards()


@lru_cache(maxsize=2)
def _read_wards(file: Path, changed: int) -> Wards:
    """Read once for each time that the file was changed."""
    return Wards.read(file)
