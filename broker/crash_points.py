"""Crash points: named places between a commit and its effect, where a test ends this process as a power cut would.

``TUO_CRASH_AT=NAME`` ends it the first time it comes there, ``NAME:3`` the third time; without it a crash point costs a
comparison. It is a test's hook: it is refused where test identifiers are not allowed, and so on every live system.
"""

import os
import signal

#: every place, and what has and has not happened there
CRASH_POINTS: dict[str, str] = {
    "intake.before-commit": "A letter has been read; nothing is written down.",
    "intake.after-commit": "It is written down; nobody has been told so.",
    "router.before-commit": "Departments have been chosen; nothing is written down.",
    "router.after-commit": "Departments are written down; Kafka has not been told that the record was read.",
    "relay.before-publish": "Rows of the outbox have been read; Kafka has none of them.",
    "relay.after-publish": "Kafka has them; they are in the outbox still.",
    "delivery.after-claim": "A claim is committed; the request has not left.",
    "delivery.after-send": "The back office has begun to answer; the answer has not been read.",
    "delivery.after-answer": "The answer has been read; it is not written down.",
    "delivery.after-settle": "The answer is written down; the offset is not committed.",
    "delivery.after-offset": "The offset is committed.",
    "outcomes.after-hear": "Answers from the topic are written down; their offsets are not committed.",
    "pigeonhole.after-collect": "Letters have been read for a back office that collects; it has none of them.",
    "pigeonhole.after-acknowledge": "An acknowledgement is written down; the back office has not been told so.",
    "sweeper.after-offer": "What was due has been offered again; what was lost has not been published again.",
}


class NotOnALiveSystem(Exception):
    """``TUO_CRASH_AT`` is set where it must not be; the text says what to do."""


def _read(said: str) -> tuple[str, int]:
    """A name, and how many times it is passed before the end. Raises NotOnALiveSystem or LookupError."""
    name, _, times = said.partition(":")
    if os.environ.get("TUO_TEST_IDENTIFIERS") != "1":
        raise NotOnALiveSystem("TUO_CRASH_AT is for tests alone: unset it")
    if name not in CRASH_POINTS:
        raise LookupError(f"there is no crash point of that name: choose one of {', '.join(CRASH_POINTS)}")
    return name, int(times or 1)


_NAME, _left = _read(os.environ["TUO_CRASH_AT"]) if os.environ.get("TUO_CRASH_AT") else (None, 0)


def crash_point(name: str) -> None:
    """End this process here by SIGKILL, if this is where a test wants it."""
    if name == _NAME:
        _end_if_it_is_time()


def _end_if_it_is_time() -> None:
    global _left
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
