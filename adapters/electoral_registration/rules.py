"""Rules for whom electoral services may hear of, and what. Pure."""

from datetime import date

from broker.effective_dates import invitation_due, is_aged
from broker.facts import Facts
from broker.fragments import SeenContact, adult, contact_details, day_of
from schemas.joins_household import JoinsHousehold
from schemas.leaves_household import LeavesHousehold
from schemas.move import Direction, Move
from schemas.name import Name
from schemas.name_change import NameChange
from schemas.partial_date import PartialDate

#: Young people can apply from 16 in England; nobody younger is ever named to the office.
YOUNGEST = 16


def _surely_too_young(born_on: PartialDate | None, on: date) -> bool:
    return born_on is not None and is_aged(YOUNGEST, born_on, on) is False


def subject_is_old_enough(facts: Facts) -> bool:
    """The office is not told of a child."""
    return not _surely_too_young(facts.subject.date_of_birth, day_of(facts))


def somebody_who_moved_may_register(facts: Facts) -> bool:
    """The office is told of a move where the subject, or an adult who moved too, is old enough."""
    return subject_is_old_enough(facts) or bool(adults_who_moved_too(facts))


def name_if_old_enough(facts: Facts) -> Name | None:
    """The subject's name (the new one, where it changed), unless they are too young to apply."""
    event = facts.event
    name = event.new_name if isinstance(event, NameChange) else facts.subject.name
    return name if subject_is_old_enough(facts) else None


def joiner_may_register(facts: Facts) -> bool:
    """The office is told of a joiner who is an adult, or is known to be old enough to apply."""
    return name_of_joiner(facts) is not None


def leaver_is_old_enough(facts: Facts) -> bool:
    """The office is not told of a child."""
    return name_of_leaver(facts) is not None


def name_of_joiner(facts: Facts) -> Name | None:
    """The joiner's name, unless they are too young to apply."""
    joiner = facts.event.joiner if isinstance(facts.event, JoinsHousehold) else None
    if joiner is None or _surely_too_young(joiner.date_of_birth, day_of(facts)):
        return None
    grown = joiner.date_of_birth is not None and is_aged(YOUNGEST, joiner.date_of_birth, day_of(facts))
    return joiner.name if joiner.is_adult or grown else None


def name_of_leaver(facts: Facts) -> Name | None:
    """The leaver's name, unless they are too young to be registered."""
    leaver = facts.event.leaver if isinstance(facts.event, LeavesHousehold) else None
    return None if leaver is None or _surely_too_young(leaver.date_of_birth, day_of(facts)) else leaver.name


def adults_who_moved_too(facts: Facts) -> list[Name]:
    """The other adults who moved; nobody of whom we cannot say that they are 18."""
    event = facts.event
    household = event.household if isinstance(event, Move) else ()
    return [person.name for person in household if adult(person, day_of(facts))]


def last_day_to_invite(facts: Facts) -> date | None:
    """The last day for an invitation to register, counted from the day of telling; none for a move out."""
    away = isinstance(facts.event, Move) and facts.event.direction is Direction.OUT
    return None if away else invitation_due(facts.told_on)


def contact_in_the_area(facts: Facts) -> SeenContact | None:
    """How the subject is reached; none for a move out."""
    away = isinstance(facts.event, Move) and facts.event.direction is Direction.OUT
    return None if away else contact_details(facts)
