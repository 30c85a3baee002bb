"""The stream door: life events that arrive on the topic, and the first leg for all of them. The only user of Faust.

The agent never raises and sends nothing: its commit to the database is the routing, and the relay publishes. A record
is acknowledged to Kafka only after that commit. Our own records only say that there is work: what is routed is read
from the database, oldest first, so a record that Kafka lost or reordered changes nothing.
"""

import asyncio
import tempfile
from datetime import timedelta
from typing import Any

import faust

import broker.safe_transport  # noqa: F401 - teaches Faust the scheme safe://
from broker import journey, notifications
from broker.crash_points import crash_point
from broker.echoes import others_than_echoes
from broker.failures import burying
from broker.failures.sticking import stick, stick_by_id
from broker.kafka import METADATA_MS, tls
from broker.notification import CannotReadBack, EarlierNotFound, KeyReused, Notification
from broker.notifications import LIFE_EVENTS
from broker.ports import Broker, DirectoryUnavailable
from broker.record import Record
from broker.recording import Door
from broker.settings import Settings
from broker.store import StoreUnavailable
from broker.telemetry import ROUTED, log
from schemas.problems import Invalid
from schemas.reading import Unreadable

#: records taken together, and how long the first waits for others (seconds)
MOST, LINGER = 200, 0.01
#: seconds before the database or the directory is asked again
PAUSE = 1.0
#: seconds between looks at whether the stream is silent, and of silence before it is started again
WATCH, SILENCE = 2.0, 15.0
#: what has waited so long is routed without its record
LATE = timedelta(seconds=2)
#: a record longer than this is buried unread
LONGEST_RECORD = 65_536


class StreamSilent(Exception):
    """Work waited, and the stream hands nothing out."""


class Router:
    """Takes records in and runs the first leg, in batches, for one process."""

    def __init__(self, broker: Broker, settings: Settings) -> None:
        self._broker = broker
        self._settings = settings
        self._box: asyncio.Queue[Any] = asyncio.Queue(MOST * 2)
        self._heard_at: float | None = None
        #: something that waits was routed before its record came
        self._overtaken = False
        #: records have been handed out, and we are still at work on them
        self._in_hand = False
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Route for ever. Raises when Faust has crashed, or has gone silent: start it again then."""
        app = self._app()
        self._heard_at, self._overtaken, self._in_hand = None, False, False
        tasks = [
            asyncio.create_task(self._flush_for_ever()),
            asyncio.create_task(self._watch_for_ever()),
            asyncio.create_task(self._route_for_ever()),
        ]
        try:
            await app.start()
            while not app.crashed:
                await asyncio.wait(tasks, timeout=0.5, return_when=asyncio.FIRST_EXCEPTION)
                for done in [task for task in tasks if task.done()]:
                    done.result()
            raise RuntimeError("the stream stopped")
        finally:
            for task in tasks:
                task.cancel()
            # wait(), not wait_for(): Faust swallows a cancellation while it stops.
            await asyncio.wait({asyncio.ensure_future(app.stop())}, timeout=20)

    async def _watch_for_ever(self) -> None:
        """A consumer can go silent without an error, and then only the database knows that there is work."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            await asyncio.sleep(WATCH)
            if self._in_hand or loop.time() - (self._heard_at or began) < SILENCE:
                continue  # while a backlog keeps us busy, we are not listening
            if self._overtaken:
                raise StreamSilent("work waited, and its records were not heard")

    async def _route_for_ever(self) -> None:
        """What the database says is waiting need not wait for Kafka, for a dead process's session or a silent stream."""
        while True:
            late = self._broker.now() - LATE
            try:
                self._overtaken |= await self._broker.store.read(notifications.any_waiting_since(late))
            except StoreUnavailable as error:
                log.warning("router.stalled", error=type(error).__name__)
            if self._overtaken or self._heard_at is None:
                await self._route()
            await asyncio.sleep(PAUSE)

    async def _route(self) -> None:
        async with self._turn:
            try:
                await route_waiting(self._broker)
            except (StoreUnavailable, DirectoryUnavailable) as error:
                log.warning("router.stalled", error=type(error).__name__)

    def _app(self) -> faust.App:
        settings = self._settings
        servers = ",".join(f"safe://{server.strip()}" for server in settings.kafka.split(","))
        app = faust.App(
            settings.topic("router"),
            broker=servers.replace(",safe://", ";"),
            broker_credentials=_credentials(settings),
            datadir=tempfile.mkdtemp(prefix="tuo-router-"),
            store="memory://",
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            stream_wait_empty=False,
            stream_buffer_maxsize=MOST * 2,
            producer_linger=0.0,
            broker_commit_interval=1.0,
            # What Kafka allows at the least: a process that was killed is missed for this long.
            broker_session_timeout=6,
            broker_heartbeat_interval=1,
            broker_request_timeout=60,
            consumer_metadata_max_age_ms=METADATA_MS,
            producer_metadata_max_age_ms=METADATA_MS,
        )
        source = app.topic(
            settings.topic(LIFE_EVENTS), key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw"
        )

        async def take(stream: Any) -> None:  # noqa: ANN401 - Faust's stream
            async for record in stream.noack().events():
                await self._box.put(record)

        app.agent(source)(take)
        return app

    async def _flush_for_ever(self) -> None:
        while True:
            records = await self._next_batch()
            self._in_hand = True
            await self._until_done([_record(record) for record in records])
            crash_point("router.after-commit")
            for record in records:
                record.ack()
            self._heard_at = asyncio.get_running_loop().time()
            self._overtaken = self._in_hand = False

    async def _next_batch(self) -> list[Any]:
        batch = [await self._box.get()]
        try:
            async with asyncio.timeout(LINGER):
                while len(batch) < MOST:
                    batch.append(await self._box.get())
        except TimeoutError:
            pass
        return batch

    async def _until_done(self, records: list[Record]) -> None:
        while True:
            try:
                new = await others_than_echoes(records, self._broker)
                # Side by side, so that they share commits; each is queued for the writer in the order it was read.
                await asyncio.gather(*[take_in(record, self._broker) for record in new])
                async with self._turn:
                    await route_waiting(self._broker)
                return
            except (StoreUnavailable, DirectoryUnavailable) as error:
                log.warning("router.stalled", error=type(error).__name__)
                await asyncio.sleep(PAUSE)


async def take_in(record: Record, broker: Broker) -> None:
    """Intake of one record: written down, known already, or buried with its bytes. Raises StoreUnavailable."""
    reason = _unfit(record)
    if reason is None and record.value is not None:
        try:
            await journey.intake(record.value, Door(source="topic", actor="topic", from_topic=True), broker)
            return
        except Unreadable as error:
            reason = error.code
        except Invalid as error:
            reason = error.problems[0].code if error.problems else "invalid"
        except KeyReused:
            reason = "fingerprint-mismatch"
        except EarlierNotFound:
            reason = "earlier-not-found"
        except StoreUnavailable:
            raise
        except Exception as error:
            log.error("part.failed", part="intake", error=type(error).__name__)
            reason = "internal-error"
    await burying.bury(record, reason or "empty", broker)


def _unfit(record: Record) -> str | None:
    if record.key is None:
        return "no-key"
    if record.value is None:
        return "empty"
    return "too-long" if len(record.value) > LONGEST_RECORD else None


async def route_waiting(broker: Broker) -> int:
    """Run the first leg for everything that waits, oldest first. Raises StoreUnavailable or DirectoryUnavailable."""
    done = 0
    while waiting := await _waiting(broker):
        together = _before_its_own_correction(waiting)
        await _tell(together, broker)
        done += len(together)
    return done


async def _waiting(broker: Broker) -> list[Notification]:
    while True:
        try:
            return await broker.store.read(notifications.waiting_for_a_route(MOST))
        except CannotReadBack as error:
            await stick_by_id(error.id, type(error).__name__, broker)


def _before_its_own_correction(waiting: list[Notification]) -> list[Notification]:
    """Those that may be judged together.

    A correction is judged when what it corrects has been routed, and what follows it when the directory is put right.
    """
    ids: set[str] = set()
    for place, one in enumerate(waiting):
        if one.earlier in ids or (place and waiting[place - 1].earlier):
            return waiting[:place]
        ids.add(one.id)
    return waiting


async def _tell(waiting: list[Notification], broker: Broker) -> None:
    try:
        for routed in await journey.tell(waiting, broker):
            ROUTED.labels(type(routed.decision).__name__.lower()).inc()
    except (StoreUnavailable, DirectoryUnavailable):
        raise
    except Exception as error:
        if len(waiting) == 1:
            await stick(waiting[0], type(error).__name__, broker)
            return
        for one in waiting:  # find the one that breaks us; the others go on
            await _tell([one], broker)


def _record(event: Any) -> Record:  # noqa: ANN401 - Faust's event
    message = event.message
    return Record(
        topic=message.topic,
        partition=message.partition,
        position=message.offset,
        key=message.key,
        value=message.value,
        headers=dict(message.headers or {}),
    )


def _credentials(settings: Settings) -> faust.SASLCredentials | faust.SSLCredentials | None:
    context = tls(settings) if "SSL" in settings.kafka_security else None
    if "SASL" in settings.kafka_security:
        password = settings.kafka_password.get_secret_value() if settings.kafka_password else None
        return faust.SASLCredentials(
            username=settings.kafka_username,
            password=password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
