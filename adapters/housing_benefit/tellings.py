"""Housing Benefit: of which life events it is told on its topic, and what an adviser can read out."""

from types import MappingProxyType

from adapters.housing_benefit.disclosures import (
    Born,
    Died,
    Joined,
    Left,
    Moved,
    Paid,
    Reached,
    Renamed,
    TakenBack,
    Worked,
)
from adapters.housing_benefit.rules import may_have_a_claim, was_live_birth
from broker.adapter import Adapter, CrashMode, HandOver
from schemas.bereavement import Bereavement
from schemas.birth import Birth
from schemas.contact_change import ContactChange
from schemas.income_change import IncomeChange
from schemas.joins_household import JoinsHousehold
from schemas.leaves_household import LeavesHousehold
from schemas.move import Move
from schemas.name_change import NameChange
from schemas.outcome import OutcomeKind
from schemas.withdrawal import Withdrawal
from schemas.work_change import WorkChange

adapter = Adapter(
    "housing-benefit",
    title="Housing Benefit and Council Tax Reduction",
    hand_over=HandOver.SUBSCRIBES,
    crash_mode=CrashMode.RESEND,
    # Shown by the tests of its contract: a death under the same key acts once, however often it comes.
    deduplicates_deaths=True,
    lawful_basis=(
        "Public task, UK GDPR article 6(1)(e): Social Security Administration Act 1992, Part VIII; "
        "Local Government Finance Act 1992, section 13A and Schedule 1A"
    ),
    standard_days=9,
)

_NO_CLAIM = "There is no claim for Housing Benefit or Council Tax Reduction, so there was nothing to change."


def _says(done: str, not_held: str = _NO_CLAIM) -> MappingProxyType[OutcomeKind, str]:
    return MappingProxyType(
        {
            OutcomeKind.ACCEPTED: f"{done} The reference is {{receipt}}.",
            OutcomeKind.AWAITED: "The benefits team has this and will write with its decision.",
            OutcomeKind.REFERRED: "A benefits officer will deal with this by {by}, and will write if proof is needed.",
            OutcomeKind.NOT_HELD: not_held,
            OutcomeKind.NEEDS_INFORMATION: "The benefits team needs one thing from you before it can go on.",
            OutcomeKind.DEFERRED: "The benefits team has not taken this yet. We will tell it again.",
            OutcomeKind.REFUSED: "The benefits team could not take this as it was told. A colleague will look at it.",
        }
    )


_WORKED_OUT = "The benefits team will work out the claim again and write to you."

adapter.tells(
    Move,
    sees=Moved,
    when=may_have_a_claim,
    otherwise="No claim is known. Help with rent is now mostly Universal Credit; Council Tax Reduction can be claimed.",
    says=_says(
        "The benefits team has this move.",
        f"{_NO_CLAIM} They can ask for a claim form, or for Universal Credit if they need help with rent.",
    ),
)
adapter.tells(
    Bereavement,
    sees=Died,
    says=_says("The benefits team has this death and will end or change the claim from the end of that week."),
)
adapter.tells(
    Birth,
    sees=Born,
    when=was_live_birth,
    otherwise="Nothing of this is passed on.",
    says=_says(_WORKED_OUT),
)
adapter.tells(NameChange, sees=Renamed, says=_says("The benefits team has the new name."))
adapter.tells(JoinsHousehold, sees=Joined, says=_says(_WORKED_OUT))
adapter.tells(LeavesHousehold, sees=Left, says=_says(_WORKED_OUT))
adapter.tells(IncomeChange, sees=Paid, says=_says(_WORKED_OUT))
adapter.tells(WorkChange, sees=Worked, says=_says(_WORKED_OUT))
adapter.tells(ContactChange, sees=Reached, says=_says("The benefits team has the new contact details."))
adapter.tells(
    Withdrawal,
    sees=TakenBack,
    says=_says("The benefits team has undone the change.", "The benefits team had changed nothing."),
)
