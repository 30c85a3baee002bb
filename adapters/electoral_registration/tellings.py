"""Electoral registration: of which life events the office is told, and what an adviser can read out."""

from types import MappingProxyType

from adapters.electoral_registration.disclosures import Died, Joined, Left, Moved, Reached, Renamed, TakenBack
from adapters.electoral_registration.rules import (
    joiner_may_register,
    leaver_is_old_enough,
    somebody_who_moved_may_register,
    subject_is_old_enough,
)
from broker.adapter import Adapter, Behind, CrashMode, HandOver
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.joins_household import JoinsHousehold
from schemas.leaves_household import LeavesHousehold
from schemas.move import Move
from schemas.name_change import NameChange
from schemas.outcome import OutcomeKind
from schemas.withdrawal import Withdrawal

adapter = Adapter(
    "electoral-registration",
    title="Electoral Services",
    hand_over=HandOver.COLLECTS,
    crash_mode=CrashMode.RESEND,
    # Shown by the tests of its contract: a death under the same key acts once, however often it comes.
    deduplicates_deaths=True,
    lawful_basis=(
        "Legal obligation and public task, UK GDPR article 6(1)(c) and (e): "
        "Representation of the People Act 1983, sections 9A and 9E; SI 2001/341, regulation 35"
    ),
    standard_days=28,
)

_TOO_YOUNG = "Electoral Services are not told of children."


def _says(done: str, referred: str, not_held: str) -> MappingProxyType[OutcomeKind, str]:
    return MappingProxyType(
        {
            OutcomeKind.ACCEPTED: done,
            OutcomeKind.AWAITED: "Electoral Services have this and will look at it.",
            OutcomeKind.REFERRED: referred,
            OutcomeKind.NOT_HELD: not_held,
            OutcomeKind.NEEDS_INFORMATION: "Electoral Services need one thing from you before they can go on.",
            OutcomeKind.DEFERRED: "Electoral Services have not taken this yet. It waits for them.",
            OutcomeKind.REFUSED: "Electoral Services could not take this as it was told. A colleague will look at it.",
        }
    )


_APPLY = "There is no entry to change. Anyone who may vote can apply at gov.uk/register-to-vote."
_BY_ITSELF = "Moving does not change the register by itself."

adapter.tells(
    Move,
    sees=Moved,
    when=somebody_who_moved_may_register,
    otherwise=_TOO_YOUNG,
    # An invitation goes to where the person lives now: the newest address is all that counts.
    behind=Behind.SUPERSEDE,
    says=_says(
        f"Electoral Services have noted the move. {_BY_ITSELF}",
        "Electoral Services will write to you by {by} with an invitation to register at the new address, if it is in "
        f"our area. {_BY_ITSELF}",
        f"Electoral Services have nobody to invite. {_BY_ITSELF}",
    ),
)
adapter.tells(
    Bereavement,
    sees=Died,
    when=subject_is_old_enough,
    otherwise=_TOO_YOUNG,
    says=_says(
        "Electoral Services have taken the person who died off the register.",
        "Electoral Services must confirm the death before they change the register. They will look at it by {by}.",
        "The person who died was not on the register here.",
    ),
)
adapter.tells(
    NameChange,
    sees=Renamed,
    when=subject_is_old_enough,
    otherwise=_TOO_YOUNG,
    says=_says(
        "Electoral Services have noted the new name. You must apply yourself to change the register.",
        "Electoral Services will write to you by {by} to invite you to apply for the change. A postal vote must be "
        "applied for again.",
        _APPLY,
    ),
)
adapter.tells(
    JoinsHousehold,
    sees=Joined,
    when=joiner_may_register,
    otherwise=_TOO_YOUNG,
    says=_says(
        "Electoral Services have noted who joined. People join the register only by applying themselves.",
        "Electoral Services will write by {by} to invite the person who joined. They must apply themselves.",
        "Electoral Services have nobody to invite.",
    ),
)
adapter.tells(
    LeavesHousehold,
    sees=Left,
    when=leaver_is_old_enough,
    otherwise=_TOO_YOUNG,
    says=_says(
        "Electoral Services have noted who left. One report does not change the register.",
        "Electoral Services have noted who left and will look for a second source by {by}. One report does not change "
        "the register.",
        "The person who left was not on the register here.",
    ),
)
adapter.tells(
    ContactChange,
    sees=Reached,
    when=subject_is_old_enough,
    otherwise=_TOO_YOUNG,
    says=_says(
        "Electoral Services have the new contact details.",
        "Electoral Services will look at the new contact details by {by}.",
        _APPLY,
    ),
)
adapter.tells(
    Withdrawal,
    sees=TakenBack,
    says=_says(
        "Electoral Services have undone what followed from it.",
        "Electoral Services will look at this by {by}.",
        "Electoral Services had changed nothing.",
    ),
)
