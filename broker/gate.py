"""The gate of one department's engine: whether a request may leave now, from its breaker and its written state."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.breaker import USUAL, Breaker, Meaning, Position, Rules, meaning
from broker.department_state import State
from broker.outcome import Deferred, Heard, Refused, Unheard
from broker.permits import Permits
from broker.retry import LONGEST_WAIT
from broker.slots import Slots
from broker.standing import BY_TOPIC, URGENT
from broker.telemetry import BREAKER, log

#: why a refusal is not believed: so many were refused that the fault must be ours
REFUSING = "refusing"
#: seconds after which the clock is looked at again
LOOK_AGAIN = 0.5
_HEIGHT = {Position.CLOSED: 0, Position.HALF_OPEN: 1, Position.OPEN: 2}


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment on both clocks: the loop's, which never falls, and the wall's."""

    loop: float
    wall: datetime

    def wall_at(self, loop: float) -> datetime:
        """What the wall's clock shows when the other shows this."""
        return self.wall + timedelta(seconds=loop - self.loop)

    def loop_at(self, wall: datetime) -> float:
        """What the clock that never falls shows when the wall's shows this."""
        return self.loop + (wall - self.wall).total_seconds()


@dataclass(frozen=True, slots=True)
class Passage:
    """Leave to call once."""

    #: it asks whether the back office is well again
    probe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was heard, as it is to be written down."""

    heard: Heard
    #: a failure counts against the delivery; not while its department is ill
    counts: bool


class Gate:
    """Opens and shuts by itself, and by what operators and calendars have written down."""

    def __init__(
        self,
        department: str,
        in_flight: int,
        rng: random.Random,
        clock: Callable[[], Moment],
        rules: Rules = USUAL,
    ) -> None:
        self.department = department
        self._now = clock
        self.slots = Slots(in_flight)
        self.breaker = Breaker(in_flight, rng, rules)
        self.permits = Permits()
        self.state = State(department=department)
        #: something has changed that must be written down
        self.changed = False
        self._asked_until = 0.0
        self._moved = asyncio.Event()

    async def passage(self, jump: int) -> Passage:
        """Wait until a request may leave."""
        while True:
            if not self._is_shut(jump) and self.breaker.may_call(self._now().loop):
                return Passage(self.breaker.position is Position.OPEN)
            self._moved.clear()
            # Time alone opens it too: a pause ends, a probe falls due.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN):
                    await self._moved.wait()

    def may_leave(self, jump: int, passage: Passage) -> bool:
        """Whether a request whose claim is committed may still leave."""
        ill = self.breaker.position is Position.OPEN and not passage.probe
        return not ill and not self._is_shut(jump)

    def may_read(self, *, waiting: bool) -> bool:
        """Whether more may be read. While it is open only a probe reads, and only where nothing waits to be one."""
        if self._is_shut(BY_TOPIC):
            return False
        if self.breaker.position is Position.OPEN:
            return not waiting and self.breaker.probe_is_due(self._now().loop)
        return True

    @property
    def is_open(self) -> bool:
        """Whether its breaker is open."""
        return self.breaker.position is Position.OPEN

    @property
    def is_well(self) -> bool:
        """Whether nothing keeps what comes by the topic from leaving."""
        return self.breaker.position is Position.CLOSED and not self._is_shut(BY_TOPIC)

    def _is_shut(self, jump: int) -> bool:
        if self.breaker.refusing or (self._asked_until and self._now().loop < self._asked_until):
            return True
        return (jump < URGENT and self._is_held()) or (jump == BY_TOPIC and self.state.full_since is not None)

    def _is_held(self) -> bool:
        state = self.state
        if state.paused_until is None and state.closed_until is None:
            return False
        now = self._now().wall
        return state.is_paused(now) or state.is_closed(now)

    def unused(self, passage: Passage) -> None:
        """There was nothing to call about after all."""
        if passage.probe:
            self.breaker.probe_unused()
            self._moved.set()

    def heard(self, heard: Heard) -> Judged:
        """Note what was heard, and judge it in the light of how the department does."""
        now, was_ill = self._now(), self.breaker.position is not Position.CLOSED
        what = meaning(heard)
        reason = heard.reason if isinstance(heard, Deferred | Unheard) else None
        if self.breaker.heard(what, now.loop, reason):
            self._has_moved()
        self.slots.set_limit(self.breaker.limit)
        if what is Meaning.WELL:
            self.permits.earn()
        if isinstance(heard, Deferred) and heard.after is not None and heard.reason.startswith("http-"):
            self._wait_as_asked(heard.after)
        if isinstance(heard, Refused) and self.breaker.refusing:
            return Judged(heard=Deferred(reason=REFUSING), counts=False)
        ill = was_ill or self.breaker.position is not Position.CLOSED
        return Judged(heard=heard, counts=not (ill and what in (Meaning.ILL, Meaning.REFUSED)))

    def _wait_as_asked(self, wanted: timedelta) -> None:
        now = self._now()
        wait = min(max(wanted, timedelta(0)), LONGEST_WAIT)
        until = now.loop + wait.total_seconds()
        if until > self._asked_until + 0.5:
            self._asked_until = until
            self.changed = True
            log.warning("department.waits", department=self.department, seconds=round(wait.total_seconds(), 1))

    def _has_moved(self) -> None:
        self.changed = True
        self._moved.set()
        breaker = self.breaker
        BREAKER.labels(self.department).set(3 if breaker.refusing else _HEIGHT[breaker.position])
        if breaker.refusing and self.state.refusing_since is None:
            log.error("department.refusing", department=self.department)
        log.warning("department.breaker", department=self.department, position=breaker.position, reason=breaker.reason)

    def take_up(self, written: State, version: str) -> None:
        """At a start: what was known before. Another version of the adapter ends the hold after refusals."""
        now = self._now()
        refusing = written.refusing_since is not None and written.refusing_version == version
        opened = written.breaker is not Position.CLOSED
        self.breaker.restore(now.loop, opened=opened, refusing=refusing, reason=written.breaker_reason)
        self.slots.set_limit(self.breaker.limit)
        if written.asked_until is not None:
            self._asked_until = now.loop_at(written.asked_until)
        self.changed = written.refusing_since is not None and not refusing
        self.state = written

    def look(self, written: State) -> None:
        """Take in what others have written: pauses, windows, an operator's word to go on."""
        if self.state.refusing_since is not None and written.refusing_since is None and self.breaker.refusing:
            self.breaker.resume()
        if self.state != written:
            self.state = written
            self._moved.set()

    def has_written(self, *, refusing_since: datetime | None) -> None:
        """What was told by ``to_write`` is written down: from now on, that it is gone is somebody's word."""
        self.state = replace(self.state, refusing_since=refusing_since)

    def to_write(self, version: str) -> dict[str, object]:
        """What to write down of the breaker."""
        now = self._now()
        breaker, is_open = self.breaker, self.breaker.position is Position.OPEN
        asked = now.wall_at(self._asked_until) if self._asked_until > now.loop else None
        refusing_since = (self.state.refusing_since or now.wall) if breaker.refusing else None
        return {
            "breaker": breaker.position.value,
            "breaker_since": now.wall_at(breaker.since) if breaker.position is not Position.CLOSED else None,
            "breaker_reason": breaker.reason,
            "next_probe_at": now.wall_at(breaker.next_probe) if is_open else None,
            "refusing_since": refusing_since,
            "refusing_version": version if breaker.refusing else None,
            "asked_until": asked,
        }
