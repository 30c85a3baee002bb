"""Edit and replay: other values for some fields of one letter that failed. It becomes a plan that a second person agrees to.

What the letter holds is not shown: each field says its shape, and is left as it is unless something is typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from broker import ledger
from broker.adapter import Telling
from broker.failures.failures import Failure, find
from broker.ports import Broker
from broker.replays.differences import mask
from broker.replays.planning import Selection, make_plan
from broker.replays.replaying import Order
from broker.replays.rewording import disclosed_in
from broker.screens.fields import Wrong
from broker.screens.forms import Form
from broker.screens.operator.leaves import leaves, with_changes
from broker.screens.operator.showing import here, named, show
from broker.screens.operator.typed import line_in, reason_in, wrong_line
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.web.keys import TheBroker
from schemas.problems import Invalid

router = APIRouter()
Operator = Annotated[Visit, shows(May.REPLAY)]
_NOT_SAID = "not said"
#: where a field that may be edited comes from; which event it is, of whom, and in which order, is not for anybody to say
_EDITABLE = ("event.", "subject.", "rule: ", "case_reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Editable:
    """One field of a letter."""

    path: str
    #: the shape of what is sent now, and nothing of what it is
    shape: str
    #: why the department sees it
    why: str

    @property
    def id(self) -> str:
        """The id of its input."""
        return f"field-{self.path.replace('.', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that failed, field by field. Personal data."""

    failure: Failure
    said: Mapping[str, Any]
    fields: tuple[Editable, ...]


@router.get("/failures/one/{failure}/edit")
async def ask_for_changes(failure: str, visit: Operator, broker: TheBroker) -> Response:
    """The form: every field that the department sees, masked."""
    return _form(visit, await _letter(named(failure), broker))


@router.post("/failures/one/{failure}/edit")
async def plan_changes(failure: str, visit: Operator, broker: TheBroker) -> Response:
    """Make a plan of the changes. Nothing is sent."""
    letter = await _letter(named(failure), broker)
    reason, problems = reason_in(visit.form)
    changes, wrong = _changes(visit.form, letter)
    problems = [*wrong, *problems]
    if not problems and not changes:
        problems = [Wrong(field=letter.fields[0].id, message="Type what is to be sent instead, in at least one field")]
    if problems:
        return _form(visit, letter, problems)
    selection = Selection(ids=(letter.failure.id,), edit=with_changes(letter.said, changes))
    try:
        made = await make_plan(selection, Order(actor=visit.who.actor, reason=reason), broker)
    except Invalid as error:
        return _form(visit, letter, [_wrong(problem.field, problem.message, letter) for problem in error.problems])
    return RedirectResponse(f"/plans/{made.id}", 303)


def _form(visit: Visit, letter: Letter, problems: list[Wrong] | None = None) -> Response:
    return show(
        visit,
        "edit.html",
        422 if problems else 200,
        one=letter.failure,
        fields=letter.fields,
        not_said=_NOT_SAID,
        typed=visit.form,
        messages={wrong.field: wrong.message for wrong in problems or ()},
        problems=problems or [],
    )


async def _letter(failure_id: str, broker: Broker) -> Letter:
    return here(await broker.store.read(lambda tx: _read(tx, failure_id, broker)))


def _read(tx: Connection, failure_id: str, broker: Broker) -> Letter | None:
    failure, row = find(tx, failure_id), ledger.find(tx, failure_id)
    if failure is None or row is None:
        return None
    held: Any = row
    adapter = broker.adapter(held.department)
    telling = adapter.telling_of(held.kind) if adapter else None
    if telling is None or not held.letter:
        return None
    said = disclosed_in(held.letter)
    fields = _fields(said, telling)
    return Letter(failure=failure, said=said, fields=fields) if fields else None


def _fields(said: Mapping[str, Any], telling: Telling) -> tuple[Editable, ...]:
    why = {seen.name: seen.why for seen in telling.sees.register() if seen.origin.startswith(_EDITABLE)}
    found = [
        Editable(path=path, shape=mask(value), why=why[path.partition(".")[0]])
        for path, value in leaves(dict(said))
        if path.partition(".")[0] in why
    ]
    found += [Editable(path=name, shape=_NOT_SAID, why=text) for name, text in why.items() if name not in said]
    return tuple(found)


def _changes(form: Form, letter: Letter) -> tuple[dict[str, str | None], list[Wrong]]:
    changes: dict[str, str | None] = {}
    wrong: list[Wrong] = []
    for field in letter.fields:
        text = line_in(form, f"value.{field.path}")
        if f"remove.{field.path}" in form:
            changes[field.path] = None
        elif text:
            wrong += wrong_line(text, field.id, "A value")
            changes[field.path] = text
    return changes, wrong


def _wrong(path: str, message: str, letter: Letter) -> Wrong:
    """A problem beside the field that it speaks of, or beside the first of the whole that it speaks of."""
    near = [field.id for field in letter.fields if field.path == path or field.path.startswith(f"{path}.")]
    near += [field.id for field in letter.fields if path.startswith(f"{field.path}.")]
    return Wrong(field=near[0] if near else "reason", message=message)
