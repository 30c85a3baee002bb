"""What electoral services decide about a letter. They register nobody on hearsay: the person applies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from tests.back_offices.answers import Answer, accepted, not_held, referred, refused
from tests.back_offices.days import day_in, working_day_from
from tests.back_offices.letters import Letter, token
from tests.back_offices.memory import Memory
from tests.back_offices.rulings import Case, Known, Ruling

INVITE_WITHIN, REVIEW_NOTICE = timedelta(days=28), timedelta(days=14)
ATTAINER_AGE = 16
# What lets a death be acted on without a review: Representation of the People (E&W) Regulations 2001, reg. 31C.
SUFFICIENT = frozenset(
    [
        "death_certificate",
        "registrar",
        "registrar_notice",
        "tell_us_once",
        "council_record",
        "canvass",
        "care_home_manager",
    ]
)
CLOSE_RELATIVES = frozenset(
    [
        "spouse",
        "civil_partner",
        "wife",
        "husband",
        "parent",
        "mother",
        "father",
        "grandparent",
        "sibling",
        "brother",
        "sister",
        "child",
        "son",
        "daughter",
        "grandchild",
    ],
)
NOT_OURS = ("birth", "income_change", "work_change")


def find_elector(letter: Letter, memory: Memory) -> Case | None:
    """The register entry by the reference the letter gives, else by the person."""
    for field in ("elector", "case_reference", "reference"):
        reference = token(letter.told.get(field))
        if reference and (case := memory.case(reference)):
            return case
    return memory.case_of(letter.subject)


def find_or_enter_elector(letter: Letter, memory: Memory) -> Case:
    """As `find_elector`, in a town where everybody is registered."""
    found = find_elector(letter, memory)
    if found is None:
        found = Case(reference=memory.free_reference("ELR-{:06}".format))
        memory.keep(found, [letter.subject])
    return found


def decide(letter: Letter, known: Known) -> Ruling:
    """The answer to a letter, and the register entry as it leaves it."""
    told, invite_by = letter.told, working_day_from(letter.told_at.date() + INVITE_WITHIN)
    if letter.kind in NOT_OURS:
        return Ruling(answer=refused("not-for-this-department"))
    if letter.kind == "bereavement":
        return _death(letter, known)
    if letter.kind == "leaves_household" or (letter.kind == "move" and told.get("move") == "out"):
        return Ruling(answer=referred("one-source-only", invite_by))
    if letter.kind in ("move", "joins_household"):
        too_young = _under_age(told, known.today)
        return Ruling(answer=not_held("too-young") if too_young else referred("invited-to-register", invite_by))
    if letter.kind == "name_change":
        return Ruling(answer=referred("invited-to-apply", invite_by))
    return Ruling(answer=_known_elector(known))


def _known_elector(known: Known) -> Answer:
    return accepted(known.live.reference) if known.live else not_held("not-registered")


def _death(letter: Letter, known: Known) -> Ruling:
    day = day_in(letter.told.get("occurred_on"))
    if day and day > known.today:
        return Ruling(answer=refused("in-the-future", "occurred_on"))
    if known.live is None:
        return Ruling(answer=not_held("not-registered"))
    if not suffices(letter.told):
        by = working_day_from(known.today + REVIEW_NOTICE)
        return Ruling(answer=referred("second-source-needed", by, known.live.reference))
    return Ruling(answer=accepted(known.live.reference), cases=(replace(known.live, state="ended"),))


def suffices(told: Mapping[str, object]) -> bool:
    """Whether the evidence of a death lets the entry be removed without a second source."""
    evidence, informant = told.get("evidence"), told.get("informant")
    kind = told.get("evidence_class") or (evidence.get("class") if isinstance(evidence, Mapping) else None)
    if kind in SUFFICIENT:
        return True
    relation = told.get("relationship") or (informant.get("relationship") if isinstance(informant, Mapping) else None)
    declared = told.get("declaration") is True or (
        isinstance(informant, Mapping) and informant.get("declaration") is True
    )
    return declared and (kind == "close_relative" or relation in CLOSE_RELATIVES)


def _under_age(told: Mapping[str, object], today: date) -> bool:
    born = day_in(told.get("born_on") or told.get("date_of_birth"))
    return (
        born is not None
        and (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < ATTAINER_AGE
    )
