"""The whole report of a month, for a page, a file or a program: they all say these numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from broker.adapter import Adapter
from broker.form_use import FormStep, forms_between
from broker.report.answering import Answered, answers
from broker.report.contact import Contact, contact
from broker.report.facts import REPEATED_WITHIN, deliveries_between, told_between
from broker.report.month import Month
from broker.report.saving import Spared, spared
from broker.report.terms import Terms
from broker.report.wards import Wards


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A month, as a manager reads it."""

    month: Month
    drawn_at: datetime
    contact: Contact
    #: notifications for each thousand who live in a ward, where the council gave its population
    by_thousand: Mapping[str, float]
    departments: tuple[Answered, ...]
    spared: Spared
    forms: Mapping[FormStep, int]

    @property
    def told_departments(self) -> int:
        """How often a department was told something."""
        return sum(one.told for one in self.departments)

    @property
    def abandoned(self) -> int:
        """Forms that were begun and never sent."""
        return max(0, self.forms[FormStep.BEGUN] - self.forms[FormStep.SENT])


def draw_up(
    tx: Connection, month: Month, adapters: Sequence[Adapter], now: datetime, *, wards: Wards, terms: Terms
) -> Report:
    """Draw up a month's report."""
    told = list(told_between(tx, month.began, month.ended, wards))
    earlier = list(told_between(tx, month.began - REPEATED_WITHIN, month.began, wards))
    deliveries = list(deliveries_between(tx, month.began, month.ended))
    contacts = contact(told, deliveries, earlier)
    return Report(
        month=month,
        drawn_at=now,
        contact=contacts,
        by_thousand={
            ward: 1000 * count / heads
            for ward, count in contacts.by_ward.items()
            if (heads := wards.population.get(ward, 0)) > 0
        },
        departments=answers(deliveries, adapters, now),
        spared=spared(told, deliveries, contacts.repeats, terms),
        forms=forms_between(tx, str(month.first_day), str(month.next().first_day)),
    )
