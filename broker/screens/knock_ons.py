"""Knock-on changes: what else may have changed for this person or for others at home, and who is told by nobody here."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, select

from broker.person import Person
from broker.ports import Broker
from broker.screens import drafts
from broker.screens.drafts import Said
from broker.screens.fields import Choice, Wrong
from broker.screens.finding import note_shown, others_at_home, person_by
from broker.screens.tracking import tracked
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.tables import event
from broker.tracker import Tracker
from broker.web.keys import TheBroker
from broker.web.problem import not_found
from schemas.bereavement import Bereavement
from schemas.birth import Birth
from schemas.contact_change import ContactChange
from schemas.income_change import IncomeChange
from schemas.joins_household import JoinsHousehold
from schemas.kinds import life_events
from schemas.leaves_household import LeavesHousehold
from schemas.life_event import LifeEvent
from schemas.move import Move
from schemas.name_change import NameChange
from schemas.work_change import WorkChange

router = APIRouter()
Adviser = Annotated[Visit, shows(May.TELL)]
#: what often comes with a life event, for the person or for those they live with; the likeliest first
OFTEN: Final[Mapping[type[LifeEvent], tuple[type[LifeEvent], ...]]] = MappingProxyType(
    {
        Move: (LeavesHousehold, JoinsHousehold, WorkChange, IncomeChange, ContactChange),
        Bereavement: (IncomeChange, Move, ContactChange, NameChange),
        Birth: (WorkChange, IncomeChange, JoinsHousehold),
        ContactChange: (Move, NameChange),
        IncomeChange: (WorkChange, JoinsHousehold, LeavesHousehold),
        JoinsHousehold: (IncomeChange, NameChange, Move),
        LeavesHousehold: (Move, IncomeChange, ContactChange),
        NameChange: (JoinsHousehold, LeavesHousehold, ContactChange),
        WorkChange: (IncomeChange, Move),
    }
)


@router.get("/track/{reference}/also")
async def ask_what_else(reference: str, visit: Adviser, broker: TheBroker) -> Response:
    """Ask what else has changed, and for whom; say who must be told by the caller."""
    found = await _of_an_event(reference, broker)
    return _page(visit, found, await _people(found, visit, broker))


@router.post("/track/{reference}/also")
async def begin_another(reference: str, visit: Adviser, broker: TheBroker) -> Response:
    """Begin to tell it: the person is chosen already, who calls is asked again."""
    found = await _of_an_event(reference, broker)
    people = await _people(found, visit, broker)
    chosen = next((one for one in people if one.id == visit.form.get("person", "")), None)
    kind = visit.form.get("kind", "")
    wrong = []
    if chosen is None:
        wrong.append(Wrong(field="person-1", message=visit.say("also.choose_person")))
    if kind not in _kinds(found):
        wrong.append(Wrong(field="kind-1", message=visit.say("tell.choose_event")))
    if chosen is None or wrong:
        return _page(visit, found, people, tuple(wrong), 422)
    said = Said(search=_search_for(chosen), person=chosen.id, is_chosen=True)
    draft = await broker.store.write(drafts.start(visit.who.actor, kind, said, broker.now()))
    return RedirectResponse(f"/tell/{draft}/person", 303)


async def _of_an_event(reference: str, broker: Broker) -> Tracker:
    """The tracker of a life event that somebody told. Raises Refusal with 404."""
    found = await tracked(reference, broker)
    if life_events().get(found.kind) not in OFTEN:
        raise not_found()
    return found


async def _people(found: Tracker, visit: Visit, broker: Broker) -> Sequence[Person]:
    """The person, if they live, and who lives with them; whoever is shown stands in the audit first."""
    person = await person_by(await broker.store.read(_person_of(found.reference)), broker)
    if person is None:
        return ()
    alive = [] if found.kind == Bereavement.kind or person.deceased_on else [person]
    people = (*alive, *await others_at_home(person, broker))
    await note_shown(people, "what else has changed", visit.who.actor, broker)
    return people


def _person_of(reference: str) -> Callable[[Connection], str | None]:
    wanted = select(event.c.person).where(event.c.reference == reference)
    return lambda tx: tx.execute(wanted).scalar()


def _kinds(found: Tracker) -> tuple[str, ...]:
    return tuple(often.kind for often in OFTEN[life_events()[found.kind]])


def _search_for(person: Person) -> str:
    """What an adviser would have typed to find them."""
    home = person.addresses[0] if person.addresses else None
    said = (str(person.names[0]) if person.names else "", (person.date_of_birth or "")[:4], home and home.postcode)
    return " ".join(one for one in said if one)


def _page(
    visit: Visit, found: Tracker, people: Sequence[Person], wrong: tuple[Wrong, ...] = (), status: int = 200
) -> Response:
    kinds = tuple(Choice(value=kind, text=visit.say(f"event.{kind}")) for kind in _kinds(found))
    typed = {"person": visit.form.get("person", ""), "kind": visit.form.get("kind", "")}
    facts = {"found": found, "people": people, "kinds": kinds, "typed": typed, "problems": wrong}
    return visit.page("track/also.html", status, **facts, is_death=found.kind == Bereavement.kind)
