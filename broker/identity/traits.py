"""Traits: what is compared of a subject and of a resident, each in the form it is compared in. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from broker.folding import folded
from broker.identity.homes import Home, home_of
from broker.identity.naming import NameForms, forms_of
from broker.person import Person
from schemas.name import Name
from schemas.subject import Sex, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """A person as they are compared. Empty means not known."""

    #: the present or told name first
    names: tuple[NameForms, ...] = ()
    birth: str = ""
    homes: tuple[Home, ...] = ()
    nino: str = ""
    phone: str = ""
    email: str = ""
    sex: str = ""
    references: frozenset[tuple[str, str]] = frozenset()


def traits_of_subject(subject: Subject) -> Traits:
    """What was told."""
    names = [*([subject.name] if subject.name else []), *subject.previous_names]
    return Traits(
        names=_forms_of(names),
        birth=str(subject.date_of_birth) if subject.date_of_birth else "",
        homes=(home_of(subject.address),) if subject.address else (),
        nino=subject.nino or "",
        phone=subject.phone or "",
        email=folded_email(subject.email),
        sex=subject.sex if subject.sex and subject.sex is not Sex.NOT_STATED else "",
        references=_references((each.department, each.reference) for each in subject.references),
    )


def traits_of_person(person: Person) -> Traits:
    """What is held."""
    return Traits(
        names=_forms_of(person.names),
        birth=person.date_of_birth or "",
        homes=tuple(home_of(address, left=place > 0) for place, address in enumerate(person.addresses)),
        nino=person.nino or "",
        phone=person.phone or "",
        email=folded_email(person.email),
        sex=person.sex if person.sex and person.sex != Sex.NOT_STATED else "",
        references=_references(person.references.items()),
    )


def _forms_of(names: Sequence[Name]) -> tuple[NameForms, ...]:
    """Each reading once; most people have one name."""
    forms = tuple(forms_of(name) for name in names)
    return forms if len(forms) <= 1 else tuple(dict.fromkeys(forms))


def folded_email(email: str | None) -> str:
    """An address of electronic mail in one case: hardly any post office tells cases apart."""
    return (email or "").casefold()


def _references(references: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset((department, folded(reference)) for department, reference in references)
