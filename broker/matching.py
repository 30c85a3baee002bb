"""Matching: who a subject is among the candidates that the directory found, or that we cannot say. Pure.

Every candidate is weighed (broker/identity). One is matched alone where the score is as high as the act asks for, the
next candidate is far behind, enough independent things agree, and no guard stands against it. Whatever falls short
goes to clerical review; only where nobody is plausible is the answer "unknown".
"""

from collections.abc import Iterable, Sequence
from typing import Final

from broker.identity.births import BirthLevel
from broker.identity.comparing import Compared, compare_all
from broker.identity.frequencies import Shortlist
from broker.identity.guards import HARD, Circumstances, Facing, Guard, corroborations, guards_of
from broker.identity.model import Band, Model, shipped_model
from broker.identity.names import ForenameLevel
from broker.identity.scoring import AGREES
from broker.identity.traits import Traits, traits_of_subject
from broker.identity.wording import NOBODY, comparisons_of, said_of, why_unsure
from broker.person import Match, Matched, Person, Unknown, Unsure, Weighed
from schemas.life_event import Acts
from schemas.subject import Subject

MOST_SHOWN: Final = 10


def decide(
    subject: Subject,
    candidates: Iterable[Person],
    acts: Acts,
    *,
    death: bool | None = None,
    source_subject: str | None = None,
    model: Model | None = None,
) -> Match:
    """Say who the subject is. ``acts`` is what a wrong answer would do.

    ``death`` says whether a death is told, as nothing else may be told of the dead; unsaid, what cannot be undone may be
    one. ``source_subject`` is the sender's own name for the person. A deceased or restricted person is matched like any
    other; what a caller may see of it is decided elsewhere.
    """
    circumstances = circumstances_of(acts, death, source_subject)
    told, weighed_with = traits_of_subject(subject), model or shipped_model()
    return choose(told, weigh_all(told, candidates, weighed_with), circumstances, weighed_with)


def circumstances_of(acts: Acts, death: bool | None, source_subject: str | None) -> Circumstances:
    """What is known of the event beside its subject."""
    is_death = acts == "irreversible" if death is None else death
    return Circumstances(acts=acts, death=is_death, source_subject=source_subject)


def weigh_all(told: Traits, candidates: Iterable[Person], model: Model) -> list[Compared]:
    """Every candidate weighed, best first."""
    found = candidates if isinstance(candidates, Shortlist) else Shortlist(tuple(candidates))
    return compare_all(told, found, model, found.frequencies)


def choose(told: Traits, weighed: Sequence[Compared], circumstances: Circumstances, model: Model) -> Match:
    """Decide among candidates that have been weighed."""
    bound = [each for each in weighed if _is_bound(each, circumstances)]
    compared = [*bound, *(each for each in weighed if each not in bound)] if bound else weighed
    plausible = [each for each in compared if _is_plausible(each, circumstances, model)]
    if not plausible:
        return Unknown(because=NOBODY, weighed=Weighed(band=circumstances.acts, model=model.version))
    best, *others = plausible[0], *(each for each in compared if each is not plausible[0])
    facing = Facing(told=told, best=best, others=others, circumstances=circumstances)
    return _decide_on(facing, plausible, model)


def _decide_on(facing: Facing, plausible: Sequence[Compared], model: Model) -> Match:
    best, acts = facing.best, facing.circumstances.acts
    guards, gap, band = tuple(guards_of(facing)), _gap(facing), model.bands[acts]
    rows = comparisons_of(best.pair, best.score)
    weighed = Weighed(
        bits=round(best.score.bits, 2),
        gap=round(gap, 2),
        band=acts,
        corroborations=corroborations(best),
        guards=guards,
        model=model.version,
    )
    if _is_sure(best, gap, guards, band) or _is_bound_surely(facing, guards):
        return Matched(person=best.person, comparisons=rows, because=said_of(rows), weighed=weighed)
    ambiguous = gap < band.gap and _has_rival(facing, model)
    return Unsure(
        candidates=tuple(each.person for each in plausible[:MOST_SHOWN]),
        because=why_unsure(rows, guards, ambiguous=ambiguous),
        comparisons=rows,
        ambiguous=ambiguous,
        weighed=weighed,
    )


def _is_plausible(each: Compared, circumstances: Circumstances, model: Model) -> bool:
    """Whether a reviewer should see this person: a number or a reference that agrees is always looked at."""
    identified = AGREES in (each.pair.nino, each.pair.reference)
    return identified or each.score.bits >= model.review_from or _is_bound(each, circumstances)


def _is_bound(each: Compared, circumstances: Circumstances) -> bool:
    return circumstances.source_subject in each.person.bound_subjects


def _is_bound_surely(facing: Facing, guards: Sequence[Guard]) -> bool:
    """Linked before, and forename or date of birth still agrees."""
    still = facing.best.pair.names.forename is ForenameLevel.EXACT or facing.best.pair.birth is BirthLevel.EXACT
    return _is_bound(facing.best, facing.circumstances) and still and not any(guard in HARD for guard in guards)


def _is_sure(best: Compared, gap: float, guards: Sequence[Guard], band: Band) -> bool:
    standing = [guard for guard in guards if guard in HARD] if band.hard_guards_only else guards
    enough = corroborations(best) >= band.corroborations
    return best.score.bits >= band.bits and gap >= band.gap and enough and not standing


def _gap(facing: Facing) -> float:
    """How far the next is behind, relatives aside; with nobody else, how far one who agrees in nothing would be."""
    best = facing.best.score
    return best.plain - max([best.prior, *(other.score.plain for other in facing.others)])


def _has_rival(facing: Facing, model: Model) -> bool:
    return any(other.score.bits >= model.rival_from for other in facing.others)
