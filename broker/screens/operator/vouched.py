"""What a department said by word of mouth of a failure: a form that writes its answer down."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.failures import failures
from broker.failures.vouching import SAID_CAPTIONS, CannotVouch, Said, Word, vouch
from broker.ports import Broker
from broker.screens.fields import Wrong
from broker.screens.operator.showing import here, named, show
from broker.screens.operator.typed import line_in, reason_in
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from broker.web.problem import Refusal

router = APIRouter()
Operator = Annotated[Visit, shows(May.REPLAY)]


@router.get("/failures/one/{failure}/answer")
async def ask_what_they_said(failure: str, visit: Operator, broker: TheBroker) -> Response:
    """Ask what the department said, and who said it."""
    return await _page(named(failure), visit, broker, [])


@router.post("/failures/one/{failure}/answer")
async def write_down(failure: str, visit: Operator, broker: TheBroker) -> Response:
    """Write down what the department said; the event's timeline then shows it."""
    name, said = named(failure), line_in(visit.form, "said")
    reason, problems = reason_in(visit.form)
    if said not in set(Said):
        problems = [Wrong(field="said", message="Say what the department said"), *problems]
    if problems:
        return await _page(name, visit, broker, problems)
    word = Word(delivery=name, said=Said(said), actor=visit.who.actor, reason=reason)
    try:
        here(await broker.store.write(vouch(word, broker)))
    except CannotVouch as error:
        raise Refusal(409, "not_waiting", f"Nothing is to be said of it now: {error}.") from None
    return RedirectResponse("/failures", 303)


async def _page(name: str, visit: Visit, broker: Broker, problems: list[Wrong]) -> Response:
    found = here(await broker.store.read(lambda tx: failures.show(tx, name)))
    return show(
        visit,
        "answer.html",
        422 if problems else 200,
        one=found.failure,
        answers={said.value: SAID_CAPTIONS[said] for said in Said},
        typed=visit.form,
        problems=problems,
    )
