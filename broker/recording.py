"""Writing down what a notification says, what is known about it, and where it goes: the first leg in the database."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from broker import calling_off, had, ids, joining, lanes, ledger, notifications, permissions
from broker.crash_points import crash_point
from broker.decision import HOLD_CAPTIONS, Hold, HoldReason, Proceed, Routed
from broker.directory import life as directory_life
from broker.directory.life import NotInDirectory
from broker.notification import Notification, Recorded
from broker.notifications import Judged, Told, note_audit, note_steps
from broker.person import Match, Matched, Unknown, Unsure
from broker.ports import Broker
from broker.reviews import protected, reviews, second_looks
from broker.route_words import ROUTE, spared_words, told_words
from broker.standing import Progress
from schemas.letter import Letter, read_letter
from schemas.problems import Invalid, warnings_of
from schemas.today import LONDON
from schemas.withdrawal import Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a letter came in."""

    #: the feed or client, as the sender's own keys are only unique within it
    source: str
    #: who is written in the audit
    actor: str
    #: the sender's own key for this telling; without one it is derived from the words
    key: str | None = None
    #: it came on the topic, so it need not be published there
    from_topic: bool = False


def read(letter: bytes, door: Door, broker: Broker) -> Told:
    """Read a letter into a telling. Raises Unreadable or Invalid, or ValueError for an identity that is not ours."""
    now = broker.now()
    said = read_letter(letter, today=now.astimezone(LONDON).date())
    event_ = said.event
    told_at = said.told_at or event_.told_at or now
    made = _notification_id(said, door)
    return Told(
        id=made,
        kind=event_.kind,
        source=door.source,
        actor=door.actor,
        canonical=said.canonical,
        occurred_on=str(event_.happened),
        told_at=told_at,
        recorded_at=now,
        corrects=event_.corrects,
        withdraws=event_.withdraws if isinstance(event_, Withdrawal) else None,
        letter=None if door.from_topic else for_the_topic(made, event_.kind, told_at, said.canonical),
        topic=broker.topic(notifications.LIFE_EVENTS),
        republish_after=broker.timing.republish_after,
        warnings=warnings_of(event_),
        agreed_to=permissions.agreed_to(event_),
    )


def _notification_id(said: Letter, door: Door) -> str:
    if said.source == ledger.BROKER_SOURCE and said.id is not None and door.from_topic:
        return str(UUID(said.id))
    key = door.key or said.id or ids.fingerprint(said.canonical)
    return str(ids.notification_id(f"{door.source}\n{said.source or ''}", key))


def for_the_topic(made: str, kind: str, told_at: datetime, canonical: bytes) -> bytes:
    """A notification as a letter on ``life-events``: CloudEvents 1.0 around the words as they were told."""
    envelope = {
        "specversion": "1.0",
        "id": made,
        "source": ledger.BROKER_SOURCE,
        "type": f"uk.tell-us-once.life-event.{kind}.v1",
        "time": told_at.isoformat(),
        "datacontenttype": "application/json",
        "data": orjson.Fragment(canonical),
    }
    return orjson.dumps(envelope)


async def write(told: Told, broker: Broker) -> Recorded:
    """Write a telling down; returns after the commit.

    Raises KeyReused, EarlierNotFound, StoreUnavailable, or Invalid where a correction takes a permission back.
    """
    needed = permissions.needs_permission(broker.adapters) if told.corrects else frozenset()
    crash_point("intake.before-commit")
    recorded = await broker.store.write(_keeping_permissions(told, needed) if needed else notifications.record(told))
    crash_point("intake.after-commit")
    return recorded


def _keeping_permissions(told: Told, needed: frozenset[str]) -> Callable[[Connection], Recorded]:
    """Write a correction down, unless a department was told on a yes that is not given again: only a withdrawal undoes."""

    def unit(tx: Connection) -> Recorded:
        before = had.on_their_word(tx, told.corrects or "") & needed
        recorded = notifications.record(told)(tx)
        if not recorded.repeat and (problems := permissions.not_taken_back(before, told.agreed_to)):
            raise Invalid(problems)
        return recorded

    return unit


def writing(routed: Routed, broker: Broker) -> Callable[[Connection], None]:
    """What the first leg decided about one notification, as a unit."""

    def unit(tx: Connection) -> None:
        at = broker.now()
        progress, reason = _progress(routed.decision)
        deliveries = joining.in_their_lanes(tx, routed.deliveries)
        if not calling_off.are_unsent(tx, routed.calls_off):
            return  # one has been sent meanwhile: it still waits, and is judged again at once
        if not notifications.move_on(tx, routed.event_id, progress, why=reason, judged=judged(routed)):
            return  # routed before: this is a repeat
        if routed.replaces:
            notifications.move_on(tx, routed.replaces, Progress.REJECTED, why="replaced")
        if reason == HoldReason.CLERICAL_REVIEW and isinstance(routed.match, Unsure):
            _ask_a_reviewer(tx, routed.event_id, routed.match, at)
        if routed.protected is not None:
            protected.open_for_the_team(tx, routed.event_id, routed.protected, at)
        perhaps_look_again(tx, routed, broker, at)
        if isinstance(routed.decision, Proceed):
            _keep_directory(tx, routed.told, routed.match)
        _call_off(tx, routed, broker, at)
        ledger.open_deliveries(tx, deliveries, at, broker.timing)
        note_steps(tx, steps(routed, at))
        note_audit(tx, at, "router", f"notification.{progress}", routed.event_id, reason)

    return unit


def _call_off(tx: Connection, routed: Routed, broker: Broker, at: datetime) -> None:
    """What its department has not seen is not sent any more; what was taken back is not tried any more."""
    told = routed.told
    if told.earlier is not None and routed.calls_off:
        reason = lanes.WITHDRAWN if told.withdraws else calling_off.CORRECTED
        said = f"Called off before it was sent: it was {'taken back' if told.withdraws else 'put right'}."
        calling_off.call_off(tx, told.earlier, routed.calls_off, reason, said, at, broker.timing)
    if told.withdraws is not None:
        calling_off.stop_trying(tx, told.withdraws, at, broker.timing)


def _keep_directory(tx: Connection, told: Notification, match: Match | None) -> None:
    """The directory holds the person as the event left them; what it corrects or withdraws is taken back first."""
    if told.earlier is not None:
        directory_life.take_back(tx, told.earlier)
    if isinstance(match, Matched) and not isinstance(told.event, Withdrawal):
        with suppress(NotInDirectory):  # loaded anew since it was asked, or another directory than ours
            directory_life.apply(tx, told.id, match.person.id, told.event)


def _progress(decision: Hold | Proceed) -> tuple[Progress, str | None]:
    match decision:
        case Hold():
            return Progress.HELD, decision.reason
        case Proceed():
            return Progress.ROUTED, None


def judged(routed: Routed) -> Judged:
    """What is kept of how it was judged."""
    weighed = routed.match.weighed if routed.match else None
    return Judged(
        person=routed.decision.person,
        match=type(routed.match).__name__.lower() if routed.match else None,
        variant=routed.decision.variant,
        weighed=orjson.dumps(weighed).decode() if weighed else None,
    )


def _ask_a_reviewer(tx: Connection, event_id: str, match: Unsure, at: datetime) -> None:
    acts = match.weighed.band if match.weighed else "irreversible"
    reviews.open_review(tx, event_id, acts, [one.id for one in match.candidates], match.because, at)


def perhaps_look_again(tx: Connection, routed: Routed, broker: Broker, at: datetime) -> None:
    """A share of what was linked without a reviewer is looked at again; nothing waits for that."""
    match, goes_on = routed.match, isinstance(routed.decision, Proceed) and routed.told.withdraws is None
    if goes_on and isinstance(match, Matched) and match.weighed is not None:
        second_looks.perhaps(tx, routed.told, match, broker.choices.second_looks, at)


def steps(routed: Routed, at: datetime) -> list[dict[str, Any]]:
    """The steps of its journey, as rows."""
    steps: list[tuple[str, str | None, str]] = [("match", None, _match_said(routed.match))]
    steps.append(("validate", None, _decision_said(routed.decision)))
    steps += [(ROUTE, told.department, told_words(told)) for told in routed.deliveries]
    steps += [(ROUTE, spared.department, spared_words(spared)) for spared in routed.not_told]
    if not routed.deliveries and isinstance(routed.decision, Proceed):
        steps.append((ROUTE, None, "No department needs to know of this."))
    return [
        {"event_seq": routed.told.seq, "at": at, "step": word, "department": of, "said": said}
        for word, of, said in steps
    ]


def _match_said(match: Match | None) -> str:
    match match:
        case Matched():
            return f"Matched. {match.because}"
        case Unsure():
            return f"Unsure. {match.because}"
        case Unknown():
            return f"Not known to the directory. {match.because}"
        case None:
            return "Not matched."


def _decision_said(decision: Hold | Proceed) -> str:
    match decision:
        case Proceed():
            return f"Departments may be told ({decision.variant} schema)."
        case Hold():
            missing = ", ".join(sorted({problem.field for problem in decision.missing}))
            return HOLD_CAPTIONS[decision.reason] + (f" Missing: {missing}." if missing else "")
