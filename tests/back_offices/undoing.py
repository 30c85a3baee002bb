"""Corrections and withdrawals: what an office does when told that an earlier delivery was wrong."""

from dataclasses import replace

from tests.back_offices.answers import Answer, accepted, not_held, referred
from tests.back_offices.days import working_days_after
from tests.back_offices.letters import Letter
from tests.back_offices.rulings import Case, Decide, Earlier, Known, Ruling

OFFICER_DAYS = 5
ACTED = ("accepted", "referred")
#: why a delivery is refused that comes after the one that takes it back, or puts it right
WITHDRAWN, CORRECTED = "withdrawn-before-it-came", "corrected-before-it-came"


def rule(letter: Letter, known: Known, decide: Decide) -> Ruling:
    """The ruling on any letter: a withdrawal undoes, a correction undoes and decides anew, the rest is decided."""
    if letter.kind == "withdrawal":
        return _withdraw(known)
    if letter.corrects is None or known.earlier is None or known.earlier.outcome not in ACTED:
        return _stamped(letter, decide(letter, known))
    return _stamped(letter, _correct(letter, known, known.earlier, decide))


def undoes(letter: Letter, earlier: Earlier | None, ruling: Ruling) -> bool:
    """Whether this ruling puts an earlier delivery out of force."""
    wrong = earlier is not None and earlier.outcome in ACTED and not earlier.built_upon
    return wrong and ruling.answer.outcome in ACTED and (letter.kind == "withdrawal" or letter.corrects is not None)


def keeps_out(letter: Letter, answer: Answer) -> str | None:
    """The reason for which what this one takes back or puts right is refused from now on, if it was not here yet."""
    if letter.kind == "withdrawal":
        return WITHDRAWN if answer.outcome == "not_held" else None
    return CORRECTED if letter.corrects is not None and answer.outcome in ACTED else None


def _stamped(letter: Letter, ruling: Ruling) -> Ruling:
    return replace(ruling, cases=tuple(replace(case, last_change=letter.delivery) for case in ruling.cases))


def _withdraw(known: Known) -> Ruling:
    earlier = known.earlier
    if earlier is None or earlier.outcome not in ACTED:
        return Ruling(answer=not_held("no-such-change"))
    if earlier.built_upon:
        return Ruling(answer=_to_officer(known))
    return Ruling(answer=accepted(earlier.before[0].reference if earlier.before else None), cases=earlier.before)


def _correct(letter: Letter, known: Known, earlier: Earlier, decide: Decide) -> Ruling:
    if earlier.built_upon:
        return Ruling(answer=_to_officer(known))
    ruling = decide(letter, replace(known, case=_restored(known.case, earlier)))
    if ruling.answer.outcome not in ACTED:
        return Ruling(answer=ruling.answer)
    merged = {case.reference: case for case in (*earlier.before, *ruling.cases)}
    return Ruling(answer=ruling.answer, cases=tuple(merged.values()))


def _restored(case: Case | None, earlier: Earlier) -> Case | None:
    live = [before for before in earlier.before if before.state == "live"]
    same = [before for before in earlier.before if case and before.reference == case.reference]
    return next(iter((*live, *same)), case)


def _to_officer(known: Known) -> Answer:
    case = known.case.reference if known.case else None
    return referred("changed-since", working_days_after(known.today, OFFICER_DAYS), case)
