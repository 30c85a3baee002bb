"""Sections: the lines of a report's sheet as a page shows them. No figure is made here: each is a line's own. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from broker.report.sheet import Line, lines
from broker.report.whole import Report
from broker.screens.manager.charts import Chart, chart

_PROMISED: Final = "late, promised in "
#: a line of a department is "Council Tax: told"
_OF: Final = ": "


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """One department's row: its promise in words, and its figures in the order of the columns."""

    title: str
    promise: str
    figures: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """One ward's row."""

    name: str
    told: Line
    by_thousand: Line | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """A month's sheet, part by part."""

    contact: tuple[Line, ...]
    by_event: tuple[Line, ...]
    by_channel: tuple[Line, ...]
    by_ward: tuple[Ward, ...]
    departments: tuple[Department, ...]
    estimate: tuple[Line, ...]
    method: tuple[Line, ...]
    forms: tuple[Line, ...]
    charts: dict[str, Chart]


def sections_of(report: Report) -> Sections:
    """Sort a report's lines into what stands together."""
    parts: dict[str, list[Line]] = {}
    for line in lines(report):
        parts.setdefault(line.part, []).append(line)

    def part(name: str) -> tuple[Line, ...]:
        return tuple(parts.get(name, ()))

    wards, departments = _wards(part("by ward")), _departments(part("answers"))
    return Sections(
        contact=part("contact"),
        by_event=part("by event"),
        by_channel=part("by channel"),
        by_ward=wards,
        departments=departments,
        estimate=part("estimate"),
        method=part("method"),
        forms=part("forms"),
        charts=_charts(part("by event"), part("by channel"), wards, departments),
    )


def _wards(found: Sequence[Line]) -> tuple[Ward, ...]:
    rates = {line.what: line for line in found if line.unit != "notifications"}
    told = [line for line in found if line.unit == "notifications"]
    return tuple(Ward(name=line.what, told=line, by_thousand=rates.get(line.what)) for line in told)


def _departments(found: Sequence[Line]) -> tuple[Department, ...]:
    by_title: dict[str, list[Line]] = {}
    for line in found:
        by_title.setdefault(line.what.rpartition(_OF)[0], []).append(line)
    return tuple(
        Department(title=title, promise=_promise(group), figures=tuple(group)) for title, group in by_title.items()
    )


def _promise(group: Sequence[Line]) -> str:
    said = [line.what.partition(_PROMISED)[2] for line in group if _PROMISED in line.what]
    return said[0] if said else "no promise given"


def _charts(
    by_event: Sequence[Line], by_channel: Sequence[Line], wards: Sequence[Ward], departments: Sequence[Department]
) -> dict[str, Chart]:
    medians = [(one.title, line.figure) for one in departments for line in one.figures if "median wait" in line.what]
    drawn = (
        chart("event", "Life events told, by event", _pairs(by_event), "notifications"),
        chart("channel", "Life events told, by channel", _pairs(by_channel), "notifications"),
        chart("ward", "Life events told, by ward", [(ward.name, ward.told.figure) for ward in wards], "notifications"),
        chart("answers", "Hours until half of the answers had come, by department", medians, "hours"),
    )
    return {one.name: one for one in drawn if one is not None}


def _pairs(found: Sequence[Line]) -> list[tuple[str, str]]:
    return [(line.what, line.figure) for line in found]
