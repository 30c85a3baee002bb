"""Told when: why a department will not be told at once, foretold by the rules of the tracker, and in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection

from broker.decision import Delivery
from broker.ledger import COOL_OFF, ITS_DAY
from broker.ports import Broker
from broker.screens.worded import day_in_words, moment_in_words
from broker.screens.words import Words
from broker.sentences import Waiting, Waits
from broker.standing import Standing
from broker.waiting import waits_of
from broker.windows import closed

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unopened:
    """A delivery as the ledger would hold it once it is opened, as far as its waiting goes."""

    department: str
    hand_over: str
    not_before: datetime | None
    waits_for: str | None
    standing: Standing = Standing.WAITING


async def waits_before(deliveries: Sequence[Delivery], broker: Broker) -> dict[str, Waiting | None]:
    """Why each department is not told at once, as the tracker would say it; its own hour, or the later opening."""
    now = broker.now()
    unopened = {one.department: _unopened(one, now, broker) for one in deliveries}

    def unit(tx: Connection) -> dict[str, Waiting | None]:
        why = waits_of(tx, now)
        own = {name: why(one) for name, one in unopened.items()}
        states = {name: why(replace(one, not_before=None)) for name, one in unopened.items()}
        return {name: _later(own[name], states[name] or _shut(name, now, broker)) for name in unopened}

    return await broker.store.read(unit)


def _unopened(told: Delivery, now: datetime, broker: Broker) -> _Unopened:
    moment, why = None, None
    if told.not_before is not None and told.not_before > now:
        moment, why = told.not_before, ITS_DAY
    elif told.cools_off and broker.timing.cool_off:
        moment, why = now + broker.timing.cool_off, COOL_OFF
    return _Unopened(department=told.department, hand_over=told.hand_over, not_before=moment, waits_for=why)


def _shut(department: str, now: datetime, broker: Broker) -> Waiting | None:
    """A closing window that has begun and that nobody has written down yet."""
    found = closed(broker.windows.get(department, ()), now)
    return Waiting(why=Waits.CLOSED, moment=found.until) if found else None


def _later(own: Waiting | None, state: Waiting | None) -> Waiting | None:
    """Whichever keeps the department waiting longer; what has no end known is said only where nothing else is."""
    if own is None or state is None:
        return own or state
    ends = state.why in (Waits.CLOSED, Waits.PAUSED) and state.moment is not None and own.moment is not None
    return state if ends and state.moment > own.moment else own  # type: ignore[operator]


def when_in_words(waits: Waiting | None, now: datetime, say: Words) -> str:
    """When one department will be told, for the corner of its card."""
    name, places = _told(waits, now, say)
    return say(f"check.{name}", **places)


def words_to_say(told: Sequence[tuple[str, Waiting | None]], now: datetime, say: Words) -> str:
    """What the adviser says before confirming. ``told``: each department's title, and why it is not told at once."""
    if not told:
        return ""
    names = {_told(waits, now, say)[0] for _, waits in told}
    one = "_one" if len(told) == 1 else ""
    if names == {"now"}:
        return say(f"script.check{one}", number=len(told))
    if names == {"cool_off"}:
        return say(f"script.check_cool_off{one}", number=len(told), **_told(told[0][1], now, say)[1])
    each = [(title, *_told(waits, now, say)) for title, waits in told]
    lines = [say(f"script.check_of_{name}", title=title, **places) for title, name, places in each]
    return " ".join([say("script.check_each"), *lines])


def _told(waits: Waiting | None, now: datetime, say: Words) -> tuple[str, dict[str, Any]]:
    """The name of the words, and what stands in their places."""
    if waits is None:
        return "now", {}
    if waits.moment is None or waits.why is Waits.AWAY:
        return ("away" if waits.why is Waits.AWAY else "paused"), {}
    match waits.why:
        case Waits.COOL_OFF:
            return "cool_off", {"minutes": ceil((waits.moment - now) / _MINUTE)}
        case Waits.ITS_DAY:
            return "its_day", {"when": day_in_words(waits.moment, say.tongue)}
        case Waits.CLOSED:
            return "closed", {"when": moment_in_words(waits.moment, say.tongue)}
        case Waits.PAUSED:
            return "paused_until", {"when": moment_in_words(waits.moment, say.tongue)}
