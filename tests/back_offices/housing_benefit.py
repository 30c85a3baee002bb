"""The housing benefit office: reads its own Kafka topic and answers on another."""

import argparse
import asyncio
import contextlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import assert_never
from uuid import NAMESPACE_URL, uuid4, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from tests.back_offices.answers import Answer, refused, to_plain
from tests.back_offices.desk import Answered, Desk, Garbled, Reply, Silent, Trade, Unavailable
from tests.back_offices.ending import end_all
from tests.back_offices.housing_benefit_rules import decide, find_claim, find_or_open_claim
from tests.back_offices.letters import Unreadable, read_letter
from tests.back_offices.residents import seed_personal
from tests.back_offices.running import Outage, common_options, directory_of, main_of

DEPARTMENT = "housing-benefit"
TOPIC, OUTCOMES, GROUP = f"departments.{DEPARTMENT}", "outcomes", "housing-benefit-back-office"
SOURCE = f"urn:tell-us-once:back-office:{DEPARTMENT}"
USUAL_LATENCY, BATCH, LOOK_FOR_DUE, STOP_WITHIN = 0.3, 50, 0.2, 10.0
Record = ConsumerRecord[bytes, bytes]
GARBAGE = b"\x00\xffHB050 ABEND S0C7"


def trade(*, everybody: bool) -> Trade:
    """The office's name, numbers and rules; `everybody` has a claim unless residents were loaded."""
    return Trade(
        department=DEPARTMENT,
        receipts="HB",
        case_number="HBC-{:06}".format,
        find_case=find_or_open_claim if everybody else find_claim,
        decide=decide,
        question=("evidence", "Can they send proof of this change?"),
    )


def outcome_letter(delivery: str, answer: Answer, now: datetime, letter_id: str | None = None) -> bytes:
    """The answer as a CloudEvent. The same answer to the same delivery has the same id, unless one is given."""
    plain = {field: value for field, value in to_plain(answer).items() if field not in ("case", "field")}
    letter = {
        "specversion": "1.0",
        "id": letter_id or str(uuid5(NAMESPACE_URL, f"{SOURCE}/{delivery}/{answer.outcome}")),
        "source": SOURCE,
        "type": "uk.tell-us-once.outcome.v1",
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "subject": delivery,
        "data": {"delivery": delivery, "department": DEPARTMENT} | plain,
    }
    return json.dumps(letter).encode()


def words_for(delivery: str, reply: Reply, now: datetime) -> bytes | None:
    """What goes on the outcomes topic for a reply of the desk, if anything."""
    match reply:
        case Answered(due=due, answer=answer):
            return outcome_letter(delivery, Answer(outcome="awaited") if due else answer, now)
        case Unavailable(after=after):
            later = Answer(outcome="deferred", reason="unavailable", again_at=now + timedelta(seconds=after))
            return outcome_letter(delivery, later, now, str(uuid4()))
        case Garbled():
            return GARBAGE
        case Silent():
            return None
        case _:
            assert_never(reply)


class HousingBenefit:
    """The office and its two topics."""

    def __init__(self, desk: Desk, *, kafka: str, topic_prefix: str = "") -> None:
        self._topic, self._outcomes, self._group = (topic_prefix + name for name in (TOPIC, OUTCOMES, GROUP))
        self.desk, self._kafka, self._outage = desk, kafka, Outage(f"housing benefit: Kafka at {kafka}")
        self._stopping, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()

    async def open(self) -> None:
        """Nothing to open: Kafka may be away at the start as at any time."""

    async def close(self) -> None:
        """Finish the letters in hand, and let the directory go."""
        self._stopping.set()
        self.desk.switchboard.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), STOP_WITHIN)
        self.desk.close()

    async def run(self) -> None:
        """Read and answer for ever, however often Kafka goes away."""
        self._idle.clear()
        try:
            while not self._stopping.is_set():
                try:
                    await self._while_connected()
                except (KafkaError, OSError, TimeoutError) as error:
                    await self._outage.wait(type(error).__name__, self._stopping)
        finally:
            self._idle.set()

    async def _while_connected(self) -> None:
        consumer = AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=self._kafka,
            group_id=self._group,
            client_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=10_000,
            session_timeout_ms=10_000,
            max_poll_interval_ms=900_000,
        )
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka,
            client_id=GROUP,
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=15_000,
        )
        try:
            await producer.start()
            await consumer.start()
            self._outage.over()
            await self._work(consumer, producer)
        finally:
            await end_all(consumer.stop, producer.stop, within=STOP_WITHIN)

    async def _work(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        while not self._stopping.is_set():
            await self._tell_due(producer)
            batches = await consumer.getmany(timeout_ms=int(LOOK_FOR_DUE * 1000), max_records=BATCH)
            records = [record for batch in batches.values() for record in batch]
            if not records:
                continue
            done = await asyncio.gather(*(self._in_order(same, producer) for same in _by_key(records)))
            if self._stopping.is_set() and not all(done):
                return  # a letter was left hanging: it is not committed, and comes again
            await consumer.commit({part: batch[-1].offset + 1 for part, batch in batches.items() if batch})

    async def _in_order(self, records: Iterable[Record], producer: AIOKafkaProducer) -> bool:
        for record in records:
            while not await self._answered(record, producer):
                if self._stopping.is_set():
                    return False
        return True

    async def _answered(self, record: Record, producer: AIOKafkaProducer) -> bool:
        letter = read_letter(record.value or b"", DEPARTMENT, _text_key(record.key))
        if isinstance(letter, Unreadable):
            await self._unreadable(letter, record.key, producer)
            return True
        reply = await self.desk.receive(letter)
        words = words_for(letter.delivery, reply, self.desk.now())
        if words is not None:
            await producer.send_and_wait(self._outcomes, words, key=record.key)
        if isinstance(reply, Answered) and not reply.due:
            self.desk.memory.final_sent(letter.delivery)
        return words is not None

    async def _unreadable(self, letter: Unreadable, key: bytes | None, producer: AIOKafkaProducer) -> None:
        self.desk.note_unreadable(letter)
        await self.desk.journal.synced()
        if letter.delivery:
            words = outcome_letter(letter.delivery, refused("unreadable"), datetime.now(UTC))
            await producer.send_and_wait(self._outcomes, words, key=key)

    async def _tell_due(self, producer: AIOKafkaProducer) -> None:
        for kept in self.desk.memory.due(self.desk.now()):
            key = kept.key.encode("latin-1") if kept.key is not None else None
            words = outcome_letter(kept.delivery, kept.answer, self.desk.now())
            await producer.send_and_wait(self._outcomes, words, key=key)
            self.desk.memory.final_sent(kept.delivery)


def _by_key(records: Iterable[Record]) -> Iterable[list[Record]]:
    lanes: dict[object, list[Record]] = {}
    for record in records:
        lanes.setdefault((record.partition, record.key), []).append(record)
    return lanes.values()


def _text_key(key: bytes | None) -> str | None:
    return key.decode("latin-1") if key is not None else None


def options(parser: argparse.ArgumentParser) -> None:
    """What only this office is told at the start."""
    parser.add_argument("--kafka", default="127.0.0.1:9092", help="bootstrap servers")
    parser.add_argument("--topic-prefix", default="", help="put before its topics and its group")


def build(told: argparse.Namespace) -> HousingBenefit:
    """The office that the command line describes. Raises DirectoryTaken."""
    own = trade(everybody=told.residents is None)
    latency = USUAL_LATENCY if told.latency is None else told.latency
    desk = Desk(own, directory_of(told, DEPARTMENT), mode=told.mode, latency=latency)
    if told.residents:
        seed_personal(desk.memory, told.residents, DEPARTMENT, "HBC-{:06}", only_marked=True)
    return HousingBenefit(desk, kafka=told.kafka, topic_prefix=told.topic_prefix)


if __name__ == "__main__":
    main_of("housing_benefit", __doc__ or "", (common_options(8612, latency=USUAL_LATENCY), options), (build,))
