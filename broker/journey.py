"""The journey of a life event.

    intake -> match -> validate -> route -> deliver -> acknowledge

Two legs, because one telling becomes many deliveries that finish hours apart. Everything that a step decides is
appended to the store, so the operator's timeline, the audit and this file tell one story in the same words.
"""

from collections.abc import Sequence

from broker import checks, delivering, dispatching, knowing, recording, routing, settling
from broker.checks import Known
from broker.decision import Decision, Hold, Proceed, Routed
from broker.delivering import Attempted
from broker.ledger import Claim
from broker.notification import Notification, Recorded
from broker.ports import Broker
from broker.recording import Door
from broker.settling import Settled
from broker.standing import Standing


async def tell(notifications: Sequence[Notification], broker: Broker) -> list[Routed]:
    """The first leg: from what informants said, to what each department will be told. Oldest first."""
    known = await match(notifications, broker)
    decisions = validate(notifications, known)
    return await route(notifications, known, decisions, broker)


async def hand_over(claim: Claim, broker: Broker) -> Standing:
    """The second leg: from one department's delivery to its answer."""
    attempted = await deliver(claim, broker)
    [settled] = await acknowledge([attempted], broker)
    return settled.standing


async def intake(letter: bytes, door: Door, broker: Broker) -> Recorded:
    """Read what was said and write it down; only after the commit may anybody be told that we have it.

    Raises Unreadable, Invalid, KeyReused, EarlierNotFound or StoreUnavailable.
    """
    told = recording.read(letter, door, broker)
    return await recording.write(told, broker)


async def match(notifications: Sequence[Notification], broker: Broker) -> list[Known]:
    """Who is each about? Raises DirectoryUnavailable: "could not ask" is never "nobody found"."""
    candidates = await broker.directory.candidates_of([told.event.subject for told in notifications])
    return await knowing.known_of(notifications, candidates, broker)


def validate(notifications: Sequence[Notification], known: Sequence[Known]) -> list[Decision]:
    """May departments be told, in the variant of the schema that fits how sure the match is?"""
    return [checks.judge(told, about) for told, about in zip(notifications, known, strict=True)]


async def route(
    notifications: Sequence[Notification], known: Sequence[Known], decisions: Sequence[Decision], broker: Broker
) -> list[Routed]:
    """Give each department that needs to know its own view, and write down who is told and who is not."""
    routed = [
        _routed(told, about, decision, broker)
        for told, about, decision in zip(notifications, known, decisions, strict=True)
    ]
    return await dispatching.write_routes(routed, broker)


def _routed(told: Notification, about: Known, decision: Decision, broker: Broker) -> Routed:
    match decision:
        case Hold():
            return Routed(told=told, match=about.match, decision=decision, protected=about.protected)
        case Proceed():
            route = routing.choose(told, decision, broker.adapters, about)
            return Routed(
                told=told,
                match=about.match,
                decision=decision,
                deliveries=route.deliveries,
                not_told=route.not_told,
                calls_off=route.calls_off,
                replaces=about.replaces,
                protected=about.protected,
            )


async def deliver(claim: Claim, broker: Broker) -> Attempted:
    """Speak with one back office, once."""
    return await delivering.converse(claim, broker)


async def acknowledge(attempts: Sequence[Attempted], broker: Broker, *, at_hand: bool = False) -> list[Settled]:
    """Write the answers down, tell whoever waits for them, and offer each person's next delivery."""
    return await settling.settle_all(attempts, broker, at_hand=at_hand)
