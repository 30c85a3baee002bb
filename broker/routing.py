"""Routing: which departments are told of a notification, and what each of them may see of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from uuid import UUID

from pydantic import ValidationError

from broker import ids, permissions
from broker.adapter import Adapter, Ground, Telling
from broker.checks import Known
from broker.decision import Delivery, NotTold, Proceed
from broker.facts import Facts
from broker.notification import Notification
from broker.standing import BY_TOPIC, URGENT
from schemas.bereavement import Bereavement
from schemas.delivery import DeliveryLetter
from schemas.life_event import LifeEvent
from schemas.problems import Problem, problems_of
from schemas.today import LONDON


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The departments that are told, and those that are not told this time."""

    deliveries: tuple[Delivery, ...]
    not_told: tuple[NotTold, ...]
    #: deliveries of the earlier notification that are called off instead: their departments have not seen them
    calls_off: tuple[str, ...] = ()


#: for the timeline, where a department has not seen what is taken back
NEVER_TOLD = "It had not been told of this yet, so that was called off."


def choose(notification: Notification, decision: Proceed, adapters: Sequence[Adapter], known: Known) -> Route:
    """Choose departments. A correction or a withdrawal goes to those who had the original, and to whoever may hear now."""
    amends = notification.withdraws is not None or (notification.corrects is not None and known.replaces is None)
    concerned = _concerned(notification, known) if amends else frozenset()
    unseen = _unseen(notification, known) if amends else {}
    deliveries: list[Delivery] = []
    not_told: list[NotTold] = []
    for adapter in adapters:
        telling = adapter.telling(type(notification.event))
        had_it = adapter.department in concerned
        if telling is None or (amends and not had_it and not _may_hear_now(adapter, notification)):
            continue
        if adapter.department in unseen and notification.withdraws is not None:
            not_told.append(NotTold(department=adapter.department, because=NEVER_TOLD))
            continue
        facts = _facts(notification, decision, adapter.department, known)
        if (because := _why_not(adapter, telling, facts, notification, had_it=had_it)) is not None:
            not_told.append(NotTold(department=adapter.department, because=because))
            continue
        made = _delivery(notification, decision, adapter, telling, facts)
        deliveries.append(_in_its_time(made, notification, known, telling, facts, amends=had_it))
    return Route(deliveries=tuple(deliveries), not_told=tuple(not_told), calls_off=tuple(unseen.values()))


def _may_hear_now(adapter: Adapter, notification: Notification) -> bool:
    """Whether a correction can be the first that a department hears: where it needs a permission, and had none."""
    return adapter.ground is Ground.PERMISSION and notification.withdraws is None


def _why_not(
    adapter: Adapter, telling: Telling, facts: Facts, notification: Notification, *, had_it: bool
) -> str | None:
    """None where it is told. A withdrawal needs no permission: whoever had the original must hear of it."""
    if not had_it and not telling.when(facts):
        return telling.otherwise
    if notification.withdraws is not None:
        return None
    return permissions.why_not(adapter, notification.event, had_it=facts.earlier_delivery is not None)


def _unseen(notification: Notification, known: Known) -> dict[str, str]:
    """Department to the earlier delivery that it need not see: any that is taken back, or that waits for its day."""
    withdraws = notification.withdraws is not None
    found = known.unsent_earlier.items()
    return {department: each.delivery for department, each in found if withdraws or each.waits_for_its_day}


def _in_its_time(
    made: Delivery, notification: Notification, known: Known, telling: Telling, facts: Facts, *, amends: bool
) -> Delivery:
    """When it is sent: on its day where the department wants that, after a while where it cannot be undone, or first."""
    undoes_a_death = notification.withdraws is not None and known.earlier_kind == Bereavement.kind
    day = telling.on_its_day(facts) if telling.on_its_day and notification.withdraws is None else None
    not_before = datetime.combine(day, time(), tzinfo=LONDON).astimezone(UTC) if day else None
    cools_off = notification.event.acts == "irreversible" and not amends
    if not (undoes_a_death or not_before or cools_off):
        return made  # nearly all: told at once, by its topic
    return replace(made, jump=URGENT if undoes_a_death else BY_TOPIC, not_before=not_before, cools_off=cools_off)


def _concerned(notification: Notification, known: Known) -> frozenset[str]:
    """Who had the original; a department that could not be told of it has nothing to withdraw."""
    had = known.had_earlier.items()
    return frozenset(name for name, delivery in had if delivery is not None or notification.withdraws is None)


def _facts(
    notification: Notification,
    decision: Proceed,
    department: str,
    known: Known,
) -> Facts:
    return Facts(
        event=_without_permissions(notification.event),
        subject=decision.subject,
        told_at=notification.told_at,
        told_on=notification.told_at.astimezone(LONDON).date(),
        notification=notification.reference,
        person=decision.person,
        sequence=notification.seq,
        case_reference=_told_reference(decision, department) or known.references.get(department),
        earlier_delivery=_seen_earlier(notification, department, known),
    )


def _without_permissions(event: LifeEvent) -> LifeEvent:
    """No department sees what was answered for another."""
    return event.model_copy(update={"permissions": None}) if event.permissions else event


def _seen_earlier(notification: Notification, department: str, known: Known) -> str | None:
    unseen = department in _unseen(notification, known)
    return None if unseen else known.had_earlier.get(department)


def _told_reference(decision: Proceed, department: str) -> str | None:
    told = (held.reference for held in decision.subject.references if held.department == department)
    return next(told, None)


def _delivery(
    notification: Notification, decision: Proceed, adapter: Adapter, telling: Telling, facts: Facts
) -> Delivery:
    made = str(ids.delivery_id(UUID(notification.id), adapter.department, 1))
    missing: tuple[Problem, ...] = ()
    letter = b""
    try:
        letter = _letter(made, notification, decision.person, adapter.department, telling, facts)
    except ValidationError as error:
        missing = problems_of(error)
    return Delivery(
        id=made,
        event_id=notification.id,
        department=adapter.department,
        revision=1,
        person=decision.person,
        seq=notification.seq,
        kind=notification.event.kind,
        hand_over=adapter.hand_over,
        letter=letter,
        missing=missing,
        behind=telling.behind,
        agreed=adapter.ground is Ground.PERMISSION and notification.withdraws is None,
    )


def _letter(
    delivery: str, notification: Notification, person: str, department: str, telling: Telling, facts: Facts
) -> bytes:
    seen = telling.sees.of(facts)
    letter = DeliveryLetter(
        id=delivery,
        type=f"uk.tell-us-once.delivery.{notification.event.kind}.v1",
        time=notification.recorded_at,
        subject=person,
        department=department,
        notification=notification.reference,
        revision=1,
        sequence=notification.seq,
        toldat=notification.told_at,
        corrects=facts.earlier_delivery if notification.corrects else None,
        withdraws=facts.earlier_delivery if notification.withdraws else None,
        data=seen.model_dump(mode="json", exclude_none=True),
    )
    return letter.model_dump_json(exclude_none=True).encode()
