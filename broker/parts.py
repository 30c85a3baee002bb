"""Parts of a process: each runs for ever, and is started again, ever more slowly, when it fails."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from broker.telemetry import log

#: seconds before a failed part is started again: at first, and at most
FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
#: a part that ran this long has recovered
STEADY = 30.0
#: seconds in which parts finish what is under way; then, between one word and the next to those that go on
LET_FINISH, TOLD_AGAIN = 25.0, 2.0


class CannotListen(Exception):
    """The API's address cannot be had; the text says which setting names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that runs for ever."""

    name: str
    run: Callable[[], Awaitable[None]]
    #: what must be there first; waited for as long as it takes
    after: Callable[[], Awaitable[None]] | None = None


async def keep_running(part: Part) -> None:
    """Run a part; when it fails, say so and start it again."""
    wait, loop = FIRST_WAIT, asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            if part.after is not None:
                await part.after()
            await part.run()
        except asyncio.CancelledError:
            if was_told_to_end():
                raise
            # Nobody ordered it: it is a library's own that got lost, and no reason to end for ever.
            log.error("part.failed", part=part.name, error="CancelledError")
        except Exception as error:
            log.error("part.failed", part=part.name, error=type(error).__name__)
        wait = FIRST_WAIT if loop.time() - began > STEADY else wait
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)


def was_told_to_end() -> bool:
    """Whether somebody has cancelled the task that asks; else a CancelledError is one that got lost on its way."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def run_until(stop: asyncio.Event, parts: list[Part]) -> None:
    """Run parts side by side until told to stop; then let each finish what is under way."""
    running = [asyncio.create_task(keep_running(part), name=part.name) for part in parts]
    await stop.wait()
    await _end(running)


async def _end(running: list[asyncio.Task[None]]) -> None:
    """Tell all parts to end. A library may swallow that word, and its part would keep the process: it is told again."""
    left, patience = set(running), LET_FINISH
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=patience)
        patience = TOLD_AGAIN
        for task in left:
            log.warning("part.told-again", part=task.get_name())
