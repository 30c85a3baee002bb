"""The composition root: builds the broker from settings and adapters, and runs the parts that its roles ask for."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from uuid import uuid4

import uvicorn

from broker import found, gap, gauges, kafka, sweeper
from broker.adapter import Adapter, HandOver
from broker.books import watch_books_for_ever
from broker.carriers import HttpCarrier
from broker.delivery import Department
from broker.directory.directory import Directory
from broker.leading import Leading
from broker.opening import windows_of
from broker.outcomes import Outcomes
from broker.parts import Part, run_until
from broker.ports import Broker, Carrier
from broker.relay import Relay
from broker.replays.driving import Driver
from broker.replays.plan import Limits
from broker.replays.releases import note_releases
from broker.schema import bring_up_to_date
from broker.screens.app import make_screens
from broker.screens.door import one_door
from broker.screens.forgetting import forget_for_ever
from broker.screens.loopback import refuse_demo_elsewhere
from broker.settings import BackOffice, Role, Settings
from broker.store import Store
from broker.stream import Router
from broker.telemetry import log
from broker.timing import Timing
from broker.web.app import make_app
from broker.web.serving import listen, listening


def build(settings: Settings, store: Store) -> Broker:
    """Put a broker together. The store is open and up to date."""
    adapters = found.adapters()
    return Broker(
        store=store,
        directory=Directory(store),
        adapters=adapters,
        carriers={adapter.department: carrier for adapter in adapters if (carrier := _carrier(adapter, settings))},
        timing=timing_of(settings),
        retry_waits=settings.retry_seconds,
        park_waits=settings.park_seconds,
        windows=windows_of(adapters, settings),
        worker=str(uuid4()),
        choices=settings.choices,
        replays=_replays(adapters, settings),
    )


def _replays(adapters: Sequence[Adapter], settings: Settings) -> Limits:
    """What the settings, and each department's own limits, leave to a replay."""
    offices = {one.department: settings.back_offices.get(one.department, BackOffice()) for one in adapters}
    rates = {one.department: offices[one.department].rate or one.rate for one in adapters}
    return Limits(
        alone_up_to=settings.replay_alone_up_to,
        stop_percent=settings.replay_stop_percent,
        share_percent=settings.replay_share_percent,
        in_flight={department: office.in_flight for department, office in offices.items()},
        rates={department: rate for department, rate in rates.items() if rate is not None},
    )


def timing_of(settings: Settings) -> Timing:
    """The waits and bounds that the settings say."""
    return Timing(
        republish_after=timedelta(seconds=settings.republish_seconds),
        lease=_lease(settings),
        topic_prefix=settings.topic_prefix,
        cool_off=timedelta(seconds=settings.cool_off_seconds),
        most_parked=settings.most_parked,
        most_behind=settings.most_behind,
    )


def _lease(settings: Settings) -> timedelta:
    """Longer than a conversation can take, or a second process would speak while the first still does."""
    longest = max((office.timeout_seconds for office in settings.back_offices.values()), default=0.0)
    return timedelta(seconds=max(settings.lease_seconds, 3 * longest))


def _carrier(adapter: Adapter, settings: Settings) -> Carrier | None:
    back_office = settings.back_offices.get(adapter.department, BackOffice())
    if adapter.hand_over is not HandOver.CALLED or back_office.base_url is None:
        return None
    token = back_office.token.get_secret_value().strip() if back_office.token else None
    return HttpCarrier(back_office.base_url, token=token, timeout=back_office.timeout_seconds)


def parts(broker: Broker, settings: Settings, address: socket.socket | None) -> list[Part]:
    """The parts that this process's roles ask for; ``address`` is where the API listens."""
    departments = [adapter.department for adapter in broker.adapters]
    reached = partial(kafka.until_reached, settings, departments)
    made: list[Part] = [Part(name="gauges", run=partial(gauges.watch_for_ever, broker))]
    if address is not None:
        made.append(Part(name="web", run=partial(_serve, broker, settings, address)))
        made.append(Part(name="forgetting", run=partial(forget_for_ever, broker)))
    if Role.ROUTER in settings.roles:
        routing = _routing(broker, settings, reached)
        # Beside others on one database, only while this process leads them.
        lead = Leading("router", broker.worker, routing, broker.store)
        made += routing if settings.is_alone else [Part(name="leader", run=lead.run)]
    if Role.DELIVERY in settings.roles:
        made += [
            _engine(adapter, broker, settings, reached)
            for adapter in broker.adapters
            if adapter.hand_over is HandOver.CALLED
        ]
    return made


def _routing(broker: Broker, settings: Settings, reached: Callable[[], Awaitable[None]]) -> list[Part]:
    return [
        Part(name="relay", run=Relay(broker.store, settings).run, after=reached),
        Part(name="router", run=Router(broker, settings).run, after=reached),
        Part(name="sweeper", run=partial(sweeper.sweep_for_ever, broker)),
        Part(name="replays", run=Driver(broker, alone=settings.is_alone).run),
        Part(name="books", run=partial(watch_books_for_ever, broker)),
        Part(name="gap", run=partial(gap.say_at_the_start, broker, settings), after=reached),
        Part(name="outcomes", run=Outcomes(broker, settings).run, after=reached),
    ]


def _engine(adapter: Adapter, broker: Broker, settings: Settings, reached: Callable[[], Awaitable[None]]) -> Part:
    in_flight = settings.back_offices.get(adapter.department, BackOffice()).in_flight
    engine = Department(adapter.department, in_flight, broker, settings)
    return Part(name=f"delivery.{adapter.department}", run=engine.run, after=reached)


async def _serve(broker: Broker, settings: Settings, address: socket.socket) -> None:
    door = one_door(make_app(broker, settings), make_screens(broker, settings))
    server = uvicorn.Server(listening(door, settings))
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # signals are caught in run()
    try:
        await server.serve(sockets=[address.dup()])
    except asyncio.CancelledError:
        server.should_exit = True
        await server.shutdown()
        raise


async def run(settings: Settings) -> None:
    """Run this process until it is told to stop. Raises AlreadyRunning, CannotListen or StoreUnavailable at the start."""
    if Role.WEB in settings.roles:
        refuse_demo_elsewhere(settings)
    store = Store(settings.store_url).open()
    try:
        address = listen(settings) if Role.WEB in settings.roles else None
        bring_up_to_date(store)
        broker = build(settings, store)
        await sweeper.take_over(broker, alone=settings.is_alone)
        await note_releases(broker)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        log.info("broker.started", roles=",".join(settings.roles), kafka=settings.kafka)
        await run_until(stop, parts(broker, settings, address))
        for carrier in broker.carriers.values():
            await carrier.close()
        log.info("broker.stopped")
    finally:
        store.close()
