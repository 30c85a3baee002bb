"""The report as a sheet: one figure a line, so that a page, a CSV file and a program say the same. Small ones hidden."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from broker.form_use import FormStep
from broker.report.answering import Answered
from broker.report.whole import Report
from schemas.kinds import life_events

#: a count below this could point at somebody
HIDDEN_UNDER: Final = 5
HIDDEN: Final = "fewer than 5"
#: large enough, but the one figure that is hidden beside it could be worked out from it
NOT_SHOWN: Final = "not shown"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure."""

    part: str
    what: str
    figure: str
    unit: str


def lines(report: Report) -> Iterator[Line]:
    """Every figure of a report."""
    contact = report.contact
    yield Line("contact", "life events told", not_too_few(contact.told), "notifications")
    yield Line("contact", "corrections and withdrawals", not_too_few(contact.amendments), "notifications")
    yield Line("contact", "departments told", not_too_few(report.told_departments), "deliveries")
    yield Line("contact", "told again within ten days", not_too_few(contact.repeats), "notifications")
    yield Line("contact", "settled by the first contact", _share(contact.first_contact, contact.judged), "%")
    kinds = {name: kind.caption for name, kind in life_events().items()}
    yield from _by("by event", {kinds.get(kind, kind): count for kind, count in contact.by_kind.items()})
    yield from _by("by channel", {name.replace("_", " "): count for name, count in contact.by_channel.items()})
    yield from _by("by ward", contact.by_ward)
    wards = shown(contact.by_ward)
    for ward, rate in report.by_thousand.items():
        hidden = wards[ward] in (HIDDEN, NOT_SHOWN)
        yield Line("by ward", ward, wards[ward] if hidden else f"{rate:.1f}", "for each thousand residents")
    for answered in report.departments:
        yield from _department(answered)
    yield from _spared(report)
    for step in FormStep:
        yield Line("forms", step.replace("_", " "), not_too_few(report.forms[step]), "forms")
    yield Line("forms", "left unsent", not_too_few(report.abandoned), "forms")


def as_csv(report: Report) -> str:
    """The sheet as CSV, with a heading."""
    written = io.StringIO()
    sheet = csv.writer(written, lineterminator="\r\n")
    sheet.writerow(("month", "part", "what", "figure", "unit"))
    for line in lines(report):
        sheet.writerow((str(report.month), line.part, line.what, line.figure, line.unit))
    return written.getvalue()


def _department(answered: Answered) -> Iterator[Line]:
    name = answered.title
    promise = "" if answered.promise_days is None else f", promised in {answered.promise_days} working days"
    yield Line("answers", f"{name}: told", not_too_few(answered.told), "deliveries")
    yield Line("answers", f"{name}: answered", not_too_few(answered.answered), "deliveries")
    yield Line("answers", f"{name}: answered in a day", _share(answered.within_a_day, answered.told), "%")
    yield Line("answers", f"{name}: median wait", _hours(answered.median_hours), "hours")
    yield Line("answers", f"{name}: 95 % answered in", _hours(answered.p95_hours), "hours")
    yield Line("answers", f"{name}: late{promise}", not_too_few(answered.late), "deliveries")
    yield Line("answers", f"{name}: late and still waiting", not_too_few(answered.still_waiting), "deliveries")


def _spared(report: Report) -> Iterator[Line]:
    contacts, pounds, terms = report.spared.contacts, report.spared.pounds, report.spared.terms
    yield Line("estimate", "contacts avoided", f"{contacts.estimate:.0f}", "contacts")
    yield Line("estimate", "contacts avoided, range", f"{contacts.least:.0f} to {contacts.most:.0f}", "contacts")
    yield Line("estimate", "saving", f"{pounds.estimate:.2f}", "pounds")
    yield Line("estimate", "saving, range", f"{pounds.least:.2f} to {pounds.most:.2f}", "pounds")
    yield Line("method", "share of departments a caller would have told", f"{terms.would_have_told:.2f}", "")
    for channel, cost in sorted(terms.unit_costs.items()):
        yield Line("method", f"one contact by {channel.replace('_', ' ')}", f"{cost:.2f}", "pounds")


def _by(part: str, counts: Mapping[str, int]) -> Iterator[Line]:
    for name, figure in shown(counts).items():
        yield Line(part, name, figure, "notifications")


def shown(counts: Mapping[str, int]) -> dict[str, str]:
    """Counts that add up to a known whole, as they may be told.

    Where one alone is hidden, the smallest of the others is not shown either: the whole less the rest would tell it.
    """
    figures = {name: not_too_few(count) for name, count in counts.items()}
    others = [name for name, figure in figures.items() if figure != HIDDEN and counts[name]]
    if list(figures.values()).count(HIDDEN) == 1 and others:
        figures[min(others, key=lambda name: (counts[name], name))] = NOT_SHOWN
    return figures


def not_too_few(count: int) -> str:
    """A count as it may be shown."""
    return HIDDEN if 0 < count < HIDDEN_UNDER else str(count)


def _share(part: int, whole: int) -> str:
    return "" if not whole else HIDDEN if whole < HIDDEN_UNDER else f"{100 * part / whole:.1f}"


def _hours(hours: float | None) -> str:
    return "" if hours is None else f"{hours:.1f}"
