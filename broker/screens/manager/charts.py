"""Charts: figures as bars, laid out here and drawn by a template as SVG with attributes alone. Pure.

A chart shows what its table shows: a figure that is hidden there has no bar here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: lengths in the drawing's own units
LONGEST_BAR: Final = 290
ROW_HEIGHT: Final = 32
_LONGEST_LABEL: Final = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One figure."""

    label: str
    #: as it is written in the table
    figure: str
    length: int
    #: where its row begins
    top: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars under a title."""

    name: str
    title: str
    #: what can be seen, in a sentence
    said: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """How high the drawing is."""
        return ROW_HEIGHT * len(self.bars) + 4


def chart(name: str, title: str, figures: Iterable[tuple[str, str]], unit: str) -> Chart | None:
    """Bars of figures as they are written; none where none of them is a number above nothing."""
    rows = list(figures)
    values = [_number(figure) for _, figure in rows]
    most = max(values, default=0.0)
    if most <= 0:
        return None
    bars = tuple(
        Bar(
            label=_shortened(label),
            figure=figure,
            length=round(LONGEST_BAR * value / most) if figure else 0,
            top=ROW_HEIGHT * at,
        )
        for at, ((label, figure), value) in enumerate(zip(rows, values, strict=True))
    )
    return Chart(name=name, title=title, said=_said(rows, values, unit), bars=bars)


def _said(rows: Sequence[tuple[str, str]], values: Sequence[float], unit: str) -> str:
    label, figure = rows[values.index(max(values))]
    return f"{len(rows)} bars. The longest is {label}, {figure} {unit}. The table that follows holds every figure."


def _number(figure: str) -> float:
    try:
        return float(figure)
    except ValueError:
        return 0.0


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
