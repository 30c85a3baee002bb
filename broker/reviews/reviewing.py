"""What a reviewer sees: the event beside each record, one row a field. Everything here is personal data."""

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select

from broker.identity.model import shipped_model
from broker.identity.traits import traits_of_subject
from broker.identity.wording import FIELDS, comparisons_of, said_of
from broker.matching import weigh_all
from broker.notifications import note_audit, notification_of
from broker.person import Agreement, Comparison, Person
from broker.ports import Broker
from broker.reviews import reviews
from broker.reviews.reviews import Waiting
from broker.tables import event
from schemas.address import Address
from schemas.subject import Subject


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldRow(_View):
    """One field of the event beside one record's."""

    field: str = Field(description="the field in words")
    told: str | None = Field(description="what the event says")
    held: str | None = Field(description="what the record says")
    agreement: Agreement = Field(description="agrees, close, differs, or missing on either side")


class Record(_View):
    """One record that could be the person."""

    person: str = Field(description="what to answer with, if this record is the person")
    because: str = Field(description="one sentence: what agrees, is close and differs")
    bits: float = Field(description="how surely: base-2 logarithm of the odds against strangers")
    rows: tuple[FieldRow, ...] = Field(description="one row for each field")


class Case(_View):
    """One notification beside the records it could be about."""

    reference: str = Field(description="the notification's reference")
    kind: str = Field(description="which life event it is")
    because: str = Field(description="why a person must look")
    waits_for: str = Field(description="first or second reader")
    records: tuple[Record, ...] = Field(description="the records, most likely first")


async def look(reference: str, actor: str, reason: str, broker: Broker) -> Case | None:
    """Show a reviewer one case; the audit says who looked and why before anything is answered.

    None where the notification does not wait for a reviewer. Raises StoreUnavailable or DirectoryUnavailable.
    """
    waiting = await broker.store.write(_noted(reference, actor, reason, broker))
    if waiting is None:
        return None
    query = select(event).where(event.c.id == waiting.event_id)
    told = await broker.store.read(lambda tx: notification_of(tx.execute(query).one()))
    [found] = await broker.directory.candidates_of([told.event.subject])
    return _case(waiting, told.event.subject, found)


async def look_at_next(actor: str, reason: str, broker: Broker) -> Case | None:
    """Claim the case that waits longest, and show it; none where nothing waits that is not a colleague's."""
    claim = reviews.claim_next(actor, reason, broker.now(), broker.choices.claim)
    reference = await broker.store.write(claim)
    return None if reference is None else await look(reference, actor, reason, broker)


def _noted(reference: str, actor: str, reason: str, broker: Broker) -> Callable[[Connection], Waiting | None]:
    def unit(tx: Connection) -> Waiting | None:
        waiting = reviews.find(tx, reference)
        if waiting is not None:
            note_audit(tx, broker.now(), actor, "review.shown", waiting.event_id, reason[:200])
        return waiting

    return unit


def _case(waiting: Waiting, subject: Subject, found: Sequence[Person]) -> Case:
    # Whoever has come to be protected since is not shown, nor that there was somebody.
    wanted = [one for one in found if one.id in waiting.candidates and not one.restricted]
    return Case(
        reference=waiting.reference,
        kind=waiting.kind,
        because=waiting.because,
        waits_for="second reader" if waiting.first_by else "first reader",
        records=beside(subject, wanted),
    )


def beside(subject: Subject, people: Sequence[Person]) -> tuple[Record, ...]:
    """The event beside each of these people's records, most likely first."""
    compared = weigh_all(traits_of_subject(subject), people, shipped_model())
    return tuple(_record(subject, one.person, comparisons_of(one.pair, one.score), one.score.bits) for one in compared)


def _record(subject: Subject, person: Person, comparisons: Sequence[Comparison], bits: float) -> Record:
    told, held = _told(subject), _held(person)
    rows = [
        FieldRow(field=FIELDS[one.field], told=told.get(one.field), held=held.get(one.field), agreement=one.agreement)
        for one in comparisons
        if told.get(one.field) or held.get(one.field)
    ]
    return Record(person=person.id, because=said_of(comparisons), bits=round(bits, 1), rows=tuple(rows))


def _told(subject: Subject) -> dict[str, str | None]:
    return {
        "forenames": subject.name.forenames if subject.name else None,
        "surname": subject.name.surname if subject.name else None,
        "date_of_birth": str(subject.date_of_birth) if subject.date_of_birth else None,
        "nino": subject.nino,
        "address": _line(subject.address),
        "phone": subject.phone,
        "email": subject.email,
        "sex": subject.sex,
    }


def _held(person: Person) -> dict[str, str | None]:
    return {
        "forenames": person.names[0].forenames if person.names else None,
        "surname": person.names[0].surname if person.names else None,
        "date_of_birth": person.date_of_birth,
        "nino": person.nino,
        "address": _line(person.addresses[0]) if person.addresses else None,
        "phone": person.phone,
        "email": person.email,
        "sex": person.sex,
    }


def _line(address: Address | None) -> str | None:
    return ", ".join([*address.lines, address.postcode or ""]).strip(", ") if address else None
