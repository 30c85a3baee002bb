"""What housing benefit decides about a letter, given the claim it knows. It is told facts; it works out no award."""

from calendar import monthrange
from datetime import date, timedelta

from tests.back_offices.answers import Answer, accepted, not_held, referred, refused
from tests.back_offices.days import day_in, working_days_after
from tests.back_offices.letters import Letter, token
from tests.back_offices.memory import Memory
from tests.back_offices.rulings import Case, Known, Ruling

STAFF_DAYS, LATE_AFTER = 8, timedelta(days=31)
PROOF_NEEDED = ("income_change", "work_change")
ENDING = ("bereavement", "move")


def find_claim(letter: Letter, memory: Memory) -> Case | None:
    """The claim by the reference the letter gives, else by its holder."""
    for field in ("claim", "case_reference", "reference"):
        reference = token(letter.told.get(field))
        if reference and (case := memory.case(reference)):
            return case
    return memory.case_of(letter.subject)


def find_or_open_claim(letter: Letter, memory: Memory) -> Case:
    """As `find_claim`, in a town where everybody has one."""
    found = find_claim(letter, memory)
    if found is None:
        found = Case(reference=memory.free_reference("HBC-{:06}".format))
        memory.keep(found, [letter.subject])
    return found


def decide(letter: Letter, known: Known) -> Ruling:
    """The answer to a letter, and the claim as it leaves it."""
    if letter.kind == "move" and letter.told.get("move") == "in":
        return Ruling(answer=referred("claim-to-be-made", _a_month_after(known.today)))
    claim = known.live
    if claim is None:
        return Ruling(answer=not_held("claim-ended" if known.case else "no-claim"))
    day = day_in(letter.told.get("occurred_on"))
    if day and letter.kind == "bereavement" and day > known.today:
        return Ruling(answer=refused("in-the-future", "occurred_on"))
    ends = letter.kind == "bereavement" or (letter.kind == "move" and letter.told.get("move") == "out")
    ended = (Case(reference=claim.reference, state="ended", uprn=claim.uprn),) if ends else ()
    answer = _for_staff(letter, known, claim, day) or accepted(claim.reference)
    return Ruling(answer=answer, cases=ended if answer.outcome == "accepted" else ())


def _for_staff(letter: Letter, known: Known, claim: Case, day: date | None) -> Answer | None:
    told = letter.told
    if letter.kind in PROOF_NEEDED and not told.get("evidence"):
        return referred("proof-awaited", _a_month_after(known.today), claim.reference)
    if letter.kind == "name_change" and told.get("partner") is not None:
        return referred("couple-to-be-assessed", working_days_after(known.today, STAFF_DAYS), claim.reference)
    if day and letter.kind not in ENDING and letter.told_at.date() > day + LATE_AFTER:
        return referred("told-late", working_days_after(known.today, STAFF_DAYS), claim.reference)
    return None


def _a_month_after(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))
