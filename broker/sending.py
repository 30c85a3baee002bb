"""Sending: one delivery from its claim to its answer, inside a department's limits."""

import asyncio
from collections.abc import Callable, Sequence

from broker import acknowledging, claims, journey
from broker.claims import Claim
from broker.delivering import Attempted
from broker.gate import Gate
from broker.grouping import Group
from broker.pace import Pace
from broker.parts import was_told_to_end
from broker.ports import Broker
from broker.settling import Settled
from broker.standing import URGENT, Standing
from broker.store import StoreUnavailable
from broker.telemetry import ATTEMPTS, IN_FLIGHT, PUT_BACK, REPEATS, log

#: seconds before the database is asked again
PAUSE = 1.0
#: with a rate, no more are claimed than leave in so many seconds: a claim must not outlive its lease
_AHEAD_SECONDS = 10.0


class Work:
    """One delivery that an engine has in hand."""

    __slots__ = ("claiming", "delivery_id", "jump")

    def __init__(self, delivery_id: str, jump: int) -> None:
        self.delivery_id = delivery_id
        self.jump = jump
        #: from here on it must be brought to its end
        self.claiming = False


class Sender:
    """Sends for one department. A claim is committed before a slot is taken, and a slot is held for the call alone."""

    def __init__(
        self, gate: Gate, in_flight: int, rate: float | None, broker: Broker, hand_on: Callable[[str], None]
    ) -> None:
        self._gate = gate
        self._broker = broker
        #: told of a person's next delivery, when the one before it is answered
        self._hand_on = hand_on
        self._pace = Pace(rate) if rate else None
        ahead = min(in_flight, max(2, int(rate * _AHEAD_SECONDS))) if rate else in_flight
        #: claims that wait for a slot
        self._ahead = asyncio.Semaphore(max(2, ahead))
        self._claims = Group[str, Claim | None](self._claim_all)
        self._answers = Group[Attempted, Settled](lambda heard: journey.acknowledge(heard, broker, at_hand=True))
        IN_FLIGHT.labels(gate.department).set_function(lambda: gate.slots.taken)

    async def send(self, work: Work) -> None:
        """Bring one delivery as far as it comes now; returns when what became of it is durable."""
        while True:
            try:
                if await self._once(work):
                    return
                work.claiming = False
            except StoreUnavailable:
                work.claiming = False
                await asyncio.sleep(PAUSE)
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and was_told_to_end():
                    raise
                # A fault of ours in one delivery, or a cancellation that nobody ordered, puts that one aside.
                log.error("part.failed", part=f"delivery.{self._gate.department}", error=type(error).__name__)
                await self._put_aside(work)
                return

    async def _once(self, work: Work) -> bool:
        """One attempt; False where the delivery was given back and is to be sent when the department is well."""
        gate = self._gate
        passage = await gate.passage(work.jump)
        used = False
        try:
            async with self._ahead:
                claim = await self._claim(work)
                if claim is None:
                    REPEATS.labels(gate.department).inc()
                    return True  # a repeat on the topic
                await self._take_slot(first=work.jump == URGENT)
            try:
                if not gate.may_leave(work.jump, passage):
                    await self._give_back(claim)
                    return False
                used = True
                attempted = await self._call(claim)
            finally:
                gate.slots.give_back()
        finally:
            if not used:
                gate.unused(passage)
        return await self._written(attempted)

    async def _claim(self, work: Work) -> Claim | None:
        work.claiming = True
        return await self._claims.add(work.delivery_id)

    async def _claim_all(self, delivery_ids: Sequence[str]) -> list[Claim | None]:
        broker = self._broker
        claimed = await broker.store.write(
            lambda tx: claims.claim_all(tx, delivery_ids, broker.worker, broker.now(), broker.timing)
        )
        # A delivery that lay on the topic twice is sent once.
        left = dict(claimed)
        return [left.pop(delivery_id, None) for delivery_id in delivery_ids]

    async def _take_slot(self, *, first: bool) -> None:
        """Take a slot, then a moment: moments that are kept while slots are few would all be used at once later."""
        slots = self._gate.slots
        await slots.take(first=first)
        try:
            if self._pace is not None:
                await self._pace.wait()
        except BaseException:
            slots.give_back()
            raise

    async def _call(self, claim: Claim) -> Attempted:
        attempted = await journey.deliver(claim, self._broker)
        judged = self._gate.heard(attempted.heard)
        if judged.counts and judged.heard is attempted.heard:
            return attempted
        return Attempted(claim=claim, heard=judged.heard, ended_at=attempted.ended_at, counts=judged.counts)

    async def _written(self, attempted: Attempted) -> bool:
        """Write the answer down, however long the database is away: it is the only one who heard it."""
        while True:
            try:
                standing, behind = await self._answers.add(attempted)
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)
            else:
                break
        if behind is not None:
            self._hand_on(behind)
        if standing is Standing.WAITING:
            PUT_BACK.labels(self._gate.department).inc()
            return False
        ATTEMPTS.labels(self._gate.department, standing).inc()
        return True

    async def _give_back(self, claim: Claim) -> None:
        PUT_BACK.labels(self._gate.department).inc()
        await acknowledging.put_back(claim, self._broker)

    async def _put_aside(self, work: Work) -> None:
        while True:
            try:
                await acknowledging.park(work.delivery_id, acknowledging.INTERNAL_ERROR, self._broker)
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)
            except Exception as error:
                # Its lease ends, or it is published again: the sweeper finds it.
                log.error("part.failed", part=f"delivery.{self._gate.department}", error=type(error).__name__)
                return
            else:
                return
