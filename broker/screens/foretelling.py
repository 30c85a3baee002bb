"""Foretelling: who will be told what of a life event that is not submitted yet, by the very rules that decide it later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from sqlalchemy import select

from broker import checks, ids, journey, routing
from broker.adapter import Adapter
from broker.decision import HOLD_CAPTIONS, Delivery, Hold, Proceed
from broker.notification import Notification
from broker.ports import Broker
from broker.screens.answers import value_at
from broker.screens.asking import Asked
from broker.screens.drafts import Draft
from broker.screens.letter_words import caption_of, in_words, noun_of
from broker.screens.permitting import PERMISSION
from broker.screens.readers import reads
from broker.screens.told_when import waits_before
from broker.screens.words import Words
from broker.sentences import Waiting
from broker.tables import event
from schemas.life_event import LifeEvent
from schemas.variants import Variant

#: what is told now comes after everything that was told before
_LAST = 2**53 - 1
#: in every letter, and nothing of the person
_ENVELOPE = frozenset("person sequence told_at told_on notification reference revision".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class WillTell:
    """What one department will be told."""

    department: str
    title: str
    lawful_basis: str
    #: the letter's fields with why each is needed, and the value in words
    fields: tuple[tuple[str, str, str], ...]
    #: questions that were answered and that it does not see
    unseen: tuple[str, ...]
    #: it is told because they agreed
    agreed: bool = False
    #: it must be asked for these first
    missing: bool = False
    #: why it is not told at once, and until when
    waits: Waiting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What will happen when this is submitted."""

    told: tuple[WillTell, ...]
    #: title and why
    spared: tuple[tuple[str, str], ...]
    #: nobody is told yet, and why
    held: str = ""
    variant: Variant | None = None


async def foretell(draft: Draft, told: LifeEvent, answered: Mapping[str, str], say: Words, broker: Broker) -> Foretold:
    """Walk the first leg without writing anything down. ``answered`` are paths of answered questions, with their words.

    Raises StoreUnavailable or DirectoryUnavailable.
    """
    notification = await _provisional(draft, told, broker)
    known = (await journey.match([notification], broker))[0]
    match checks.judge(notification, known):
        case Hold() as hold:
            return Foretold(told=(), spared=(), held=HOLD_CAPTIONS[hold.reason], variant=hold.variant)
        case Proceed() as proceed:
            route = routing.choose(notification, proceed, broker.adapters, known)
            waits = await waits_before(route.deliveries, broker)
            told_ = tuple(
                replace(_will_tell(one, told.kind, answered, say, broker), waits=waits[one.department])
                for one in route.deliveries
            )
            spared = tuple((_title(broker, one.department), one.because) for one in route.not_told)
            return Foretold(told=told_, spared=spared, variant=proceed.variant)


async def _provisional(draft: Draft, told: LifeEvent, broker: Broker) -> Notification:
    made = uuid5(NAMESPACE_URL, draft.key)
    earlier = None
    if draft.said.corrects:
        wanted = select(event.c.id).where(event.c.reference == draft.said.corrects)
        earlier = await broker.store.read(lambda tx: tx.execute(wanted).scalar())
    return Notification(
        id=str(made),
        reference=ids.reference(made),
        seq=_LAST,
        event=told,
        source="screens",
        told_at=told.told_at or broker.now(),
        recorded_at=broker.now(),
        corrects=earlier,
    )


def _will_tell(told: Delivery, kind: str, answered: Mapping[str, str], say: Words, broker: Broker) -> WillTell:
    adapter = broker.adapter(told.department)
    assert adapter is not None  # noqa: S101 - routing chose it from these very adapters
    said = orjson.loads(told.letter)["data"] if told.letter else {}
    return WillTell(
        department=told.department,
        title=adapter.title,
        lawful_basis=adapter.lawful_basis,
        fields=tuple(_fields(adapter, kind, said, say)),
        agreed=told.agreed,
        unseen=tuple(words for path, words in answered.items() if not reads(adapter, kind, path)),
        missing=not told.letter,
    )


def _fields(adapter: Adapter, kind: str, said: Mapping[str, Any], say: Words) -> Iterable[tuple[str, str, str]]:
    telling = next(one for one in adapter.tellings if one.kind.kind == kind)
    for field in telling.sees.register():
        value = said.get(field.name)
        # A person may be somebody by name; where it is text, it is a number of ours.
        words = "" if field.name in _ENVELOPE and not isinstance(value, Mapping) else in_words(field.name, value, say)
        if words:
            yield caption_of(field.name, say), words, field.why


def _title(broker: Broker, department: str) -> str:
    adapter = broker.adapter(department)
    return adapter.title if adapter else department


def answered_in_words(asked: Sequence[Asked], document: Mapping[str, Any], kind: str, say: Words) -> dict[str, str]:
    """The questions of the life event that were answered, each as the thing that was asked."""
    return {
        one.question.path: noun_of(one.question, kind, say)
        for one in asked
        if value_at(document, one.question.path) is not None and not one.question.path.startswith(PERMISSION)
    }
