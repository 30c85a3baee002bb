"""The town's residents, from whom an office's first cases come."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.back_offices.days import day_in
from tests.back_offices.memory import Memory
from tests.back_offices.rulings import Case

ADULT_YEARS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """One line of the residents file, as far as an office cares."""

    people: tuple[str, ...]
    born_on: date | None
    uprn: str | None
    references: Mapping[str, str]
    benefit: bool
    discount: bool

    def is_adult(self, today: date) -> bool:
        """Whether they are 18, or their date of birth is not held."""
        born = self.born_on
        if born is None:
            return True
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) >= ADULT_YEARS


def read_residents(path: Path) -> Iterator[Resident]:
    """The residents in a JSON Lines file; those marked deceased are left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not (plain := json.loads(line)).get("deceased"):
                yield _resident(plain)


def _resident(plain: Mapping[str, object]) -> Resident:
    uprn, listed = plain.get("uprn"), plain.get("references")
    references = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return Resident(
        people=tuple(str(plain[field]) for field in ("id", "person") if plain.get(field)),
        born_on=day_in(plain.get("dob")),
        uprn=str(uprn).lstrip("0") if uprn else None,
        references={str(one.get("department")): str(one.get("reference")) for one in references},
        benefit=plain.get("benefit") is True,
        discount=plain.get("discount") is True,
    )


def seed_accounts(memory: Memory, path: Path, today: date, number: str = "99{:07}") -> None:
    """Council tax: one account for each address, held by its adults. Seeding again alters nothing."""
    with memory.together():
        for resident in read_residents(path):
            reference = resident.references.get("council-tax")
            if not resident.is_adult(today) or (reference is None and resident.uprn is None):
                continue
            case = memory.case(reference) if reference else memory.case_at(resident.uprn or "")
            if case is None and not any(memory.case_of(person) for person in resident.people):
                new = reference or memory.free_reference(number.format)
                case = Case(reference=new, uprn=resident.uprn, benefit=resident.benefit, discount=resident.discount)
            if case is not None and case.last_change is None:
                memory.keep(case, resident.people)


def seed_personal(memory: Memory, path: Path, department: str, number: str, *, only_marked: bool) -> None:
    """Claims or register entries: one for each person, or only for those whose line has one."""
    with memory.together():
        for resident in read_residents(path):
            reference = resident.references.get(department)
            marked = reference is not None or resident.benefit
            if (only_marked and not marked) or any(memory.case_of(person) for person in resident.people):
                continue
            new = reference or memory.free_reference(number.format)
            memory.keep(Case(reference=new, uprn=resident.uprn), resident.people)
