"""What council tax decides about a change, given what it knows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from tests.back_offices.answers import Answer, accepted, needs, not_held, referred, refused
from tests.back_offices.days import day_in, working_days_after
from tests.back_offices.letters import Letter
from tests.back_offices.memory import Memory
from tests.back_offices.rulings import Case, Known, Ruling

OFFICER_DAYS, QUESTION_DAYS, FAR_AHEAD, TOO_FAR = 5, 20, timedelta(days=14), timedelta(days=366)
DAY_OF = {
    "move": ("moved_on", "On what date did they move?"),
    "bereavement": ("died_on", "On what date did they die?"),
    "joins_household": ("on", "On what date did they move in?"),
    "leaves_household": ("on", "On what date did they leave?"),
    "work_change": ("on", "From what date?"),
}


def find_account(letter: Letter, memory: Memory) -> Case | None:
    """The account by its number, else its holder, else the address left; of several the first that is still open."""
    told = letter.told
    account = told.get("account")
    uprn = _uprn(told.get("from")) or _uprn(told.get("address"))
    named = memory.case(account) if isinstance(account, str) else None
    found = [named if named and named.state != "void" else None, memory.case_of(letter.subject)]
    found += [memory.case_at(uprn) if uprn else None]
    cases = [case for case in found if case]
    return next((case for case in cases if case.state == "live"), cases[0] if cases else None)


def decide(letter: Letter, known: Known) -> Ruling:
    """The answer to a change, and the accounts as it leaves them."""
    answer = _cannot_yet(letter, known)
    if answer is None and known.live is None and not _may_open(letter):
        answer = not_held("no-account")
    if answer is None and (reason := _for_officer(letter, known)):
        case = known.live.reference if known.live else None
        answer = referred(reason, working_days_after(known.today, OFFICER_DAYS), case)
    return Ruling(answer=answer) if answer else _apply(letter, known)


def _may_open(letter: Letter) -> bool:
    return letter.kind == "move" and letter.told.get("move") in ("in", "within")


def _cannot_yet(letter: Letter, known: Known) -> Answer | None:
    told, by = letter.told, working_days_after(known.today, QUESTION_DAYS)
    if letter.kind == "name_change" and told.get("new_name") is None:
        return needs("new_name", "What is their new name?", by)
    if letter.kind not in DAY_OF:
        return None
    field, ask = DAY_OF[letter.kind]
    if told.get(field) is None:
        return needs(field, ask, by)
    if _may_open(letter) and told.get("to") is None:
        return needs("to", "What is the address of the new home?", by)
    day = day_in(told.get(field))
    if day and letter.kind == "bereavement" and day > known.today:
        return refused("in-the-future", field)
    return refused("date-too-far", field) if day and day > known.today + TOO_FAR else None


def _for_officer(letter: Letter, known: Known) -> str | None:
    told, live = letter.told, known.live
    if told.get("safety") is True:
        return "handled-in-confidence"
    if letter.kind in DAY_OF:
        day = day_in(told.get(DAY_OF[letter.kind][0]))
        if day is None:
            return "date-uncertain"
        if day > known.today + FAR_AHEAD:
            return "date-far-ahead"
    if live and live.benefit and letter.kind not in ("contact_change", "name_change"):
        return "benefit-on-account"
    return "discount-already-exists" if live and live.discount and _starts_discount(letter) else None


def _starts_discount(letter: Letter) -> bool:
    told = letter.told
    if letter.kind == "bereavement":
        return told.get("adults_remaining") == 1
    return letter.kind == "leaves_household" and told.get("adults_now") == 1


def _apply(letter: Letter, known: Known) -> Ruling:
    told, live = letter.told, known.live
    if letter.kind == "move":
        return _move(told, known)
    if live is None:  # decide() lets only moves come here without an account
        return Ruling(answer=not_held("no-account"))
    answer, case = accepted(live.reference), live
    if letter.kind == "bereavement" and not told.get("adults_remaining"):
        case = replace(live, state="ended")
    elif _starts_discount(letter):
        case = replace(live, discount=True)
    elif letter.kind == "joins_household" and told.get("adult") is not False:
        case = replace(live, discount=False)
    return Ruling(answer=answer, cases=(case,) if case != live else ())


def _move(told: Mapping[str, object], known: Known) -> Ruling:
    live = known.live
    ended = (replace(live, state="ended"),) if live and told.get("move") != "in" else ()
    if live and told.get("move") == "out":
        return Ruling(answer=accepted(live.reference), cases=ended)
    discount = told.get("single_person_discount") is True
    opened = Case(reference=known.next_case, uprn=_uprn(told.get("to")), discount=discount)
    return Ruling(answer=accepted(opened.reference), cases=(*ended, opened))


def _uprn(address: object) -> str | None:
    uprn = address.get("uprn") if isinstance(address, Mapping) else None
    return uprn.lstrip("0") if isinstance(uprn, str) else None
