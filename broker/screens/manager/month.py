"""A month's figures, as a page and as a file."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection, select

from broker.ports import Broker
from broker.report.month import Month
from broker.report.sheet import as_csv
from broker.report.wards import Wards, WardsUnreadable
from broker.report.whole import Report, draw_up
from broker.screens.manager.drawn import Drawn
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
#: how many months can be chosen from, the present one with them
_MOST_MONTHS: Final = 36
FiguresReader = Annotated[Visit, shows(May.FIGURES)]


@router.get(FIGURES)
async def show_month(visit: FiguresReader, broker: TheBroker) -> Response:
    """The month that was asked for, or the present one so far."""
    months, month = await _months(broker), _month(visit, broker)
    report = await _report(month, visit, broker)
    return visit.page(
        "manager/month.html",
        report=report,
        month=month,
        name=name_of(month),
        so_far=month == Month.of(broker.now()),
        months=[(str(each), name_of(each)) for each in months],
        sections=sections_of(report),
        terms=report.spared.terms,
    )


@router.get(f"{FIGURES}/csv")
async def download_month(visit: FiguresReader, broker: TheBroker) -> Response:
    """The same figures as a file, as ``tuo report --csv`` writes it."""
    month = _month(visit, broker)
    named = {"Content-Disposition": f'attachment; filename="tell-us-once-{month}.csv"'}
    written = as_csv(await _report(month, visit, broker))
    return Response(written, media_type="text/csv; charset=utf-8", headers=named)


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


async def _report(month: Month, visit: Visit, broker: Broker) -> Report:
    """Raises StoreUnavailable, or Refusal where the council's wards file cannot be used."""
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

    state = visit.request.app.state
    if not hasattr(state, "drawn"):
        state.drawn = Drawn()
    drawn: Drawn = state.drawn
    return await drawn.report(month, draw, broker.now(), again="again" in visit.request.query_params)


def _wards_of(file: Path | None) -> Wards:
    return _read_wards(file, file.stat().st_mtime_ns) if file else Wards()


@lru_cache(maxsize=2)
def _read_wards(file: Path, changed: int) -> Wards:
    """Read once for each time that the file was changed."""
    return Wards.read(file)
