"""The electoral registration office: collects its letters from the broker and acknowledges each one."""

import argparse
import asyncio
import contextlib
from collections.abc import Mapping
from typing import assert_never

import aiohttp

from tests.back_offices.answers import Answer, refused, to_plain
from tests.back_offices.desk import Answered, Desk, Garbled, Reply, Silent, Trade, Unavailable
from tests.back_offices.electoral_rules import decide, find_elector, find_or_enter_elector
from tests.back_offices.letters import Unreadable, canonical, read_letter
from tests.back_offices.residents import seed_personal
from tests.back_offices.running import Outage, common_options, directory_of, main_of

DEPARTMENT = "electoral-registration"
PAGE, EVERY, CALL_WITHIN = 20, 1.0, 15.0
GARBAGE = b"\x00\xff<ems><ack/>"
FAILURES = ("refused", "deferred")


class BrokerAway(Exception):
    """The broker did not answer as its contract says; the text says how, in a word or two."""


def trade(*, everybody: bool) -> Trade:
    """The office's name, numbers and rules; `everybody` is registered unless residents were loaded."""
    return Trade(
        department=DEPARTMENT,
        receipts="ER",
        case_number="ELR-{:06}".format,
        find_case=find_or_enter_elector if everybody else find_elector,
        decide=decide,
        question=("occurred_on", "On what date did it happen?"),
    )


def acknowledgement(answer: Answer) -> dict[str, object]:
    """The body of an acknowledgement."""
    plain = to_plain(answer)
    status = "failure" if answer.outcome in FAILURES else "success"
    return {"status": status} | {field: plain[field] for field in ("outcome", "receipt", "reason", "question", "by")}


def words_for(reply: Reply) -> bytes | None:
    """The bytes to acknowledge with for a reply of the desk; None leaves the letter where it is."""
    match reply:
        case Answered(due=due, answer=answer):
            return canonical(acknowledgement(Answer(outcome="awaited") if due else answer))
        case Unavailable():
            return canonical(acknowledgement(Answer(outcome="deferred", reason="unavailable")))
        case Garbled():
            return GARBAGE
        case Silent():
            return None
        case _:
            assert_never(reply)


class Electoral:
    """The office and its way to the broker."""

    def __init__(self, desk: Desk, *, broker: str, key: str, every: float) -> None:
        self.desk, self._every = desk, every
        self._address = f"{broker.rstrip('/')}/api/v1/departments/{DEPARTMENT}/deliveries"
        self._signed = {"Authorization": f"Bearer {key}"}
        self._outage = Outage(f"electoral registration: the broker at {broker}")
        self._stopping, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()

    async def open(self) -> None:
        """Nothing to open: the broker may be away at the start as at any time."""

    async def close(self) -> None:
        """Finish the letter in hand, and let the directory go."""
        self._stopping.set()
        self.desk.switchboard.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), CALL_WITHIN + 1)
        self.desk.close()

    async def run(self) -> None:
        """Collect and acknowledge for ever, however often the broker goes away."""
        self._idle.clear()
        patience = aiohttp.ClientTimeout(total=CALL_WITHIN)
        try:
            async with aiohttp.ClientSession(headers=self._signed, timeout=patience) as session:
                while not self._stopping.is_set():
                    await self._turn(session)
        finally:
            self._idle.set()

    async def _turn(self, session: aiohttp.ClientSession) -> None:
        try:
            await self._tell_due(session)
            found = await self._collect(session)
        except (aiohttp.ClientError, TimeoutError, OSError, BrokerAway) as error:
            await self._outage.wait(
                str(error) if isinstance(error, BrokerAway) else type(error).__name__, self._stopping
            )
            return
        self._outage.over()
        if not found:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every)

    async def _collect(self, session: aiohttp.ClientSession) -> bool:
        """Take one page; True when it was full and acknowledged, so that more may be waiting."""
        async with session.get(self._address, params={"limit": str(PAGE)}) as response:
            _expect(response, 200)
            page = await response.json()
        items = page.get("items") if isinstance(page, dict) else None
        if not isinstance(items, list):
            raise BrokerAway("a page without items")
        settled = [await self._take(session, item) for item in items if not self._stopping.is_set()]
        return len(settled) >= PAGE and all(settled)

    async def _take(self, session: aiohttp.ClientSession, item: object) -> bool:
        letter = read_letter(canonical(item), DEPARTMENT)
        if isinstance(letter, Unreadable):
            self.desk.note_unreadable(letter)
            await self.desk.journal.synced()
            words: bytes | None = canonical(acknowledgement(refused("unreadable")))
            return letter.delivery is not None and await self._acknowledge(session, letter.delivery, words)
        reply = await self.desk.receive(letter)
        told = await self._acknowledge(session, letter.delivery, words_for(reply))
        if told and isinstance(reply, Answered) and not reply.due:
            self.desk.memory.final_sent(letter.delivery)
        return told

    async def _acknowledge(self, session: aiohttp.ClientSession, delivery: str, words: bytes | None) -> bool:
        """Tell the broker; True when it need not be told again (taken, unknown, or settled otherwise)."""
        if words is None:
            return False
        header: Mapping[str, str] = {"Content-Type": "application/json"}
        async with session.put(f"{self._address}/{delivery}", data=words, headers=header) as response:
            if words == GARBAGE and response.status < 500:
                return False
            _expect(response, 200, 204, 404, 409)
            return True

    async def _tell_due(self, session: aiohttp.ClientSession) -> None:
        for kept in self.desk.memory.due(self.desk.now()):
            if await self._acknowledge(session, kept.delivery, words_for(Answered(answer=kept.answer, repeat=True))):
                self.desk.memory.final_sent(kept.delivery)


def _expect(response: aiohttp.ClientResponse, *statuses: int) -> None:
    if response.status in (401, 403):
        raise BrokerAway("it does not accept our key; see --broker-key")
    if response.status not in statuses:
        raise BrokerAway(f"it answered {response.status}")


def options(parser: argparse.ArgumentParser) -> None:
    """What only this office is told at the start."""
    parser.add_argument("--broker", default="http://127.0.0.1:8000", help="the broker's address")
    parser.add_argument("--broker-key", default="demo-electoral-registration", help="our bearer key at the broker")
    parser.add_argument("--every", type=float, default=EVERY, help="seconds between looks (300 in life)")


def build(told: argparse.Namespace) -> Electoral:
    """The office that the command line describes. Raises DirectoryTaken."""
    own = trade(everybody=told.residents is None)
    desk = Desk(own, directory_of(told, DEPARTMENT), mode=told.mode, latency=told.latency or 0.0)
    if told.residents:
        seed_personal(desk.memory, told.residents, DEPARTMENT, "ELR-{:06}", only_marked=False)
    return Electoral(desk, broker=told.broker, key=told.broker_key, every=told.every)


if __name__ == "__main__":
    main_of("electoral", __doc__ or "", (common_options(8613), options), (build,))
