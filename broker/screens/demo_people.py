"""The people of a demonstration: whoever tries it out chooses to be one of them, on this machine alone."""

from types import MappingProxyType
from typing import Final

from broker.screens.sessions import Who
from broker.screens.who_may import PersonRole

_NAMES: Final = MappingProxyType(
    {
        PersonRole.ADVISER: "Sam Pritchard",
        PersonRole.OPERATOR: "Jo Adeyemi",
        PersonRole.APPROVER: "Priya Shah",
        PersonRole.REVIEWER: "Rhys Morgan",
        PersonRole.MANAGER: "Alex Whitlock",
        PersonRole.AUDITOR: "Morag Sinclair",
        PersonRole.PROTECTION: "Gwen Tudor",
    }
)
SECOND_REVIEWER: Final = "second-reviewer"


def demo_people(council: str) -> dict[str, Who]:
    """Everybody by the name under which they are chosen; a death needs two reviewers, so there is a second."""
    people = {
        role.value: Who(actor=f"demo-{role}", name=name, roles=frozenset({role}), council=council)
        for role, name in _NAMES.items()
    }
    second = Who(
        actor=f"demo-{SECOND_REVIEWER}", name="Nia Bowen", roles=frozenset({PersonRole.REVIEWER}), council=council
    )
    return {**people, SECOND_REVIEWER: second}
