"""What is known of a notification when it is judged: who it is about, what was told before, what a reviewer decided."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, select

from broker import matching, reviews
from broker.checks import Known
from broker.ledger import INCOMPLETE
from broker.notification import Notification
from broker.person import Match, Matched, Person, Unknown
from broker.ports import Broker
from broker.reviews import Answer, Decided
from broker.standing import Progress
from broker.tables import delivery, event
from schemas.bereavement import Bereavement

BY_A_REVIEWER = "A reviewer decided."


async def known_of(
    told: Sequence[Notification], candidates: Sequence[tuple[Person, ...]], broker: Broker
) -> list[Known]:
    """Decide each match, and look up what the judgement needs: earlier notifications, and deaths told before."""
    reviewed = await broker.store.read(lambda tx: reviews.decided(tx, [one.id for one in told]))
    matches: list[Match] = [
        _reviewed(reviewed.get(one.id), found) or matching.decide(one.event.subject, found, one.event.acts)
        for one, found in zip(told, candidates, strict=True)
    ]
    persons = [match.person.id for match in matches if isinstance(match, Matched)]
    earlier = [one.earlier for one in told if one.earlier]
    deaths, before, had = await broker.store.read(
        lambda tx: (_deaths(tx, persons), _before(tx, earlier), _had(tx, earlier))
    )
    known: list[Known] = []
    for one, match in zip(told, matches, strict=True):
        person = match.person.id if isinstance(match, Matched) else None
        was_told = bool(one.earlier and had.get(one.earlier))
        known.append(
            Known(
                match=match,
                deaths_told=deaths[person] if person else 0,
                earlier_person=before.get(one.earlier or "") if was_told else None,
                had_earlier=had.get(one.earlier or "", {}),
                replaces=one.earlier if one.earlier and not was_told else None,
            )
        )
        if person and isinstance(one.event, Bereavement):
            deaths[person] += 1  # a move after a death in the same batch comes after it too
    return known


def _reviewed(decided: Decided | None, candidates: Sequence[Person]) -> Match | None:
    """What a reviewer decided is the match, as long as the directory still knows that person."""
    match decided:
        case Decided(answer=Answer.SAME, person=person):
            chosen = next((one for one in candidates if one.id == person), None)
            return Matched(person=chosen, comparisons=(), because=BY_A_REVIEWER) if chosen else None
        case Decided(answer=Answer.DIFFERENT):
            return Unknown(because=BY_A_REVIEWER)
        case _:
            return None


def _deaths(tx: Connection, persons: Sequence[str]) -> Counter[str]:
    """How many deaths of each person stand: told, and neither corrected nor withdrawn since."""
    if not persons:
        return Counter()
    later = event.alias()
    undone = select(later.c.seq).where((later.c.withdraws == event.c.id) | (later.c.corrects == event.c.id))
    stands = (event.c.kind == Bereavement.kind) & (event.c.progress == Progress.ROUTED) & event.c.person.in_(persons)
    found = tx.execute(select(event.c.person).where(stands, ~undone.exists())).scalars()
    return Counter(person for person in found if person is not None)


def _before(tx: Connection, ids_: Sequence[str]) -> dict[str, str | None]:
    if not ids_:
        return {}
    return {row.id: row.person for row in tx.execute(select(event.c.id, event.c.person).where(event.c.id.in_(ids_)))}


def _had(tx: Connection, ids_: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Notification to department to the delivery that it had, or None where a fact was missing and nothing was sent."""
    had: dict[str, dict[str, str | None]] = {}
    if ids_:
        wanted = (delivery.c.event_id, delivery.c.department, delivery.c.id, delivery.c.reason)
        rows = select(*wanted).where(delivery.c.event_id.in_(ids_)).order_by(delivery.c.revision)
        for row in tx.execute(rows):
            had.setdefault(row.event_id, {})[row.department] = None if row.reason == INCOMPLETE else row.id
    return had
