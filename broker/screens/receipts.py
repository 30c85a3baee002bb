"""Receipts: what a caller is sent, with their permission; and the demonstration's outbox."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.ports import Broker
from broker.screens import messages
from broker.screens.fields import Wrong
from broker.screens.messages import Message, Messenger, Unsendable, Way, read_address
from broker.screens.tracking import tracked, view_of
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May
from broker.telemetry import log
from broker.tracker import Tracker
from broker.web.keys import TheBroker
from broker.web.problem import not_found

router = APIRouter()
Amender = Annotated[Visit, shows(May.AMEND)]


@router.get("/track/{reference}/receipt")
async def ask_where(reference: str, visit: Amender, broker: TheBroker) -> Response:
    """Ask where to send a receipt."""
    _messenger_of(visit)
    return _page(visit, await tracked(reference, broker))


@router.post("/track/{reference}/receipt")
async def send_receipt(reference: str, visit: Amender, broker: TheBroker) -> Response:
    """Send it, where the caller gave permission."""
    messenger = _messenger_of(visit)
    found = await tracked(reference, broker)
    way = _way_in(visit, messenger)
    address, wrong = "", []
    try:
        address = read_address(way, visit.form.get("address", "")[:300])
    except Unsendable as error:
        wrong.append(Wrong(field="address", message=visit.say.either(str(error))))
    if visit.form.get("agreed") != "yes":
        wrong.append(Wrong(field="agreed", message=visit.say("receipt.ask")))
    if wrong:
        return _page(visit, found, tuple(wrong), 422)
    try:
        await messages.send(_receipt(way, address, found, visit, broker), visit.who.actor, messenger, broker)
    except Unsendable:
        refused = "receipt.refused_text" if way is Way.TEXT else "receipt.refused"
        return _page(visit, found, (Wrong(field="address", message=visit.say(refused)),), 422)
    except ConnectionError as error:
        log.warning("receipt.not_sent", reference=found.reference, reason=str(error))
        return _page(visit, found, (Wrong(field="address", message=visit.say("receipt.not_taken")),), 503)
    return RedirectResponse(f"/track/{found.reference}?sent=1", 303)


def _way_in(visit: Visit, messenger: Messenger) -> Way:
    """The way that was chosen; where there is but one, that."""
    if len(messenger.ways) == 1:
        return next(iter(messenger.ways))
    return Way.TEXT if visit.form.get("way") == Way.TEXT else Way.EMAIL


def _messenger_of(visit: Visit) -> Messenger:
    """What carries receipts. Raises Refusal with 404 where nothing does."""
    messenger: Messenger | None = visit.request.app.state.messenger
    if messenger is None:
        raise not_found()
    return messenger


def _receipt(way: Way, address: str, found: Tracker, visit: Visit, broker: Broker) -> Message:
    council = visit.request.app.state.settings.council
    return Message(
        id=str(uuid4()),
        reference=found.reference,
        way=way,
        address=address,
        said=_text(way, found, visit),
        subject=visit.say("receipt.subject", council=council, reference=found.reference),
        made_at=broker.now(),
    )


@router.get("/outbox")
async def show_outbox(visit: Amender, broker: TheBroker) -> Response:
    """In a demonstration, what would have been sent."""
    if not visit.request.app.state.settings.demo_sign_in:
        raise not_found()
    return visit.page("track/outbox.html", messages=await broker.store.read(messages.outbox()))


def _text(way: Way, found: Tracker, visit: Visit) -> str:
    """The receipt: the reference, and in an e-mail who was told; no personal data, as others may read it too."""
    council = visit.request.app.state.settings.council
    lines = [visit.say("receipt.text", council=council, reference=found.reference)]
    if way is Way.EMAIL:
        lines += [visit.say.either(line.sentence) for line in found.departments]
    return "\n".join(lines)


def _page(visit: Visit, found: Tracker, wrong: tuple[Wrong, ...] = (), status: int = 200) -> Response:
    typed = {name: visit.form.get(name, "") for name in ("way", "address")}
    ways = sorted(_messenger_of(visit).ways)
    return visit.page("track/receipt.html", status, **view_of(found, visit), problems=wrong, typed=typed, ways=ways)
