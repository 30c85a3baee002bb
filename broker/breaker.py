"""The breaker: stops calling a back office that fails, asks now and then, and begins again gently. Pure.

While it is open nothing is parked and no attempt is counted: only the department is ill, not a delivery. The other
breaker looks at refusals: when a back office suddenly refuses a large share, the fault is likely ours (a release, a
credential), and one bad release must not turn away thousands of people.
"""

import random
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from broker.outcome import Deferred, Heard, Refused, Unheard

#: reasons that say that the back office, or the way to it, is ill
ILL = frozenset({"not-reached", "not-trusted", "no-answer-in-time", "connection-broke", "http-429"})
#: reasons that say that it will not take what we send, does not know us, or is not where we look for it
TURNED_AWAY = frozenset({"http-401", "http-403", "http-410", "redirected"})


class Position(StrEnum):
    """Where the breaker is."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Meaning(StrEnum):
    """What an answer says about the department as a whole."""

    WELL = "well"
    ILL = "ill"
    REFUSED = "refused"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When it opens, how often it asks, and when refusals are too many. Seconds."""

    share: float = 0.5
    calls: int = 20
    seconds: float = 30.0
    first_probe: float = 5.0
    longest_probe: float = 60.0
    spread: float = 0.2
    refused_share: float = 0.3
    refused_calls: int = 50
    refused_seconds: float = 300.0


USUAL = Rules()


def meaning(heard: Heard) -> Meaning:
    """What was heard says about the department: its own refusal of one letter is an answer, and it is well."""
    match heard:
        case Refused():
            return Meaning.REFUSED
        case Deferred() | Unheard():
            if heard.reason in TURNED_AWAY:
                return Meaning.REFUSED
            ill = heard.reason in ILL or heard.reason.startswith("http-5")
            return Meaning.ILL if ill else Meaning.NOTHING
        case _:
            return Meaning.WELL


@dataclass(slots=True)
class Tally:
    """How many of the calls of the last seconds were bad."""

    seconds: float
    calls: int = 0
    bad: int = 0
    _by_second: deque[list[float]] = field(default_factory=deque)

    def note(self, *, bad: bool, now: float) -> None:
        """One more call."""
        second = float(int(now))
        if not self._by_second or self._by_second[-1][0] != second:
            self._by_second.append([second, 0, 0])
        self._by_second[-1][1] += 1
        self._by_second[-1][2] += bad
        self.calls += 1
        self.bad += bad
        while self._by_second[0][0] < now - self.seconds:
            _, calls, were_bad = self._by_second.popleft()
            self.calls -= int(calls)
            self.bad -= int(were_bad)

    def exceeds(self, share: float, calls: int) -> bool:
        """Whether there were so many calls, and at least so large a share of them bad."""
        return self.calls >= calls and self.bad >= share * self.calls

    def clear(self) -> None:
        """Forget."""
        self._by_second.clear()
        self.calls = self.bad = 0


@dataclass(slots=True)
class Breaker:
    """One department's. ``most`` is its requests in flight when it is well; ``now`` is a clock that never falls."""

    most: int
    rng: random.Random
    rules: Rules = USUAL
    position: Position = Position.CLOSED
    since: float = 0.0
    reason: str | None = None
    next_probe: float = 0.0
    #: refusals were too many: nothing is sent until an operator resumes or the adapter changes
    refusing: bool = False
    #: requests that may be on their way at once
    limit: int = field(init=False)
    _wait: float = field(init=False)
    _probing: bool = field(default=False, init=False)
    _in_a_row: int = field(default=0, init=False)
    _failures: Tally = field(init=False)
    _refusals: Tally = field(init=False)

    def __post_init__(self) -> None:
        """Closed, and nothing has happened."""
        self.limit = self.most
        self._wait = self.rules.first_probe
        self._failures = Tally(self.rules.seconds)
        self._refusals = Tally(self.rules.refused_seconds)

    def may_call(self, now: float) -> bool:
        """Whether a request may leave. While it is open, yes once for each probe that is due."""
        if self.position is not Position.OPEN:
            return True
        if self._probing or now < self.next_probe:
            return False
        self._probing = True
        return True

    def probe_is_due(self, now: float) -> bool:
        """Whether a probe waits for something to ask with."""
        return self.position is Position.OPEN and not self._probing and now >= self.next_probe

    def probe_unused(self) -> None:
        """There was nothing to ask with after all."""
        self._probing = False

    def heard(self, what: Meaning, now: float, reason: str | None = None) -> bool:
        """Note an answer; says whether the breaker has moved."""
        if what is Meaning.NOTHING:
            return self._probe_told_nothing(now)
        moved = self._note_refusal(refused=what is Meaning.REFUSED, now=now)
        return (self._failed(now, reason) if what is Meaning.ILL else self._succeeded(now)) or moved

    def restore(self, now: float, *, opened: bool, refusing: bool, reason: str | None) -> None:
        """Take up what was known before this process began: an open breaker asks first."""
        self.refusing = refusing
        if opened:
            self._open(now, reason)
            self.next_probe = now

    def resume(self) -> None:
        """An operator says that refusals have been looked at."""
        self.refusing = False
        self._refusals.clear()

    def _note_refusal(self, *, refused: bool, now: float) -> bool:
        self._refusals.note(bad=refused, now=now)
        rules = self.rules
        too_many = self._refusals.exceeds(rules.refused_share, rules.refused_calls)
        moved = refused and too_many and not self.refusing
        self.refusing = self.refusing or moved
        return moved

    def _failed(self, now: float, reason: str | None) -> bool:
        match self.position:
            case Position.CLOSED:
                self._failures.note(bad=True, now=now)
                if not self._failures.exceeds(self.rules.share, self.rules.calls):
                    return False
                self._open(now, reason)
                return True
            case Position.HALF_OPEN:
                self._wait = min(self._wait * 2, self.rules.longest_probe)
                self._open(now, reason)
                return True
            case Position.OPEN:
                return self._probe_failed(now)

    def _probe_failed(self, now: float) -> bool:
        if not self._probing:
            return False  # it was on its way when the breaker opened
        self._wait = min(self._wait * 2, self.rules.longest_probe)
        self._ask_again(now)
        return True

    def _probe_told_nothing(self, now: float) -> bool:
        if self.position is Position.OPEN and self._probing:
            self._ask_again(now)
            return True
        return False

    def _succeeded(self, now: float) -> bool:
        match self.position:
            case Position.CLOSED:
                self._failures.note(bad=False, now=now)
                return False
            case Position.OPEN:
                if not self._probing:
                    return False
                self.position, self.since, self.limit, self._in_a_row = Position.HALF_OPEN, now, 1, 0
                self._probing = False
                return True
            case Position.HALF_OPEN:
                return self._grow(now)

    def _grow(self, now: float) -> bool:
        """One more at once for each round that went well."""
        self._in_a_row += 1
        if self._in_a_row < self.limit:
            return False
        self._in_a_row = 0
        self.limit += 1
        if self.limit < self.most:
            return False
        self.position, self.since, self.reason, self.limit = Position.CLOSED, now, None, self.most
        self._wait = self.rules.first_probe
        self._failures.clear()
        return True

    def _open(self, now: float, reason: str | None) -> None:
        if self.position is Position.CLOSED:
            self._wait = self.rules.first_probe
        self.position, self.since, self.reason, self.limit = Position.OPEN, now, reason, 1
        self._failures.clear()
        self._ask_again(now)

    def _ask_again(self, now: float) -> None:
        self._probing = False
        self.next_probe = now + self._wait * self.rng.uniform(1 - self.rules.spread, 1 + self.rules.spread)
