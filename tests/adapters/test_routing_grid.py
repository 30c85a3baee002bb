"""Which department is told of which life event: always, sometimes, or never."""

from typing import Any

import pytest

from adapters import council_tax, electoral_registration, housing_benefit
from schemas.kinds import life_events
from tests.adapters.told import event, facts

DEPARTMENTS = {
    "CT": council_tax.adapter,
    "HB": housing_benefit.adapter,
    "ER": electoral_registration.adapter,
}
#: M told of every adult's; C told where it concerns them; - never
GRID: list[tuple[str, dict[str, Any], str]] = [
    # life event, told how, CT HB ER
    ("move", {"direction": "within"}, "M M M"),
    ("move", {"direction": "in"}, "M C M"),
    ("move", {"direction": "out"}, "M M M"),
    ("bereavement", {}, "M M M"),
    ("birth", {}, "- M -"),
    ("name_change", {}, "M M M"),
    ("joins_household", {}, "M M M"),
    ("leaves_household", {}, "M M M"),
    ("income_change", {}, "- M -"),
    ("work_change", {"disregard_change": None}, "C M -"),
    ("work_change", {}, "M M -"),
    ("contact_change", {}, "M M M"),
    ("withdrawal", {}, "M M M"),
]
CELLS = [
    (kind, changes, department, cell)
    for kind, changes, row in GRID
    for department, cell in zip(DEPARTMENTS, row.split(), strict=True)
]


def test_the_grid_has_a_row_for_every_life_event() -> None:
    assert {kind for kind, _, _ in GRID} == set(life_events())


@pytest.mark.parametrize(("kind", "changes", "department", "cell"), CELLS)
def test_a_department_is_told_of_the_life_events_in_the_grid_and_of_no_others(
    kind: str, changes: dict[str, Any], department: str, cell: str
) -> None:
    told = event(kind, **changes)
    telling = DEPARTMENTS[department].telling(type(told))
    if cell == "-":
        assert telling is None
        return
    assert telling is not None
    assert telling.when(facts(told, case_reference=None)) is (cell == "M")


def test_housing_benefit_hears_of_a_move_in_only_where_it_could_still_help_with_rent() -> None:
    telling = housing_benefit.adapter.telling(life_events()["move"])
    assert telling is not None
    young = event("move", direction="in", tenure="private_tenant")
    supported = event("move", direction="in", tenure="supported_housing")
    born_in_1950 = {**young.subject.model_dump(mode="json", exclude_none=True), "date_of_birth": "1950-06-01"}
    old = event("move", direction="in", tenure="private_tenant", subject=born_in_1950)
    assert telling.when(facts(young, case_reference="100234X"))
    assert telling.when(facts(supported, case_reference=None))
    assert telling.when(facts(old, case_reference=None))
    assert not telling.when(facts(young, case_reference=None))
    assert "Universal Credit" in telling.otherwise


def test_council_tax_hears_of_work_only_when_a_disregard_began_or_ended() -> None:
    telling = council_tax.adapter.telling(life_events()["work_change"])
    assert telling is not None
    assert telling.otherwise
    assert not telling.when(facts(event("work_change", disregard_change=None)))
    for change in ("began", "ended"):
        told = event("work_change", disregard_change={"disregard": "apprentice", "change": change})
        assert telling.when(facts(told))
