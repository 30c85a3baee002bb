"""The tracker: where one notification is, department by department, in words that an adviser can read out.

It is a view of what is written down and holds no personal data: a reference may be shown to whoever holds it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row, select

from broker.adapter import Adapter
from broker.case import Case, case_of
from broker.decision import HOLD_CAPTIONS, HoldReason
from broker.notifications import steps_of
from broker.route_words import agreed_of, spared_of
from broker.sentences import Answer, Waiting, sentence, waiting_sentence
from broker.standing import AT_REST, PROGRESS_CAPTIONS, STANDING_CAPTIONS, Progress, Standing
from broker.tables import delivery, event
from broker.unsent import stands_at, unsent
from broker.waiting import waits_of
from schemas.kinds import life_events
from schemas.outcome import OutcomeKind, Question

_Row: TypeAlias = Row[tuple[Any, ...]]
#: nothing more happens by itself
_NOT_GOING_ON = AT_REST | {Standing.AWAITED}
_REASONS: Mapping[str, str] = {
    **{str(reason): caption for reason, caption in HOLD_CAPTIONS.items()},
    "stopped": "It was stopped before anybody was told.",
    "replaced": "A later notification took its place before anybody was told.",
    "internal-error": "A fault of ours stopped it. An operator can replay it.",
}


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class StepLine(_View):
    """What one step of the journey decided."""

    at: datetime = Field(description="when it was written down, UTC")
    step: str = Field(description="intake, match, validate, route, deliver or acknowledge")
    department: str | None = Field(description="the department it concerns, or null for all")
    said: str = Field(description="what was decided, in words, with no personal data")


class Reason(_View):
    """Why a notification does not go on."""

    code: str = Field(description="the reason as a code")
    caption: str = Field(description="the reason in words")
    missing: tuple[str, ...] = Field(description="fields of the life event that would let it go on")


class DepartmentLine(_View):
    """Where one department is."""

    department: str = Field(description="the department, such as council-tax")
    title: str = Field(description="the department as residents know it")
    delivery: str = Field(description="the delivery id, which the back office sees too")
    standing: Standing = Field(description="where the delivery is")
    caption: str = Field(description="the standing in words")
    outcome: OutcomeKind | None = Field(description="what the department answered, or null")
    changed_at: datetime = Field(description="when this line last changed, UTC")
    receipt: str | None = Field(description="the department's own reference for having taken it")
    question: Question | None = Field(description="the one thing that the caller is asked for, or null")
    by: date | None = Field(description="the day by which their staff will act, or null")
    sentence: str = Field(description="what an adviser can read out")
    agreed: bool = Field(description="told because the person who told us agreed; else under the department's law")


class NotToldLine(_View):
    """A department that is told of such events, but not of this one."""

    department: str = Field(description="the department, such as council-tax")
    title: str = Field(description="the department as residents know it")
    because: str = Field(description="why it is not told, in words")


class Tracker(_View):
    """Where one notification is."""

    reference: str = Field(description="what the adviser and the caller hold")
    kind: str = Field(description="the kind of life event")
    caption: str = Field(description="the kind in words")
    progress: Progress = Field(description="where it is on its way to the departments")
    progress_caption: str = Field(description="the progress in words")
    reason: Reason | None = Field(description="why it is held, rejected or stuck, or null")
    occurred_on: str | None = Field(description="the day it happened: YYYY, YYYY-MM or YYYY-MM-DD")
    told_at: datetime = Field(description="when the council was told; the law counts from here")
    recorded_at: datetime = Field(description="when it was written down")
    corrects: str | None = Field(description="the reference of the notification that this one puts right")
    withdraws: str | None = Field(description="the reference of the notification that this one says did not happen")
    corrected_by: tuple[str, ...] = Field(description="references of notifications that put this one right")
    withdrawn_by: tuple[str, ...] = Field(description="references of notifications that say this did not happen")
    departments: tuple[DepartmentLine, ...] = Field(description="one line for each department that is told")
    not_told: tuple[NotToldLine, ...] = Field(description="one line for each department that is not told this time")
    case: Case | None = Field(
        description="with what takes back or puts right, or was: whether everybody who had the original has answered"
    )
    complete: bool = Field(description="nothing more will change by itself soon: stop asking often")

    def as_document(self) -> dict[str, object]:
        """The tracker as a plain document."""
        return self.model_dump(mode="json")

    @property
    def version(self) -> str:
        """Changes whenever anything in the tracker does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:24]


def track(
    reference: str, adapters: Sequence[Adapter], now: datetime | None = None
) -> Callable[[Connection], Tracker | None]:
    """Look a notification up by its reference; None where it is not here. Run it with ``store.read``."""

    def query(tx: Connection) -> Tracker | None:
        row = tx.execute(select(event).where(event.c.reference == reference)).one_or_none()
        return None if row is None else _tracker(tx, row, adapters, now or datetime.now(UTC))

    return query


def timeline(reference: str) -> Callable[[Connection], tuple[StepLine, ...]]:
    """Every step of a notification's journey, oldest first; empty where it is not here."""

    def query(tx: Connection) -> tuple[StepLine, ...]:
        rows = steps_of(tx, select(event.c.seq).where(event.c.reference == reference).scalar_subquery())
        return tuple(StepLine(at=row.at, step=row.step, department=row.department, said=row.said) for row in rows)

    return query


def _tracker(tx: Connection, row: _Row, adapters: Sequence[Adapter], now: datetime) -> Tracker:
    steps = steps_of(tx, row.seq)
    waits = waits_of(tx, now)
    revisions = tuple(_latest_revisions(tx, row.id))
    still_here = unsent(tx, revisions)
    agreed = agreed_of(steps)
    lines = tuple(
        _line(told, stands_at(told, still_here), adapters, steps, waits(told), agreed=told.department in agreed)
        for told in revisions
    )
    progress = Progress(row.progress)
    kind = life_events().get(row.kind)
    return Tracker(
        reference=row.reference,
        kind=row.kind,
        caption=kind.caption if kind else row.kind,
        progress=progress,
        progress_caption=PROGRESS_CAPTIONS[progress],
        reason=_reason(row, steps),
        occurred_on=row.occurred_on,
        told_at=row.told_at,
        recorded_at=row.recorded_at,
        corrects=_reference_of(tx, row.corrects),
        withdraws=_reference_of(tx, row.withdraws),
        corrected_by=_references(tx, event.c.corrects, row.id),
        withdrawn_by=_references(tx, event.c.withdraws, row.id),
        departments=lines,
        not_told=tuple(_not_told(spared_of(steps), adapters)),
        case=_case(tx, row, adapters),
        complete=_complete(progress, lines),
    )


def _case(tx: Connection, row: _Row, adapters: Sequence[Adapter]) -> Case | None:
    """Of what this one amends, or else of the newest that amends this one."""
    if (original := row.corrects or row.withdraws) is not None:
        return case_of(tx, original, row.id, adapters)
    amends = (event.c.corrects == row.id) | (event.c.withdraws == row.id)
    newest = tx.execute(select(event.c.id).where(amends).order_by(event.c.seq.desc()).limit(1)).scalar()
    return case_of(tx, row.id, newest, adapters) if newest else None


def _latest_revisions(tx: Connection, event_id: str) -> Iterable[_Row]:
    rows = tx.execute(select(delivery).where(delivery.c.event_id == event_id).order_by(delivery.c.revision))
    latest = {row.department: row for row in rows}
    return (latest[department] for department in sorted(latest))


def _complete(progress: Progress, lines: Sequence[DepartmentLine]) -> bool:
    match progress:
        case Progress.HELD | Progress.REJECTED:
            return True
        case Progress.ROUTED:
            return all(line.standing in _NOT_GOING_ON for line in lines)
        case Progress.RECEIVED | Progress.STUCK:
            return False


def _reason(row: _Row, steps: Sequence[_Row]) -> Reason | None:
    if row.reason is None:
        return None
    caption = _REASONS.get(row.reason, PROGRESS_CAPTIONS[Progress(row.progress)])
    return Reason(code=row.reason, caption=caption, missing=_missing(row.reason, steps))


def _missing(reason: str, steps: Sequence[_Row]) -> tuple[str, ...]:
    """What the judgement said was missing, from its own words: today's rules could say something else."""
    if reason not in (HoldReason.IDENTITY_INCOMPLETE, HoldReason.FACTS_INCOMPLETE, HoldReason.ASK_THE_CALLER):
        return ()
    said = next((line.said for line in reversed(steps) if line.step == "validate"), "")
    _, _, listed = said.partition("Missing: ")
    return tuple(field for field in listed.removesuffix(".").split(", ") if field)


def _line(
    row: _Row,
    standing: Standing,
    adapters: Sequence[Adapter],
    steps: Sequence[_Row],
    waiting: Waiting | None,
    *,
    agreed: bool,
) -> DepartmentLine:
    adapter = next((one for one in adapters if one.department == row.department), None)
    outcome = OutcomeKind(row.outcome) if row.outcome else None
    question = Question.model_validate(orjson.loads(row.question)) if row.question else None
    by = date.fromisoformat(row.by_day) if row.by_day else None
    title = adapter.title if adapter else row.department
    answer = Answer(outcome=outcome, by=by, receipt=row.receipt, ask=question.ask if question else None)
    return DepartmentLine(
        department=row.department,
        title=title,
        delivery=row.id,
        standing=standing,
        caption=STANDING_CAPTIONS[standing],
        outcome=outcome,
        changed_at=_changed_at(row, steps),
        receipt=row.receipt,
        question=question,
        by=by,
        agreed=agreed,
        sentence=waiting_sentence(title, waiting)
        if waiting
        else sentence(title, standing, answer, _own_words(adapter, row.kind), tried=row.attempts > 0),
    )


def _not_told(spared: Mapping[str, str], adapters: Sequence[Adapter]) -> Iterable[NotToldLine]:
    titles = {adapter.department: adapter.title for adapter in adapters}
    for department, because in sorted(spared.items()):
        yield NotToldLine(department=department, title=titles.get(department, department), because=because)


def _own_words(adapter: Adapter | None, kind: str) -> Mapping[OutcomeKind, str]:
    telling = adapter.telling_of(kind) if adapter else None
    return telling.says if telling else {}


def _changed_at(row: _Row, steps: Sequence[_Row]) -> datetime:
    moments: list[datetime | None] = [row.opened_at, row.first_tried_at, row.settled_at]
    moments += [line.at for line in steps if line.department == row.department]
    return max(moment for moment in moments if moment is not None)


def _reference_of(tx: Connection, event_id: str | None) -> str | None:
    return tx.execute(select(event.c.reference).where(event.c.id == event_id)).scalar() if event_id else None


def _references(tx: Connection, points: Any, event_id: str) -> tuple[str, ...]:  # noqa: ANN401 - a column
    return tuple(tx.execute(select(event.c.reference).where(points == event_id).order_by(event.c.seq)).scalars())
