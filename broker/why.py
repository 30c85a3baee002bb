"""Why: how one notification's person was decided, and who is told. No personal data: fields are named, values never are."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row, or_, select

from broker.identity.guards import Guard
from broker.identity.model import Band, shipped_model
from broker.identity.wording import CAPTIONS
from broker.person import Weighed
from broker.reviews.reviews import ANSWER_CAPTIONS, Answer
from broker.route_words import ROUTE
from broker.tables import audit, event, step

_FOUND: Final = {
    "matched": "It was linked to one record.",
    "unsure": "It could be about a record that was found, or more than one, and that was not sure enough.",
    "unknown": "The directory held nobody who could be the person.",
}
#: how the journey begins what it says of a match
_JUDGED: Final = ("Matched.", "Unsure.", "Not known")
#: what colleagues do that decides whom a notification is about
_DECIDED: Final = ("review.", "event.relinked", "event.ruled_out")


class ByAColleague(BaseModel):
    """What a colleague did."""

    model_config = ConfigDict(frozen=True)

    at: datetime = Field(description="when, UTC")
    who: str = Field(description="who, as they are known to the audit")
    did: str = Field(description="what they did, in words")
    reason: str | None = Field(description="why, in their own words")


class Why(BaseModel):
    """How one notification's person was decided, and who is told."""

    model_config = ConfigDict(frozen=True)

    reference: str = Field(description="the notification's reference")
    found: str = Field(description="what was found, in a sentence")
    compared: str | None = Field(description="which fields agree, are close and differ, in a sentence")
    weighing: tuple[str, ...] = Field(description="how it was weighed against what the act asks for, in sentences")
    against: tuple[str, ...] = Field(description="what kept us from acting alone, in sentences")
    by: str = Field(description="the model, and the schema's variant and version, that it was judged by")
    departments: tuple[str, ...] = Field(description="which departments are told, which are not and why, in sentences")
    colleagues: tuple[ByAColleague, ...] = Field(description="what colleagues decided, oldest first")


def why(reference: str) -> Callable[[Connection], Why | None]:
    """Why a notification was taken to be about whom; none where nothing is here under this reference."""

    def query(tx: Connection) -> Why | None:
        row = tx.execute(select(event).where(event.c.reference == reference)).one_or_none()
        return None if row is None else _why(tx, row)

    return query


def _why(tx: Connection, row: Row[Any]) -> Why:
    weighed = Weighed(**orjson.loads(row.weighed)) if row.weighed else None
    judged = or_(*(step.c.said.startswith(word) for word in _JUDGED))
    said = select(step.c.said).where(step.c.event_seq == row.seq, step.c.step == "match", judged)
    version = orjson.loads(row.body).get("schema_version", "1.0")
    return Why(
        reference=row.reference,
        found=_FOUND.get(row.match or "", "It has not been judged yet."),
        compared=tx.execute(said.order_by(step.c.id.desc()).limit(1)).scalar(),
        weighing=tuple(_weighing(weighed)) if weighed else (),
        against=tuple(dict.fromkeys(CAPTIONS[Guard(each)] for each in weighed.guards)) if weighed else (),
        by=f"Model {weighed.model if weighed else 'none'}; schema {row.kind}, {row.variant or 'no variant'}, {version}.",
        departments=tuple(_departments(tx, row.seq)),
        colleagues=tuple(_colleagues(tx, row.id)),
    )


def _departments(tx: Connection, seq: int) -> Iterator[str]:
    wanted = (step.c.event_seq == seq, step.c.step == ROUTE, step.c.department.is_not(None))
    for row in tx.execute(select(step.c.department, step.c.said).where(*wanted).order_by(step.c.id)):
        yield f"{row.department}: {row.said}"


def _weighing(weighed: Weighed) -> Iterator[str]:
    band: Band = shipped_model().bands[weighed.band]
    yield f"A wrong link would be {_HARM[weighed.band]}, so {_asked(band)}."
    if weighed.bits or weighed.gap:
        yield f"The best record has {weighed.bits:g} bits: {_odds(weighed.bits)} that it is the person."
        yield f"The next is {weighed.gap:g} bits behind; {weighed.corroborations} independent details agree."


_HARM: Final = {
    "irreversible": "hard or impossible to undo",
    "standard": "a nuisance that can be undone",
    "light": "a small thing",
}


def _asked(band: Band) -> str:
    return (
        f"at least {band.bits:g} bits are asked for, {band.gap:g} more than the next record has, and at least "
        f"{band.corroborations} of date of birth, address, number, phone and email that agree"
    )


def _odds(bits: float) -> str:
    if bits >= 0:
        return f"about {round(2.0 ** min(bits, 40)):,} to 1"
    return f"about 1 to {round(2.0 ** min(-bits, 40)):,}"


def _colleagues(tx: Connection, event_id: str) -> Iterator[ByAColleague]:
    words = or_(*(audit.c.what.startswith(word) for word in _DECIDED))
    for row in tx.execute(select(audit).where(audit.c.about == event_id, words).order_by(audit.c.id)):
        yield ByAColleague(at=row.at, who=row.actor, did=_did(row.what), reason=row.said)


def _did(what: str) -> str:
    word = what.partition(".")[2]
    if word in set(Answer):
        return ANSWER_CAPTIONS[Answer(word)]
    return {
        "shown": "Looked at the case.",
        "claimed": "Took the case to read it.",
        "disagreed": "Disagreed with the first reader.",
        "relinked": "Said that it was linked to the wrong record.",
    }.get(word, word)
