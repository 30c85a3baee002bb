"""Switches for how an office behaves, now and for how many requests."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

Mode = Literal["ok", "refuse", "hang", "slow", "error", "ask", "later", "not_held", "garbage", "apply_then_hang"]
MODES: tuple[Mode, ...] = get_args(Mode)
LOOK_EVERY = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A mode, for all or one person, for ever or for `count` requests; `seconds` is the length of waits."""

    mode: Mode
    count: int | None = None
    seconds: float | None = None
    person: str | None = None
    #: in one that was drawn: how often switches had been turned by then
    turned: int = 0


OK = Switch(mode="ok")


def read_switch(asked: object) -> Switch | str:
    """The switch that a control request asks for, or what is wrong with it."""
    if not isinstance(asked, Mapping):
        return "send a JSON object with a mode"
    mode = next((mode for mode in MODES if mode == asked.get("mode")), None)
    count, seconds, person = asked.get("count"), asked.get("seconds"), asked.get("person")
    if mode is None:
        return f"mode must be one of {', '.join(MODES)}"
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        return "count must be a whole number of 1 or more"
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0):
        return "seconds must be a number of 0 or more"
    if person is not None and not isinstance(person, str):
        return "person must be text"
    return Switch(mode=mode, count=count, seconds=seconds, person=person)


class Switchboard:
    """The switches that are on."""

    def __init__(self, mode: Mode = "ok") -> None:
        self._standing = Switch(mode=mode)
        self._passing: Switch | None = None
        self._people: dict[str, Switch] = {}
        self._changes = 0
        self._stopping = False

    @property
    def mode(self) -> Mode:
        """How the next request will be treated, unless its person has a switch of their own."""
        return (self._passing or self._standing).mode

    @property
    def switches(self) -> list[Switch]:
        """All that are on, the first to be drawn first."""
        return [*self._people.values(), *([self._passing] if self._passing else []), self._standing]

    def turn(self, switch: Switch) -> None:
        """Turn a switch; a counted one goes back to the standing one when used up, an uncounted one stands."""
        self._changes += 1
        if switch.person is not None:
            self._people.pop(switch.person, None)
            if switch.mode != "ok":
                self._people[switch.person] = switch
        elif switch.count is not None:
            self._passing = switch
        else:
            self._standing, self._passing = switch, None

    def draw(self, person: str | None) -> Switch:
        """The switch for a request about this person, counted as used."""
        return replace(self._drawn(person), turned=self._changes)

    def _drawn(self, person: str | None) -> Switch:
        if person is not None and (own := self._people.get(person)):
            left = _used(own)
            if left is None:
                del self._people[person]
            else:
                self._people[person] = left
            return own
        if self._passing:
            drawn, self._passing = self._passing, _used(self._passing)
            return drawn
        return self._standing

    def stop(self) -> None:
        """End every wait."""
        self._stopping = True

    async def pause(self, seconds: float, *, gone: Callable[[], bool], unless_turned: Switch | None = None) -> None:
        """Wait so long, or until the office stops, the caller has gone, or a switch is turned since this was drawn."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0 and not self._stopping and not gone():
            if unless_turned and unless_turned.turned != self._changes:
                return
            await asyncio.sleep(min(left, LOOK_EVERY))


def _used(switch: Switch) -> Switch | None:
    if switch.count is None:
        return switch
    return replace(switch, count=switch.count - 1) if switch.count > 1 else None
