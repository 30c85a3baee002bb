"""Delivering: one conversation with one back office, after the claim is committed."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import create_model

from broker.adapter import Adapter, CrashMode
from broker.crash_points import crash_point
from broker.disclosure import Disclosure
from broker.ledger import Claim
from broker.outcome import Deferred, Heard, Unheard, can_be_kept
from broker.ports import Broker
from broker.telemetry import log
from schemas.delivery import DeliveryLetter


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One try at one delivery, and what was heard."""

    claim: Claim
    heard: Heard
    ended_at: datetime
    #: a failure says nothing of the delivery: its department was ill at the time
    counts: bool = True


async def converse(claim: Claim, broker: Broker) -> Attempted:
    """Speak with the back office. Whatever goes wrong becomes something heard: nothing escapes."""
    adapter = broker.adapter(claim.department)
    if adapter is None:
        return Attempted(claim=claim, heard=Deferred(reason="no-adapter"), ended_at=broker.now())
    crash_point("delivery.after-claim")
    heard = await _heard(claim, adapter, broker)
    crash_point("delivery.after-answer")
    if not can_be_kept(heard, broker.now()):
        log.error("adapter.failed", error="answer-not-fit", department=claim.department)
        heard = Unheard(reason="answer-not-fit")
    return Attempted(claim=claim, heard=heard, ended_at=broker.now())


async def _heard(claim: Claim, adapter: Adapter, broker: Broker) -> Heard:
    carrier = broker.carriers.get(claim.department)
    if carrier is None:
        return Deferred(reason="no-address")
    if claim.attempts > 1 and adapter.crash_mode is CrashMode.VERIFY and adapter.verify is not None:
        asked = await carrier.ask(adapter.verify(claim.delivery_id), claim.delivery_id)
        if asked is not None:
            return asked
    telling = adapter.telling_of(claim.kind)
    if telling is None or telling.talk is None:
        return Deferred(reason="no-conversation")
    letter: Any = _letter_of(telling.sees).model_validate_json(claim.letter)
    return await carrier.converse(telling.talk(letter.data), claim.delivery_id)


@cache
def _letter_of(sees: type[Disclosure]) -> type[DeliveryLetter]:
    """The delivery letter of one disclosure, which is read in one go."""
    return create_model(f"{sees.__name__}Letter", __base__=DeliveryLetter, data=(sees, ...))
