"""What the broker's process spends its CPU on: by thread as the system counts it, and in the loop by part.

py-spy, in a room of its own, looks from outside at whoever holds Python's lock and says which part it is at it for.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import psutil

from bench.room import room

#: looks a second: few, so that looking costs nothing that matters
RATE = 100
#: a file that begins what a part does, outermost first; what none of them began is the loop's own
PARTS = {
    "broker/web/": "web",
    "broker/screens/": "web",
    "uvicorn/": "web",
    "broker/relay.py": "relay",
    "broker/outcomes.py": "outcomes",
    "broker/stream.py": "router",
    "broker/delivery.py": "delivery",
    "broker/sending.py": "delivery",
    "broker/sweeper.py": "sweeper",
    "broker/books.py": "books and gauges",
    "broker/gauges.py": "books and gauges",
    "pycurl/": "delivery",
    "faust/": "router",
    "mode/": "router",
    "aiokafka/": "Kafka's client",
}
_THREAD = re.compile(r"^thread \((\d+)\): (.*)$")


@cache
def profiler() -> Path | None:
    """The profiler, installed when it is first asked for; None where it cannot be had."""
    try:
        return room("parts", Path(__file__).parent / "requirements.txt") / "py-spy"
    except subprocess.CalledProcessError:
        return None


def cpu_of_threads(process: int) -> dict[int, float]:
    """Seconds of CPU that each thread has used."""
    return {one.id: one.user_time + one.system_time for one in psutil.Process(process).threads()}


class Sampling:
    """Looks at a process for so many seconds."""

    def __init__(self, process: int, seconds: float, file: Path) -> None:
        self._file = file
        self._process = process
        self._before = cpu_of_threads(process)
        words = ["record", "--gil", "--pid", str(process), "--duration", str(int(seconds)), "--rate", str(RATE)]
        words += ["--threads", "--format", "raw", "--output", str(file), "--full-filenames"]
        spy, nowhere = profiler(), subprocess.DEVNULL
        self._looking = subprocess.Popen([str(spy), *words], stdout=nowhere, stderr=nowhere) if spy else None

    def cpu(self) -> dict[str, float]:
        """Part to its seconds of CPU from the beginning until now; without a profile, the loop is one."""
        used = {number: now - self._before.get(number, 0.0) for number, now in cpu_of_threads(self._process).items()}
        if self._looking is not None:
            self._looking.wait()
        seen = self._file.read_text().splitlines() if self._file.is_file() else []
        return split(used, seen, self._process)


def split(used: Mapping[int, float], seen: list[str], loop: int) -> dict[str, float]:
    """By thread, and the loop's thread by part. Collapsed stacks, one a line: the thread, then the outermost frame."""
    names: dict[int, str] = {}
    looks: Counter[str] = Counter()
    for line in seen:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if (thread := _THREAD.match(frames[0])) is None:
            continue
        names[int(thread[1])] = _name(thread[2])
        if int(thread[1]) == loop:
            looks[part_of(frames)] += int(count)
    spent = {part: used.get(loop, 0.0) * count / looks.total() for part, count in looks.items()}
    for number, seconds in used.items():
        if number == loop and looks:
            continue
        name = "the loop" if number == loop else names.get(number, "other threads")
        spent[name] = spent.get(name, 0.0) + seconds
    return dict(sorted(spent.items(), key=lambda one: -one[1]))


def _name(thread: str) -> str:
    if thread == "writer":
        return "the database's writer"
    return "the database's readers" if thread.startswith("reader") else "other threads"


def part_of(frames: list[str]) -> str:
    """Which part a stack of the loop belongs to."""
    for frame in frames:
        for sign, part in PARTS.items():
            if f"/{sign}" in frame:
                return part
    return "the loop itself"
