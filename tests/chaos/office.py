"""One back office of the soak: what it has done, what it must not do any more, and its journal."""

import asyncio
import time
from pathlib import Path
from typing import Any, Literal, get_args

from tests.back_offices.journal import Journal

Mode = Literal[
    "ok",
    "dead",
    "error",
    "busy",
    "slow",
    "late",
    "hang_after_effect",
    "error_after_effect",
    "garbage",
    "wrong_reference",
]
MODES: tuple[Mode, ...] = get_args(Mode)
#: why a letter that comes too late is refused: by whether its withdrawal or its correction was here before it
WITHDRAWN, CORRECTED = "withdrawn-before-it-came", "corrected-before-it-came"


class Office:
    """One back office: what it has done, what it says, and how it misbehaves just now."""

    def __init__(self, department: str, folder: Path) -> None:
        (folder / department).mkdir(parents=True, exist_ok=True)
        self.department = department
        self.mode: Mode = "ok"
        #: not while it is dead
        self.awake = asyncio.Event()
        self.awake.set()
        self._journal = Journal(folder / department / "journal.jsonl")
        #: delivery id to notification and receipt
        self._done: dict[str, tuple[str, str]] = {}
        #: deliveries that were taken back or put right before they came, and the code that they are refused with
        self._too_late: dict[str, str] = {}

    def turn(self, mode: Mode) -> None:
        """Behave like this from now on."""
        self.mode = mode
        (self.awake.clear if mode == "dead" else self.awake.set)()

    async def receive(self, delivery: str, kind: str, told: dict[str, Any]) -> dict[str, str]:
        """Do what the letter says, once; the answer is the same for ever. What comes too late has no effect."""
        first = delivery not in self._done and delivery not in self._too_late
        if first:
            self._done[delivery] = (str(told["notification"]), f"{self.department}-{len(self._done) + 1:06}")
            original = told.get("original")
            if original is not None and original not in self._done:
                self._too_late[original] = WITHDRAWN if kind == "withdrawal" else CORRECTED
        await self.note(delivery, kind, first, told)
        return self.answer_to(delivery)

    async def note(self, delivery: str, kind: str, effect: bool, told: dict[str, Any]) -> None:
        line = {"monotonic": time.monotonic(), "department": self.department, "delivery": delivery, "kind": kind}
        said = {"notification": told.get("notification"), "original": told.get("original"), "phone": told.get("phone")}
        too_late = self._too_late.get(delivery)
        self._journal.write(line | said | {"effect": effect, "mode": self.mode, "refused": too_late})
        await self._journal.synced()

    def answer_to(self, delivery: str) -> dict[str, str]:
        """The receipt, or why it was refused."""
        if delivery in self._too_late:
            return {"delivery": delivery, "reason": self._too_late[delivery]}
        notification, receipt = self._done[delivery]
        return {"delivery": delivery, "notification": notification, "receipt": receipt}

    def close(self) -> None:
        """Let the journal go."""
        self._journal.close()

    def knows(self, delivery: str) -> bool:
        return delivery in self._done or delivery in self._too_late
