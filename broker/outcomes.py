"""The outcomes door: answers that back offices put on the topic ``outcomes``."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from broker import acknowledging
from broker.consuming import take_part
from broker.crash_points import crash_point
from broker.failures.burying import bury
from broker.kafka import connection
from broker.ledger import BROKER_SOURCE
from broker.notifications import OUTCOMES
from broker.ports import Broker
from broker.record import record_of
from broker.settings import Settings
from schemas.outcome import OutcomeLetter

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
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
        )
        await consumer.start()
        await take_part(consumer, self._broker.topic(OUTCOMES), self._settings)
        try:
            while True:
                batch = await consumer.getmany(timeout_ms=500, max_records=MOST)
                # Side by side, so that they share commits; each is queued for the writer in the order it was read.
                await asyncio.gather(*[self._hear(record) for records in batch.values() for record in records])
                if batch:
                    crash_point("outcomes.after-hear")
                    await consumer.commit()
        finally:
            await consumer.stop()

    async def _hear(self, record: ConsumerRecord[Any, Any]) -> None:
        reason: str | None = None
        try:
            letter = OutcomeLetter.model_validate_json(record.value or b"")
        except (ValidationError, ValueError):
            reason = "outcome-unreadable"
        else:
            if letter.source == BROKER_SOURCE:
                return
            reason = await self._believe(letter)
        if reason is not None:
            await bury(record_of(record), reason, self._broker)

    async def _believe(self, letter: OutcomeLetter) -> str | None:
        if letter.source != BACK_OFFICE_SOURCE + letter.data.department:
            return "outcome-of-another-department"
        standing = await acknowledging.hear(letter.data, self._broker, published=True)
        return None if standing is not None else "outcome-of-no-delivery"
