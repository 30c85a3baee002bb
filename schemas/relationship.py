"""How one person stands to another."""

from enum import StrEnum
from typing import Final


class Relationship(StrEnum):
    """What the informant (or relative) is to the subject."""

    SPOUSE = "spouse"
    CIVIL_PARTNER = "civil_partner"
    PARTNER = "partner"
    FORMER_PARTNER = "former_partner"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    AUNT_OR_UNCLE = "aunt_or_uncle"
    NIECE_OR_NEPHEW = "niece_or_nephew"
    COUSIN = "cousin"
    PARENT_IN_LAW = "parent_in_law"
    CHILD_IN_LAW = "child_in_law"
    SIBLING_IN_LAW = "sibling_in_law"
    STEP_PARENT = "step_parent"
    STEP_CHILD = "step_child"
    STEP_SIBLING = "step_sibling"
    FOSTER_PARENT = "foster_parent"
    FOSTER_CHILD = "foster_child"
    GUARDIAN = "guardian"
    OTHER_RELATIVE = "other_relative"
    FRIEND = "friend"
    NEIGHBOUR = "neighbour"
    LODGER = "lodger"
    LANDLORD = "landlord"
    CARER = "carer"
    EXECUTOR = "executor"
    ADMINISTRATOR = "administrator"
    SOLICITOR = "solicitor"
    ATTORNEY_OR_DEPUTY = "attorney_or_deputy"
    APPOINTEE = "appointee"
    FUNERAL_DIRECTOR = "funeral_director"
    CARE_HOME_MANAGER = "care_home_manager"
    HEALTH_PROFESSIONAL = "health_professional"
    SOCIAL_WORKER = "social_worker"
    REGISTRAR = "registrar"
    CORONER = "coroner"
    COUNCIL_OFFICER = "council_officer"
    OTHER = "other"


#: Those whose word, with the penalty declaration, is enough to remove a dead elector
#: (Representation of the People Regulations 2001, regulation 31C).
CLOSE_RELATIVES: Final = frozenset(
    {
        Relationship.SPOUSE,
        Relationship.CIVIL_PARTNER,
        Relationship.PARENT,
        Relationship.GRANDPARENT,
        Relationship.SIBLING,
        Relationship.CHILD,
        Relationship.GRANDCHILD,
    }
)
