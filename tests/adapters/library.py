"""The library, as a council would add it: one small file, spoken to over HTTP, told only where people agree."""

from typing import Annotated

import httpx

from broker.adapter import Adapter, Conversation, Ground, HandOver, answered
from broker.disclosure import Disclosure, Sees
from broker.facts import Facts
from broker.fragments import SeenAddress, SeenName, of_a_move, whereabouts_may_be_shown
from schemas.bereavement import Bereavement
from schemas.move import Direction, Move
from schemas.withdrawal import Withdrawal

LAW = "Public task, UK GDPR article 6(1)(e): Public Libraries and Museums Act 1964, section 7"
adapter = Adapter("library", title="Libraries", hand_over=HandOver.CALLED, lawful_basis=LAW, ground=Ground.PERMISSION)


class Moved(Disclosure):
    """A member moved within the area."""

    card: Annotated[str, Sees("case_reference", "to find the member")]
    name: Annotated[SeenName | None, Sees("subject.name", "to be sure that it is they")] = None
    home: Annotated[SeenAddress | None, Sees(of_a_move("new_address", Direction.WITHIN), "to send reminders")] = None
    address_may_be_shown: Annotated[bool, Sees(whereabouts_may_be_shown, "to keep whereabouts from others")]


class Closed(Disclosure):
    """A member died: the card, and nothing of the death."""

    card: Annotated[str, Sees("case_reference", "to close the membership")]


class Undone(Disclosure):
    """What was told is taken back."""

    change: Annotated[str, Sees("earlier_delivery", "which change is undone")]


def is_member(facts: Facts) -> bool:
    """Only members are told of."""
    return facts.case_reference is not None


@adapter.on(Move, sees=Moved, when=is_member, otherwise="No library card is known.")
def moved(told: Moved) -> Conversation:
    """Change the address of a member."""
    return answered((yield httpx.Request("PUT", f"/members/{told.card}", json=told.model_dump(mode="json"))))


@adapter.on(Bereavement, sees=Closed, when=is_member, otherwise="No library card is known.")
def closed(told: Closed) -> Conversation:
    """Close a membership."""
    return answered((yield httpx.Request("DELETE", f"/members/{told.card}")))


@adapter.on(Withdrawal, sees=Undone)
def undone(told: Undone) -> Conversation:
    """Undo a change."""
    return answered((yield httpx.Request("DELETE", f"/changes/{told.change}")))
