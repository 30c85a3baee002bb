"""The outcomes door: answers that back offices put on the topic ``outcomes``."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from broker.consuming import keep_up, let_go, take_part
from broker.crash_points import crash_point
from broker.failures.burying import bury
from broker.hearing import hear_all
from broker.kafka import connection
from broker.ledger import BROKER_SOURCE
from broker.notifications import OUTCOMES
from broker.ports import Broker
from broker.record import record_of
from broker.settings import Settings
from schemas.outcome import OutcomeFacts, OutcomeLetter

#: a back office signs its answers with this and its department's name
BACK_OFFICE_SOURCE = "urn:tell-us-once:back-office:"
#: answers read together
MOST = 500


class Outcomes:
    """Reads every answer once, in order; an offset is committed only after the ledger has the answer."""

    def __init__(self, broker: Broker, settings: Settings) -> None:
        self._broker = broker
        self._settings = settings

    async def run(self) -> None:
        """Read for ever. Raises KafkaError or StoreUnavailable: start it again then, from the last commit."""
        consumer = AIOKafkaConsumer(
            **connection(self._settings),
            group_id=self._settings.topic("outcomes"),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
        )
        await consumer.start()
        topic = self._broker.topic(OUTCOMES)
        await take_part(consumer, topic, self._settings)
        try:
            while True:
                batch = await consumer.getmany(timeout_ms=500, max_records=MOST)
                await self._hear([record for records in batch.values() for record in records])
                if batch:
                    crash_point("outcomes.after-hear")
                    await consumer.commit()
                await keep_up(consumer, topic, self._settings)
        finally:
            await let_go(consumer)

    async def _hear(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        """Write down what they say, in the order they were read; what says nothing to us is buried."""
        letters = [(record, _read(record.value)) for record in records]
        believed = [(record, letter) for record, letter in letters if isinstance(letter, OutcomeFacts)]
        standings = await hear_all([letter for _, letter in believed], self._broker, published=True) if believed else []
        unknown = [record for (record, _), standing in zip(believed, standings, strict=True) if standing is None]
        refused = [(record, letter) for record, letter in letters if isinstance(letter, str)]
        for record, reason in [*refused, *((record, "outcome-of-no-delivery") for record in unknown)]:
            await bury(record_of(record), reason, self._broker)


def _read(value: bytes | None) -> OutcomeFacts | str | None:
    """What a record says; a reason where it cannot be believed, and None for what we said ourselves."""
    try:
        letter = OutcomeLetter.model_validate_json(value or b"")
    except (ValidationError, ValueError):
        return "outcome-unreadable"
    if letter.source == BROKER_SOURCE:
        return None
    if letter.source != BACK_OFFICE_SOURCE + letter.data.department:
        return "outcome-of-another-department"
    return letter.data
