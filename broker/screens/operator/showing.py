"""Showing a page of the console: what somebody may do on it, moments to the second, and parts that change by themselves."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeVar

from fastapi import Response
from fastapi.responses import HTMLResponse

from broker.ports import Broker
from broker.replays.orders import RefusedOrder
from broker.screens.visit import Visit
from broker.screens.who_may import May, may
from broker.screens.worded import day_in_words
from broker.store import Unit
from broker.web.problem import Refusal, not_found
from schemas.today import LONDON

T = TypeVar("T")
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_GONE: Final = ("no_such_run", "no_such_plan")
_STEPS: Final = ((86400, "day"), (3600, "hour"), (60, "minute"))


def show(visit: Visit, template: str, status: int = 200, **facts: Any) -> HTMLResponse:  # noqa: ANN401 - of any kind
    """A page of the console. Beside its facts it has ``can`` (what they may do), ``clock`` and ``lasting``."""
    broker: Broker = visit.request.app.state.broker
    now = broker.now()
    can = {what.value for what in May if may(visit.who.roles, what)}
    titles = {adapter.department: adapter.title for adapter in broker.adapters}
    return visit.page(
        f"operator/{template}", status, can=can, clock=clock, lasting=lasting_at(now), titles=titles, now=now, **facts
    )


def live(visit: Visit, template: str, **facts: Any) -> Response:  # noqa: ANN401 - of any kind
    """A part of a page that changes by itself; nothing is sent to a browser that has it already (RFC 9110, 13.1.2)."""
    made = show(visit, template, **facts)
    tag = f'"{sha256(made.body).hexdigest()[:24]}"'
    if visit.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    made.headers["ETag"] = tag
    return made


def clock(moment: datetime | None) -> str:
    """A moment to the second in London, such as 3 March 2026, 14:05:09."""
    if moment is None:
        return ""
    there = moment.astimezone(LONDON)
    return f"{day_in_words(there.date())}, {there:%H:%M:%S}"


def lasting_at(now: datetime) -> Callable[[datetime | None], str]:
    """How long something has lasted, in its two largest units; "for how long" on a page."""
    return lambda since: "" if since is None else in_words(now - since)


def in_words(length: timedelta) -> str:
    """A length of time in its two largest units, such as 2 hours 5 minutes."""
    left, said = max(0, int(length.total_seconds())), []
    for seconds, unit in _STEPS:
        count, left = divmod(left, seconds)
        if count:
            said.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(said[:2]) or "less than a minute"


def named(text: str) -> str:
    """What an address names, if it can be a name of ours. Raises Refusal with 404."""
    if not _ID.fullmatch(text):
        raise not_found()
    return text


def here(found: T | None) -> T:
    """What was found. Raises Refusal with 404."""
    if found is None:
        raise not_found()
    return found


async def ordered(broker: Broker, unit: Unit[T]) -> T:
    """Carry an order out. Raises Refusal where it cannot be: 404 where nothing has this name, else 409."""
    try:
        return await broker.store.write(unit)
    except RefusedOrder as error:
        raise refused(error) from None


def refused(error: RefusedOrder) -> Refusal:
    """An order that is not carried out, as a page."""
    return not_found() if error.code in _GONE else Refusal(409, error.code, error.because)
