"""The disclosure register: who sees which field of which life event, and why, made from the adapters themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broker.adapter import GROUND_CAPTIONS, Adapter, Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """One field of one life event that one department sees."""

    department: str
    life_event: str
    field: str
    origin: str
    why: str


def disclosed(adapters: Sequence[Adapter]) -> list[Disclosed]:
    """Every row of the register."""
    return [row for adapter in adapters for telling in adapter.tellings for row in _rows(adapter, telling)]


def _rows(adapter: Adapter, telling: Telling) -> Iterator[Disclosed]:
    for seen in telling.sees.register():
        yield Disclosed(
            department=adapter.department,
            life_event=telling.kind.kind,
            field=seen.name,
            origin=seen.origin,
            why=seen.why,
        )


def as_markdown(adapters: Sequence[Adapter]) -> str:
    """The register as a page."""
    lines = [
        "# Who sees what, and why",
        "",
        "Made from the adapters by `tuo dept disclosures --markdown`; a department receives these fields alone.",
    ]
    for adapter in adapters:
        lines += ["", f"## {adapter.title} (`{adapter.department}`)", "", f"Lawful basis: {adapter.lawful_basis}"]
        lines += ["", f"{GROUND_CAPTIONS[adapter.ground]}."]
        for telling in adapter.tellings:
            lines += ["", f"### {telling.kind.caption} (`{telling.kind.kind}`)", ""]
            lines += ["| Field | From | Why |", "|---|---|---|"]
            lines += [
                f"| `{seen.field}` | {_cell(seen.origin)} | {_cell(seen.why)} |" for seen in _rows(adapter, telling)
            ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
