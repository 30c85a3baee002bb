"""Rules for what Council Tax sees that is not simply a field of the life event. Pure."""

from datetime import date

from broker.facts import Facts
from broker.fragments import adult, survivor_who_agreed, the_one_meant, whereabouts_may_be_shown
from schemas.address import Address
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.disregard import Disregard
from schemas.joins_household import JoinsHousehold
from schemas.leaves_household import LeavesHousehold
from schemas.move import Direction, Move
from schemas.name import Name
from schemas.name_change import NameChange, Partner
from schemas.relationship import Relationship
from schemas.tenure import Landlord, Tenure
from schemas.work_change import WorkChange


def whereabouts_must_be_kept(facts: Facts) -> bool:
    """Whether an address in this change must be kept from others; never why."""
    return not whereabouts_may_be_shown(facts)


def landlord_concerned(facts: Facts) -> Landlord | None:
    """The landlord of the home that is taxed here: the new one, or for a move out the old one."""
    event = facts.event
    if not isinstance(event, Move):
        return None
    return event.previous_landlord if event.direction is Direction.OUT else event.landlord


def adults_known_of(facts: Facts) -> int | None:
    """How many adults the new home has at least: one if only one, more where we know of them, else not said."""
    event = facts.event
    if not isinstance(event, Move) or event.direction is Direction.OUT:
        return None
    if event.single_person:
        return 1
    others = sum(adult(person, event.occurred_on) is True for person in event.household)
    return others + 1 if others else None


def partners_who_moved_too(facts: Facts) -> list[Name]:
    """Partners are liable together (Local Government Finance Act 1992, s 9)."""
    event = facts.event
    household = event.household if isinstance(event, Move) and event.direction is not Direction.OUT else ()
    return [person.name for person in household if person.relationship in _PARTNERS]


def tenure_in_brief(facts: Facts) -> str | None:
    """How the new home is held, in the four words that the accounts have."""
    event = facts.event
    if not isinstance(event, Move) or event.tenure is None or event.direction is Direction.OUT:
        return None
    return _TENURES[event.tenure]


def name_of_the_survivor(facts: Facts) -> Name | None:
    """The surviving partner's name, where they agreed that we are told about them."""
    survivor = survivor_who_agreed(facts)
    return survivor.name if survivor is not None else None


def home_left_empty(facts: Facts) -> bool | None:
    """Whether nobody over 18 lives there now, so that an exemption should be looked at."""
    left = facts.event.adults_remaining if isinstance(facts.event, Bereavement) else None
    return None if left is None else left == 0


def partner_who_moves_in(facts: Facts) -> Partner | None:
    """The partner, only where they live in the same home."""
    partner = facts.event.partner if isinstance(facts.event, NameChange) else None
    return partner if partner is not None and partner.moves_in else None


def name_of_partner_who_moves_in(facts: Facts) -> Name | None:
    """That partner's name."""
    partner = partner_who_moves_in(facts)
    return partner.name if partner is not None else None


def day_partner_moved_in(facts: Facts) -> date | None:
    """The day from which the partner lives in the home."""
    partner = partner_who_moves_in(facts)
    return partner.moved_in_on if partner is not None else None


def joiner_if_adult(facts: Facts) -> Name | None:
    """The name of who joined; a child is not counted, so is not named."""
    event = facts.event
    return event.joiner.name if isinstance(event, JoinsHousehold) and event.joiner.is_adult else None


def where_a_liable_leaver_went(facts: Facts) -> Address | None:
    """The leaver's new address, only if they were liable here and it may be shown."""
    leaver = facts.event.leaver if isinstance(facts.event, LeavesHousehold) else None
    return leaver.new_address if leaver is not None and leaver.was_responsible and leaver.address_may_be_shown else None


def name_of_the_one_meant(facts: Facts) -> object:
    """Whose work it is: the person the event names, or else the subject."""
    return getattr(the_one_meant(facts), "name", None)


def disregard_class(facts: Facts) -> str | None:
    """The class in the words of the accounts; never the diagnosis or the reason."""
    changed = facts.event.disregard_change if isinstance(facts.event, WorkChange) else None
    return _CLASSES.get(changed.disregard, "other") if changed is not None else None


def disregard_began_or_ended(facts: Facts) -> bool:
    """Council Tax hears of work only where it changes who is counted."""
    return disregard_class(facts) is not None


def print_wanted(facts: Facts) -> str | None:
    """Large print or ordinary print, where that changed."""
    wanted = facts.event.new_large_print if isinstance(facts.event, ContactChange) else None
    return None if wanted is None else "large print" if wanted else "ordinary print"


_PARTNERS = frozenset({Relationship.SPOUSE, Relationship.CIVIL_PARTNER, Relationship.PARTNER})
_TENURES = {
    Tenure.OWNER: "owner",
    Tenure.LEASEHOLDER: "owner",
    Tenure.COUNCIL_TENANT: "tenant",
    Tenure.HOUSING_ASSOCIATION_TENANT: "tenant",
    Tenure.PRIVATE_TENANT: "tenant",
    Tenure.LICENSEE: "other",
    Tenure.SUPPORTED_HOUSING: "other",
    Tenure.TEMPORARY_ACCOMMODATION: "other",
    Tenure.LIVING_WITH_OTHERS: "lodger",
}
_CLASSES = {
    Disregard.APPRENTICE: "apprentice",
    Disregard.STUDENT: "student",
    Disregard.CARER: "carer",
    Disregard.SCHOOL_OR_COLLEGE_LEAVER: "school_leaver",
    Disregard.DETAINED: "detained",
    Disregard.SEVERELY_MENTALLY_IMPAIRED: "severe_mental_impairment",
}
