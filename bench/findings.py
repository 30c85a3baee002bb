"""Findings: figures that each stand beside what they are compared with."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure. ``other`` is a rival's figure, a target or the like, named by ``beside``; a bar is met or missed."""

    what: str
    figure: float
    unit: str
    beside: str = ""
    other: float | None = None
    #: the bar, where the figure is to be at most or at least so much
    most: float | None = None
    least: float | None = None

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of the other."""
        return self.figure / self.other if self.other else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.most is not None:
            return self.figure <= self.most
        return None if self.least is None else self.figure >= self.least


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The findings of one benchmark, how busy the machine was, and what must be said with them."""

    title: str
    circumstances: str
    findings: Sequence[Finding]
    notes: Sequence[str] = field(default=())

    def as_document(self) -> dict[str, Any]:
        """The section as a plain document."""
        return {
            **asdict(self),
            "findings": [{**asdict(one), "ratio": one.ratio, "met": one.met} for one in self.findings],
        }


def show(section: Section, console: Console) -> None:
    """Print a section as a table."""
    table = Table(title=f"{section.title}\n[dim]{section.circumstances}[/dim]", title_justify="left")
    for heading, side in (("", "left"), ("figure", "right"), ("beside", "left"), ("", "right"), ("ratio", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    for one in section.findings:
        table.add_row(one.what, f"{said(one.figure)} {one.unit}".strip(), *_beside(one))
    console.print(table)
    for note in section.notes:
        console.print(f"  {note}", highlight=False)
    console.print()


def _beside(one: Finding) -> tuple[str, str, str]:
    if one.most is not None:
        return "bar, at most", said(one.most), "met" if one.met else "MISSED"
    if one.least is not None:
        return "bar, at least", said(one.least), "met" if one.met else "MISSED"
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    return one.beside, "" if one.other is None else said(one.other), ratio


def said(figure: float) -> str:
    """A figure as it is printed: three digits that matter."""
    if figure == int(figure) and abs(figure) < 1e6:
        return str(int(figure))
    return f"{figure:.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def at_percentile(values: Iterable[float], percent: float) -> float:
    """The value below which so many percent lie (nearest rank); 0.0 of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))] if ranked else 0.0
