"""Two more departments that are called, in a package of their own: with them an event makes 4.48 deliveries.

Put this folder on PYTHONPATH and the broker finds them. Libraries are told of every change of a telephone number, leisure
of twelve in twenty-five: the number itself says which, so that whoever made the letters knows what must arrive.
"""

from typing import Annotated

from broker.adapter import Adapter, Conversation, CrashMode, HandOver, answered, post
from broker.disclosure import Disclosure, Sees
from broker.facts import Facts
from schemas.contact_change import ContactChange


class Reached(Disclosure):
    """A new telephone number, whose it is, and in which order."""

    person: Annotated[str, Sees("person", "to keep one person's changes together without naming them")]
    sequence: Annotated[int, Sees("sequence", "to apply one person's changes in order")]
    phone: Annotated[str, Sees("event.new_phone", "to ring")]


def concerns_leisure(facts: Facts) -> bool:
    """Twelve numbers in twenty-five."""
    number = facts.event.new_phone if isinstance(facts.event, ContactChange) else None
    return number is not None and int(str(number)[-3:]) % 25 < 12


def reached(told: Reached) -> Conversation:
    """Change how the person is reached."""
    response = yield post("/contacts", told.model_dump(mode="json"))
    return answered(response)


def _department(name: str) -> Adapter:
    return Adapter(
        name,
        title=name.capitalize(),
        hand_over=HandOver.CALLED,
        crash_mode=CrashMode.RESEND,
        lawful_basis="Public task",
    )


libraries, leisure = _department("libraries"), _department("leisure")
libraries.on(ContactChange, sees=Reached)(reached)
leisure.on(ContactChange, sees=Reached, when=concerns_leisure, otherwise="Leisure has other numbers.")(reached)
