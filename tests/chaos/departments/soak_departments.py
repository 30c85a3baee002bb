"""Five more departments, in a package of their own with entry points, as a council adds departments of its own.

Put this folder on PYTHONPATH and the broker finds them. Two are called and de-duplicate in their own ways, one is called
and may not be sent anything twice without a person, one reads its own topic, one collects.
"""

from collections.abc import Callable
from typing import Annotated

import httpx

from broker.adapter import Adapter, Conversation, CrashMode, HandOver, Inquiry, answered
from broker.disclosure import Disclosure, Sees
from broker.outcome import Outcome, Unheard
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.withdrawal import Withdrawal


class Reached(Disclosure):
    """A new telephone number."""

    notification: Annotated[str, Sees("notification", "the case is filed under it")]
    phone: Annotated[str, Sees("event.new_phone", "to ring")]
    original: Annotated[str | None, Sees("earlier_delivery", "what is put right")] = None


class Died(Disclosure):
    """Somebody died."""

    notification: Annotated[str, Sees("notification", "the case is filed under it")]
    original: Annotated[str | None, Sees("earlier_delivery", "what is put right")] = None


def _heard(told: Reached | Died, response: httpx.Response) -> Outcome | Unheard:
    """An answer about another notification is no answer about ours."""
    heard = answered(response)
    if (
        response.is_success
        and not isinstance(heard, Unheard)
        and response.json().get("notification") != told.notification
    ):
        return Unheard(reason="answer-for-another")
    return heard


def _posting(path: str) -> Callable[[Reached | Died], Conversation]:
    def talk(told: Reached | Died) -> Conversation:
        response = yield httpx.Request("POST", path, json=told.model_dump(mode="json", exclude_none=True))
        return _heard(told, response)

    return talk


def _asking(department: str) -> Callable[[str], Inquiry]:
    def talk(key: str) -> Inquiry:
        response = yield httpx.Request("GET", f"/{department}/by-key/{key}")
        return None if response.status_code == httpx.codes.NOT_FOUND else answered(response)

    return talk


def _called(department: str, crash_mode: CrashMode) -> Adapter:
    made = Adapter(
        department,
        title=department.replace("-", " ").capitalize(),
        hand_over=HandOver.CALLED,
        crash_mode=crash_mode,
        lawful_basis="Public task",
    )
    made.on(ContactChange, sees=Reached)(_posting(f"/{department}/contact_change"))
    made.on(Bereavement, sees=Died)(_posting(f"/{department}/bereavement"))
    made.on(Withdrawal, sees=Died)(_posting(f"/{department}/withdrawal"))
    if crash_mode is CrashMode.VERIFY:
        made.asks_by_key(_asking(department))
    return made


def _not_called(department: str, hand_over: HandOver) -> Adapter:
    made = Adapter(department, title=department.capitalize(), hand_over=hand_over, lawful_basis="Public task")
    made.tells(ContactChange, sees=Reached)
    made.tells(Bereavement, sees=Died)
    made.tells(Withdrawal, sees=Died)
    return made


libraries = _called("libraries", CrashMode.RESEND)
parking = _called("parking", CrashMode.VERIFY)
blue_badges = _called("blue-badges", CrashMode.HOLD)
allotments = _not_called("allotments", HandOver.SUBSCRIBES)
waste = _not_called("waste", HandOver.COLLECTS)
