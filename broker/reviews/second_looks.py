"""Second looks: a share of the links made without a reviewer is read again by one who does not know it.

Nothing waits for it. What is found says, by where names come from, whether the match is as right for everybody.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, select

from broker.identity.origins import origin_of
from broker.identity.wording import NOT_ENOUGH
from broker.notification import Notification
from broker.person import Matched
from broker.reviews.reviews import Answer
from broker.statements import Statement, instant
from broker.tables import event, review

_WHOLE: Final = 2**64
_LOOK_AGAIN: Final = Statement(
    "INSERT INTO review (event_id, acts, candidates, because, opened_at, sample)"
    " VALUES (:event_id, :acts, :candidates, :because, :opened_at, true) ON CONFLICT DO NOTHING"
)


@dataclass(slots=True, kw_only=True)
class Fairness:
    """What second looks said of the links of one group of names."""

    #: links that were chosen for a second look
    chosen: int = 0
    #: those that were read
    read: int = 0
    agreed: int = 0
    #: the reader found somebody else, or nobody
    reversed: int = 0
    #: the references of those, to look at and undo
    references: tuple[str, ...] = ()

    @property
    def agreement(self) -> float | None:
        """The share of what was read that agreed; "cannot tell" is neither."""
        said = self.agreed + self.reversed
        return self.agreed / said if said else None


def is_chosen(event_id: str, share: float) -> bool:
    """Whether a link is looked at again: by its id alone, so that nobody can steer it and anybody can check."""
    digest = hashlib.sha256(f"second look\n{event_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * _WHOLE


def perhaps(tx: Connection, told: Notification, match: Matched, share: float, at: datetime) -> None:
    """Put the link into the queue like any other case, if it is chosen."""
    if not is_chosen(told.id, share):
        return
    row = {
        "event_id": told.id,
        "acts": told.event.acts,
        "candidates": orjson.dumps([match.person.id]).decode(),
        # As it would be said of somebody unsure: whoever reads it must not know that it was sure.
        "because": f"{match.because} {NOT_ENOUGH}",
        "opened_at": instant(at),
    }
    _LOOK_AGAIN.run(tx, row)


def fairness() -> Callable[[Connection], dict[str, Fairness]]:
    """What second looks found, by the origin of the name that was told; origins are never kept."""
    wanted = (
        select(review, event.c.reference, event.c.body)
        .join(event, event.c.id == review.c.event_id)
        .where(review.c.sample)
        .order_by(review.c.opened_at)
    )

    def query(tx: Connection) -> dict[str, Fairness]:
        found: dict[str, Fairness] = defaultdict(Fairness)
        for row in tx.execute(wanted):
            name = orjson.loads(row.body)["subject"].get("name") or {}
            told_of = found[origin_of(name.get("forenames"), name.get("surname"))]
            told_of.chosen += 1
            told_of.read += row.settled_at is not None
            told_of.agreed += row.answer == Answer.SAME
            if row.answer == Answer.DIFFERENT:
                told_of.reversed += 1
                told_of.references += (row.reference,)
        return dict(sorted(found.items()))

    return query
