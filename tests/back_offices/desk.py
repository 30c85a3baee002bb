"""The desk of an office: sees a letter, decides once, remembers, writes the journal, and behaves as switched."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import assert_never

from tests.back_offices import undoing
from tests.back_offices.answers import Answer, needs, not_held, refused, to_plain
from tests.back_offices.days import working_days_after
from tests.back_offices.journal import Journal
from tests.back_offices.letters import Letter, Unreadable, fields_of
from tests.back_offices.memory import Memory
from tests.back_offices.modes import Mode, Switch, Switchboard
from tests.back_offices.rulings import Case, Decide, Known, Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer; `due` is set while it must not be told yet."""

    answer: Answer
    repeat: bool
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """No answer at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """Nothing was done; try again after so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class Garbled:
    """Nothing was done, and the answer is unreadable."""


Reply = Answered | Silent | Unavailable | Garbled


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What makes one office different: its name, numbers and rules."""

    department: str
    receipts: str
    case_number: Callable[[int], str]
    find_case: Callable[[Letter, Memory], Case | None]
    decide: Decide
    question: tuple[str, str]
    hang_seconds: float = 30.0


def _stays() -> bool:
    return False


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """One office's memory, journal and switches, and the one way in which a letter goes through them."""

    def __init__(
        self,
        trade: Trade,
        directory: Path,
        *,
        mode: Mode = "ok",
        latency: float = 0.0,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.trade, self.latency, self.now = trade, latency, now
        self.journal = Journal(directory / "journal.jsonl")
        self.directory = directory
        self.memory = Memory(directory / "memory.sqlite")
        self.switchboard = Switchboard(mode)
        self.repeats = 0

    def close(self) -> None:
        """Let the directory go."""
        self.memory.close()
        self.journal.close()

    async def receive(self, letter: Letter, gone: Callable[[], bool] = _stays) -> Reply:
        """The office's reply to a letter, when the journal holds it."""
        reply = await self._as_switched(self.switchboard.draw(letter.subject), letter, gone)
        await self.journal.synced()
        return reply

    async def _as_switched(self, switch: Switch, letter: Letter, gone: Callable[[], bool]) -> Reply:
        match switch.mode:
            case "hang":
                self._note_untouched(letter, "hung")
                return await self._hang(switch, gone)
            case "error":
                self._note_untouched(letter, "unavailable")
                return Unavailable(after=_seconds(switch, 1.0))
            case "garbage":
                self._note_untouched(letter, "garbage")
                return Garbled()
            case "apply_then_hang":
                answered = await self._answer(letter, switch)
                return answered if answered.repeat else await self._hang(switch, gone)
            case "slow":
                await self.switchboard.pause(_seconds(switch, 5.0), gone=_stays)
                return await self._answer(letter, switch)
            case "ok" | "refuse" | "ask" | "later" | "not_held":
                return await self._answer(letter, switch)
            case _:
                assert_never(switch.mode)

    async def look_up(self, delivery: str, gone: Callable[[], bool] = _stays) -> Reply | None:
        """What became of a delivery, for somebody who asks; None when it was never decided."""
        switch = self.switchboard.draw(self.memory.person_of(delivery))
        self.note({"delivery": delivery, "kind": "look_up"}, answer="looked_up")
        await self.journal.synced()
        match switch.mode:
            case "hang":
                return await self._hang(switch, gone)
            case "error":
                return Unavailable(after=_seconds(switch, 1.0))
            case "garbage":
                return Garbled()
            case "slow":
                await self.switchboard.pause(_seconds(switch, 5.0), gone=_stays)
            case "ok" | "refuse" | "ask" | "later" | "not_held" | "apply_then_hang":
                pass
            case _:
                assert_never(switch.mode)
        if told := self._told_before(delivery):
            return told
        kept_out = self.memory.kept_out(delivery)
        return Answered(answer=refused(kept_out), repeat=True) if kept_out else None

    async def _hang(self, switch: Switch, gone: Callable[[], bool]) -> Silent:
        await self.journal.synced()
        await self.switchboard.pause(_seconds(switch, self.trade.hang_seconds), gone=gone, unless_turned=switch)
        return Silent()

    def _told_before(self, delivery: str) -> Answered | None:
        kept = self.memory.answer_to(delivery)
        if kept is None:
            return None
        waiting = kept.due is not None and kept.due > self.now()
        return Answered(answer=kept.answer, repeat=True, due=kept.due if waiting else None)

    async def _answer(self, letter: Letter, switch: Switch) -> Answered:
        if self.latency and self.memory.answer_to(letter.delivery) is None:
            await asyncio.sleep(self.latency)
        # From here to the return nothing waits, so two of the same letter cannot both be the first.
        if told := self._told_before(letter.delivery):
            self.repeats += 1
            self.memory.see(letter.delivery, letter.subject)
            self._note(letter, "repeat", told.answer, first_time=False, effect=False)
            return told
        with self.memory.together():
            kept_out = self.memory.kept_out(letter.delivery)
            return self._refuse(letter, kept_out) if kept_out else self._decide(letter, switch)

    def _refuse(self, letter: Letter, reason: str) -> Answered:
        """Without any effect: it was taken back or put right before it came."""
        first_time, answer = self.memory.see(letter.delivery, letter.subject), refused(reason)
        self._note(letter, answer.outcome, answer, first_time=first_time, effect=False)
        self.memory.remember(letter, answer, (), None)
        return Answered(answer=answer, repeat=False)

    def _decide(self, letter: Letter, switch: Switch) -> Answered:
        first_time = self.memory.see(letter.delivery, letter.subject)
        wrong = letter.withdraws or letter.corrects
        earlier = self.memory.earlier(wrong) if wrong else None
        known = Known(
            today=self.now().date(),
            next_case=self.memory.free_reference(self.trade.case_number),
            case=self.trade.find_case(letter, self.memory),
            earlier=earlier,
        )
        ruling = self._switched_ruling(letter, known, switch.mode)
        answer = self._with_receipt(ruling.answer)
        due = self.now() + timedelta(seconds=_seconds(switch, 2.0)) if switch.mode == "later" else None
        said = "pending" if due else answer.outcome
        self._note(letter, said, answer, first_time=first_time, effect=True)
        self.memory.remember(letter, answer, ruling.cases, due)
        if earlier and undoing.undoes(letter, earlier, ruling):
            self.memory.mark_undone(earlier.delivery)
            if letter.kind != "withdrawal":
                self.memory.inherit(letter.delivery, earlier)
        if wrong and (reason := undoing.keeps_out(letter, answer)):
            self.memory.keep_out(wrong, reason)
        return Answered(answer=answer, repeat=False, due=due)

    def _switched_ruling(self, letter: Letter, known: Known, mode: Mode) -> Ruling:
        if letter.fault:
            return Ruling(answer=refused(letter.fault.reason, letter.fault.field))
        if mode == "refuse":
            return Ruling(answer=refused("switched-to-refuse"))
        if mode == "not_held":
            return Ruling(answer=not_held("switched-to-not-held"))
        if mode == "ask":
            return Ruling(answer=needs(*self.trade.question, working_days_after(known.today, 20)))
        return undoing.rule(letter, known, self.trade.decide)

    def _with_receipt(self, answer: Answer) -> Answer:
        if answer.outcome not in undoing.ACTED:
            return answer
        return replace(answer, receipt=f"{self.trade.receipts}-{self.memory.next_number('receipt'):06}")

    def _note_untouched(self, letter: Letter, said: str) -> None:
        first_time = self.memory.see(letter.delivery, letter.subject)
        self._note(letter, said, None, first_time=first_time, effect=False)

    def _note(self, letter: Letter, said: str, answer: Answer | None, *, first_time: bool, effect: bool) -> None:
        sent: dict[str, object] = {
            "delivery": letter.delivery,
            "notification": letter.notification,
            "subject": letter.subject,
            "sequence": letter.sequence,
            "revision": letter.revision,
            "kind": letter.kind,
            "corrects": letter.corrects,
            "withdraws": letter.withdraws,
            "sha256": letter.digest,
            "fields": fields_of(letter.told),
        }
        self.note(sent, answer=said, decided=answer, first_time=first_time, effect=effect)

    def note_unreadable(self, letter: Unreadable) -> None:
        """Write down bytes that could not be read."""
        sent: dict[str, object] = {"delivery": letter.delivery, "sha256": letter.digest, "fault": letter.fault}
        self.note(sent, answer="unreadable")

    def note(
        self,
        sent: dict[str, object],
        *,
        answer: str,
        decided: Answer | None = None,
        first_time: bool = False,
        effect: bool = False,
    ) -> None:
        """Write one line of the journal, for one request seen."""
        plain = to_plain(decided) if decided else {}
        line = {"at": self.now().isoformat(), "monotonic": time.monotonic(), "department": self.trade.department}
        blank = dict.fromkeys(("delivery", "notification", "subject", "sequence", "revision", "kind", "sha256"))
        came = {"first_time": first_time, "effect": effect, "answer": answer}
        self.journal.write(line | blank | sent | came | {k: plain.get(k) for k in ("outcome", "receipt", "reason")})

    def state(self) -> dict[str, object]:
        """Counts and switches, for the control door."""
        switches = [{"mode": s.mode, "count": s.count, "person": s.person} for s in self.switchboard.switches]
        return {
            "department": self.trade.department,
            "mode": self.switchboard.mode,
            "switches": switches,
            "counts": self.memory.counts(),
            "seen": self.journal.lines,
            "repeats": self.repeats,
            "cases": self.memory.cases(),
        }


def _seconds(switch: Switch, default: float) -> float:
    return default if switch.seconds is None else switch.seconds
