"""Starting one or several offices from a command line, and stopping them cleanly."""

import argparse
import asyncio
import contextlib
import logging
import random
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from tests.back_offices.control import Door, PortTaken, control_application
from tests.back_offices.desk import Desk
from tests.back_offices.journal import DirectoryTaken
from tests.back_offices.modes import MODES

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
Options = Callable[[argparse.ArgumentParser], None]


class Office(Protocol):
    """One back office that runs until it is closed."""

    desk: Desk

    async def open(self) -> None:
        """Begin."""

    async def run(self) -> None:
        """Work until cancelled."""

    async def close(self) -> None:
        """Finish what is in hand, and let everything go."""


Build = Callable[[argparse.Namespace], Office]


def common_options(control_port: int, *, latency: float = 0.0) -> Options:
    """The options that every office has."""

    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="directory for its memory and journal")
        parser.add_argument("--control-port", type=int, default=control_port, help="for /state and /mode")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--mode", choices=MODES, default="ok", help="how it behaves at the start")
        parser.add_argument("--latency", type=float, default=None, help=f"seconds before it decides (usual: {latency})")
        parser.add_argument("--residents", type=Path, help="JSON Lines file of the town's residents")
        parser.set_defaults(several=False)

    return add


def directory_of(told: argparse.Namespace, department: str) -> Path:
    """Where an office keeps its things: its own directory when several share `--data`."""
    data: Path = told.data
    return data / department if told.several else data


class Outage:
    """Says once that something is away, waits a little longer each time, and says once that it is back."""

    def __init__(self, what: str) -> None:
        self._what, self._pause, self._away = what, FIRST_PAUSE, False

    async def wait(self, why: str, stopping: asyncio.Event) -> None:
        """Wait before the next try, or until the office stops."""
        if not self._away:
            print(f"{self._what} cannot be used ({why}); trying again until it can", file=sys.stderr, flush=True)
        self._away = True
        pause = self._pause * random.uniform(0.8, 1.2)  # spreads the tries
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def over(self) -> None:
        """It worked."""
        if self._away:
            print(f"{self._what} is back", file=sys.stderr, flush=True)
        self._pause, self._away = FIRST_PAUSE, False


async def serve(offices: Sequence[Office], host: str, control_port: int) -> None:
    """Run the offices and their control door until SIGTERM or SIGINT. Raises PortTaken."""
    desks = {office.desk.trade.department: office.desk for office in offices}
    door = Door(control_application(desks), host, control_port, "control", "--control-port")
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running: list[asyncio.Task[None]] = []
    try:
        await door.open()
        for office in offices:
            await office.open()
        running = [asyncio.create_task(office.run()) for office in offices]
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
    finally:
        for office in offices:
            await office.close()
        await door.close()
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
    for end in ended:
        if isinstance(end, Exception):
            raise end


def main_of(program: str, about: str, options: Sequence[Options], builds: Sequence[Build]) -> None:
    """Read the command line and run; leaves with status 2 and one line when it cannot."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.back_offices.{program}".rstrip("."), description=about)
    for add in options:
        add(parser)
    told = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # outages are told once, by us

    async def start() -> None:
        await serve([build(told) for build in builds], told.host, told.control_port)

    try:
        asyncio.run(start())
    except PortTaken as taken:
        sys.exit(_line(str(taken)))
    except DirectoryTaken as taken:
        sys.exit(_line(f"another office is using {taken}; give this one its own --data"))
    except (OSError, ValueError) as error:
        sys.exit(_line(f"cannot start: {error}"))


def _line(text: str) -> int:
    print(text, file=sys.stderr)
    return 2
