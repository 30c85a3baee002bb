"""Council Tax: which life events it is told of, over HTTP, and what an adviser can read out."""

from types import MappingProxyType

import httpx

from adapters.council_tax.answers import heard, never_seen
from adapters.council_tax.disclosures import (
    Counted,
    Died,
    Joined,
    Left,
    Moved,
    Reached,
    Renamed,
    TakenBack,
    Told,
)
from adapters.council_tax.rules import disregard_began_or_ended
from broker.adapter import Adapter, Conversation, CrashMode, HandOver, Inquiry, post
from schemas.bereavement import Bereavement
from schemas.contact_change import ContactChange
from schemas.joins_household import JoinsHousehold
from schemas.leaves_household import LeavesHousehold
from schemas.move import Move
from schemas.name_change import NameChange
from schemas.outcome import OutcomeKind
from schemas.withdrawal import Withdrawal
from schemas.work_change import WorkChange

adapter = Adapter(
    "council-tax",
    title="Council Tax",
    hand_over=HandOver.CALLED,
    crash_mode=CrashMode.VERIFY,
    # Shown by the tests of its contract: a death under the same key acts once, however often it comes.
    deduplicates_deaths=True,
    lawful_basis="Public task, UK GDPR article 6(1)(e): Local Government Finance Act 1992, Part I and Schedule 2",
    standard_days=10,
)


def _says(
    done: str, not_held: str = "Council Tax has no account for this person, so there was nothing to change."
) -> MappingProxyType[OutcomeKind, str]:
    return MappingProxyType(
        {
            OutcomeKind.ACCEPTED: f"{done} Their reference is {{receipt}}.",
            OutcomeKind.REFERRED: "A Council Tax officer will deal with this by {by}. You do not need to ring again.",
            OutcomeKind.NOT_HELD: not_held,
            OutcomeKind.NEEDS_INFORMATION: "Council Tax needs one thing from you before it can go on.",
            OutcomeKind.DEFERRED: "Council Tax has this and has not decided yet.",
            OutcomeKind.REFUSED: "Council Tax could not take this as it was told. A colleague will look at it.",
        }
    )


@adapter.on(Move, sees=Moved, says=_says("Council Tax has changed the account. A new bill will follow."))
def moved(told: Moved) -> Conversation:
    """Close the account at the old home, open one at the new, or both."""
    return _tell("moves", told)


@adapter.on(
    Bereavement,
    sees=Died,
    says=_says("Council Tax has recorded the death and changed the account from that day."),
)
def died(told: Died) -> Conversation:
    """End liability."""
    return _tell("deaths", told)


@adapter.on(NameChange, sees=Renamed, says=_says("Council Tax has changed the name on the account."))
def renamed(told: Renamed) -> Conversation:
    """Put the new name on the account."""
    return _tell("name-changes", told)


@adapter.on(JoinsHousehold, sees=Joined, says=_says("Council Tax has changed who is counted in your home."))
def joined(told: Joined) -> Conversation:
    """Count one more in the home."""
    return _tell("households", told, change="joins")


@adapter.on(LeavesHousehold, sees=Left, says=_says("Council Tax has changed who is counted in your home."))
def left(told: Left) -> Conversation:
    """Count one fewer in the home."""
    return _tell("households", told, change="leaves")


@adapter.on(
    WorkChange,
    sees=Counted,
    when=disregard_began_or_ended,
    otherwise="Council Tax is told of work only where it changes who is counted.",
    says=_says("Council Tax has changed who is counted in your home."),
)
def counted(told: Counted) -> Conversation:
    """Begin or end a disregard."""
    return _tell("disregards", told)


@adapter.on(ContactChange, sees=Reached, says=_says("Council Tax has the new contact details."))
def reached(told: Reached) -> Conversation:
    """Change how the person is reached."""
    return _tell("contacts", told)


@adapter.on(
    Withdrawal,
    sees=TakenBack,
    says=_says("Council Tax has undone the change.", "Council Tax had changed nothing, so there was nothing to undo."),
)
def taken_back(told: TakenBack) -> Conversation:
    """Undo an earlier change."""
    return _tell("withdrawals", told)


@adapter.asks_by_key
def what_became_of(key: str) -> Inquiry:
    """Ask by our key; None where the office has never seen it, so that sending is safe."""
    response = yield httpx.Request("GET", f"/revenues/v1/changes/{key}")
    return None if never_seen(response) else heard(response)


def _tell(collection: str, told: Told, **which: str) -> Conversation:
    body = told.model_dump(mode="json", by_alias=True, exclude_none=True)
    return heard((yield post(f"/revenues/v1/changes/{collection}", body | which)))
