"""What is known of a notification when it is judged: who it is about, what was told before, what a reviewer decided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from broker.calling_off import unsent_of
from broker.checks import Known
from broker.failures import keeping_waiting
from broker.had import had_by
from broker.identity.frequencies import Shortlist
from broker.identity.wording import NOBODY
from broker.notification import Notification
from broker.person import Match, Matched, Person, Unknown
from broker.ports import Broker
from broker.reviews import protection, reviews
from broker.reviews.protection import Sight
from broker.reviews.reviews import Answer, Decided
from broker.reviews.ruled_out import not_about
from broker.standing import Progress
from broker.tables import event
from schemas.bereavement import Bereavement

BY_A_REVIEWER = "A reviewer decided."


async def known_of(
    told: Sequence[Notification], candidates: Sequence[tuple[Person, ...]], broker: Broker
) -> list[Known]:
    """Decide each match, and look up what the judgement needs: earlier notifications, and deaths told before."""
    ids_ = [one.id for one in told]
    reviewed, others = await broker.store.read(lambda tx: (reviews.decided(tx, ids_), not_about(tx, ids_)))
    sights = [
        _sight(one, [each for each in found if each.id not in others.get(one.id, ())], found, reviewed.get(one.id))
        for one, found in zip(told, candidates, strict=True)
    ]
    matches = [each.seen for each in sights]
    persons = [match.person.id for match in matches if isinstance(match, Matched)]
    earlier = [one.earlier for one in told if one.earlier]
    deaths, before, had, kept = await broker.store.read(
        lambda tx: (_deaths(tx, persons), _before(tx, earlier), had_by(tx, told), keeping_waiting.waiting(tx))
    )
    unsent = await broker.store.read(lambda tx: {each: unsent_of(tx, each) for each in earlier}) if earlier else {}
    known: list[Known] = []
    for one, sight in zip(told, sights, strict=True):
        match = sight.seen
        person = match.person.id if isinstance(match, Matched) else None
        was_told = bool(had.get(one.id))
        known.append(
            Known(
                match=match,
                deaths_told=deaths[person] if person else 0,
                earlier_person=before.get(one.earlier or "", _NOBODY).person if was_told else None,
                earlier_kind=before.get(one.earlier or "", _NOBODY).kind,
                had_earlier=had.get(one.id, {}),
                unsent_earlier=unsent.get(one.earlier or "", {}),
                replaces=one.earlier if one.earlier and not was_told else None,
                unread_before=person in kept,
                protected=sight.protected,
                unknown_rule=broker.choices.unknown,
            )
        )
        if person and isinstance(one.event, Bereavement):
            deaths[person] += 1  # a move after a death in the same batch comes after it too
    return known


def _sight(told: Notification, left: Sequence[Person], found: Sequence[Person], decided: Decided | None) -> Sight:
    """Who it is about among those whom nobody has ruled out, or whom a reviewer decided."""
    if (reviewed := _reviewed(decided, left)) is not None:
        hidden = isinstance(reviewed, Matched) and reviewed.person.restricted
        return Sight(whole=reviewed, seen=Unknown(because=NOBODY) if hidden else reviewed)
    # How common what was told is counts as before: a Shortlist holds it.
    people = Shortlist(tuple(left), found.frequencies) if isinstance(found, Shortlist) else left
    return protection.decide_both(told.event.subject, people, told.event.acts)


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


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What is known of the notification that another one amends."""

    person: str | None
    kind: str | None


_NOBODY = _Earlier(None, None)


def _before(tx: Connection, ids_: Sequence[str]) -> dict[str, _Earlier]:
    if not ids_:
        return {}
    wanted = select(event.c.id, event.c.person, event.c.kind).where(event.c.id.in_(ids_))
    return {row.id: _Earlier(row.person, row.kind) for row in tx.execute(wanted)}
