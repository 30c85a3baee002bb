"""Fairness: what blind second looks found, by where names seem to come from. Counts only, and no small ones."""

from dataclasses import dataclass

from fastapi import APIRouter, Response

from broker.report.sheet import HIDDEN, HIDDEN_UNDER, not_too_few
from broker.reviews import second_looks
from broker.reviews.second_looks import Fairness
from broker.screens.reviewer.waiting import Reviewer
from broker.web.keys import TheBroker

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfNames:
    """One group of names."""

    origin: str
    chosen: str
    read: str
    agreed: str
    share: str


@router.get("/fairness")
async def show_fairness(visit: Reviewer, broker: TheBroker) -> Response:
    """How often second looks agreed with links that were made without a reviewer."""
    found = await broker.store.read(second_looks.fairness())
    # Together and never by group: which origin a name seems to have is nothing to be read of one person.
    reversed_ = sorted(reference for each in found.values() for reference in each.references)
    return visit.page(
        "reviewer/fairness.html",
        groups=[_of_names(origin, each) for origin, each in found.items()],
        reversed=reversed_,
        share=100 * broker.choices.second_looks,
    )


def _of_names(origin: str, each: Fairness) -> OfNames:
    few = each.agreed + each.reversed < HIDDEN_UNDER
    share = "" if each.agreement is None else HIDDEN if few else f"{100 * each.agreement:.1f} %"
    return OfNames(
        origin=origin,
        chosen=not_too_few(each.chosen),
        read=not_too_few(each.read),
        agreed=not_too_few(each.agreed),
        share=share,
    )
