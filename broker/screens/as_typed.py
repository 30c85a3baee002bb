"""As it is typed: who could be meant, and what would help most, while the adviser goes on typing. No page needs it."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection, func, select

from broker.directory.search import TooLittle
from broker.person import Person
from broker.ports import Broker
from broker.screens.finding import found_by, note_shown, would_help
from broker.screens.telling import keep, others_at_their_homes, own_draft, search_in
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.tables import audit
from broker.web.keys import TheBroker
from schemas.kinds import life_events
from schemas.move import Move

router = APIRouter()
Adviser = Annotated[Visit, shows(May.TELL)]
#: shown while somebody types; of more, only how many: whoever presses the button sees up to twenty
FEW: Final = 5
#: lines of the audit in which one's own last looks are sought
_LATELY: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """What is shown of a search that is not finished."""

    people: tuple[Person, ...] = ()
    #: the words of how many there are, and the number in it
    words: str = "too_little"
    number: int = 0
    #: what would help most, asked of the caller
    helps: tuple[str, ...] = ()


@router.post("/tell/found")
async def glimpse(visit: Adviser, broker: TheBroker) -> Response:
    """Who fits what has been typed on the start page; nothing of it is kept but who was shown."""
    seen = await _seen(search_in(visit.form), visit.form.get("kind", ""), visit, broker)
    return _answer(visit, seen, choices=False)


@router.post("/tell/{draft_id}/found")
async def glimpse_again(draft_id: str, visit: Adviser, broker: TheBroker) -> Response:
    """Who fits what has been typed on the page of the person, to be chosen at once."""
    draft = await own_draft(draft_id, visit, broker)
    draft = await keep(draft, replace(draft.said, search=search_in(visit.form)), broker)
    seen = await _seen(draft.said.search, draft.kind, visit, broker)
    others = await others_at_their_homes(seen.people, broker)
    await _note(others, "same home", visit, broker)
    return _answer(visit, seen, choices=True, draft=draft, others=others)


async def _seen(search: str, kind: str, visit: Visit, broker: Broker) -> Glimpse:
    helps = would_help(search, kind if kind in life_events() else Move.kind)
    try:
        found = await found_by(search, broker)
    except TooLittle:
        return Glimpse(helps=helps)
    if found.more or len(found.people) > FEW:
        return Glimpse(words="more" if found.more else "many", number=len(found.people), helps=helps)
    await _note(found.people, "search", visit, broker)
    words = "nobody" if not found.people else "one" if len(found.people) == 1 else "few"
    sure = len(found.people) == 1
    return Glimpse(people=found.people, words=words, number=len(found.people), helps=() if sure else helps)


async def _note(people: Any, why: str, visit: Visit, broker: Broker) -> None:  # noqa: ANN401 - a sequence of persons
    """Write down who is shown; whoever was just shown to the same adviser is not written down at every letter."""
    ids = [person.id for person in people]
    lately = await broker.store.read(lambda tx: _shown_lately(tx, visit.who.actor, ids)) if ids else set()
    await note_shown([person for person in people if person.id not in lately], why, visit.who.actor, broker)


def _shown_lately(tx: Connection, actor: str, ids: list[str]) -> set[str]:
    newest = select(func.coalesce(func.max(audit.c.id), 0)).scalar_subquery()
    mine = (audit.c.id > newest - _LATELY, audit.c.actor == actor, audit.c.what == "person.shown")
    return set(tx.execute(select(audit.c.about).where(*mine, audit.c.about.in_(ids))).scalars())


def _answer(visit: Visit, seen: Glimpse, **facts: Any) -> Response:  # noqa: ANN401 - facts of any kind
    answer = visit.page("tell/found.html", seen=seen, **facts)
    answer.headers["Cache-Control"] = "no-store"
    return answer
