"""After a decision: which departments it released, how it was weighed, and undoing it where that can be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Row, or_, select

from broker.ports import Broker
from broker.reviews.relinking import RelinkRefused, WrongLink, relink
from broker.reviews.reviews import ANSWER_CAPTIONS, Answer
from broker.screens.fields import Wrong
from broker.screens.reviewer.case import WRONG_REASON, reason_in
from broker.screens.reviewer.waiting import QUEUE, Reviewer, caption_of
from broker.screens.visit import Visit
from broker.standing import STANDING_CAPTIONS, Progress, Standing
from broker.tables import delivery, event, review, step
from broker.web.keys import TheBroker
from broker.web.problem import Refusal, not_found
from broker.web.tracking import checked_reference
from broker.why import Why, why

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """What became of one decision. No personal data."""

    reference: str
    kind: str
    progress: str
    sample: bool
    settled: bool
    answer: Answer | None
    #: the record that was chosen, for undoing
    person: str | None
    readers: tuple[str, ...]
    #: department and standing
    released: tuple[tuple[str, str], ...]
    #: what the journey says of the match, oldest first
    story: tuple[str, ...]
    #: the notification that took its place, if one did
    undone_by: str | None
    why: Why | None

    @property
    def can_be_undone(self) -> bool:
        """Whether the link that was made can be taken back here."""
        wrong_link = self.answer is (Answer.DIFFERENT if self.sample else Answer.SAME)
        return self.settled and wrong_link and self.undone_by is None and self.progress != Progress.REJECTED


def after(reference: str) -> Callable[[Connection], After | None]:
    """What became of a case; none where there was none."""
    wanted = select(review, event.c.seq, event.c.reference, event.c.kind, event.c.progress).join(
        event, event.c.id == review.c.event_id
    )

    def query(tx: Connection) -> After | None:
        row = tx.execute(wanted.where(event.c.reference == reference)).one_or_none()
        return None if row is None else _after(tx, row)

    return query


def _after(tx: Connection, row: Row[Any]) -> After:
    told = select(delivery.c.department, delivery.c.standing).where(delivery.c.event_id == row.event_id)
    said = select(step.c.said).where(step.c.event_seq == row.seq, step.c.step == "match").order_by(step.c.id)
    later = select(event.c.reference).where(or_(event.c.withdraws == row.event_id, event.c.corrects == row.event_id))
    return After(
        reference=row.reference,
        kind=row.kind,
        progress=row.progress,
        sample=row.sample,
        settled=row.settled_at is not None,
        answer=Answer(row.answer) if row.answer else None,
        person=row.person,
        readers=tuple(reader for reader in (row.first_by, row.second_by) if reader),
        released=tuple((each.department, each.standing) for each in tx.execute(told.order_by(delivery.c.department))),
        story=tuple(dict.fromkeys(tx.execute(said).scalars())),
        undone_by=tx.execute(later.order_by(event.c.seq.desc()).limit(1)).scalar(),
        why=why(row.reference)(tx),
    )


@router.get(f"{QUEUE}/{{reference}}/decided")
async def show_decided(reference: str, visit: Reviewer, broker: TheBroker) -> Response:
    """What became of it. Before it is settled, a first reader sees only that a second must agree."""
    found = await _found(reference, visit, broker)
    return _page(visit, found, broker)


@router.post(f"{QUEUE}/{{reference}}/undo")
async def undo(reference: str, visit: Reviewer, broker: TheBroker) -> Response:
    """Take a wrong link back: all that was told is withdrawn, and the event is judged again without that record."""
    found = await _found(reference, visit, broker)
    if (reason := reason_in(visit.form)) is None:
        return _page(visit, found, broker, WRONG_REASON, 422)
    if not found.can_be_undone:
        raise Refusal(409, "cannot_be_undone", "There is no link of this case to take back.")
    person = None if found.progress == Progress.ROUTED else found.person
    wrong = WrongLink(reference=found.reference, person=person, actor=visit.who.actor, reason=reason)
    try:
        await broker.store.write(relink(wrong, broker))
    except RelinkRefused as error:
        raise Refusal(409, "relink_refused", str(error)) from None
    return RedirectResponse(f"{QUEUE}/{found.reference}/decided", 303)


async def _found(reference: str, visit: Visit, broker: Broker) -> After:
    """The case. A second reader who has not answered must not see here that, or how, the first has."""
    found = await broker.store.read(after(checked_reference(reference)))
    mine = found is not None and (visit.who.actor in found.readers or "disagreed" in visit.request.query_params)
    if found is None or not (found.settled or mine):
        raise not_found()
    return found


def _page(visit: Visit, found: After, broker: Broker, wrong: Sequence[Wrong] = (), status: int = 200) -> Response:
    titles = {adapter.department: adapter.title for adapter in broker.adapters}
    return visit.page(
        "reviewer/decided.html",
        status,
        found=found,
        caption=caption_of(found.kind),
        answered=ANSWER_CAPTIONS[found.answer] if found.answer and found.settled else "",
        disagreed="disagreed" in visit.request.query_params and not found.settled,
        released=[(titles.get(name, name), STANDING_CAPTIONS[Standing(where)]) for name, where in found.released],
        problems=wrong,
    )
