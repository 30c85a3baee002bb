"""The meter: CPU seconds of processes, and how busy the rest of the machine was meanwhile."""

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What was used between two moments; CPU in seconds of one core, user and system."""

    seconds: float
    cpu: Mapping[str, float]
    #: cores that processes other than the metered ones kept busy
    neighbours: float
    #: the load average of the last minute, at the end
    load: float

    @property
    def circumstances(self) -> str:
        """What belongs beside every figure of a shared machine."""
        return f"load {self.load:.1f}, neighbours {self.neighbours:.1f} cores"


class Meter:
    """Begins to count when it is made."""

    def __init__(self, processes: Mapping[str, int], families: Collection[str] = ()) -> None:
        """``families`` are counted with their children: a database server has one for each connection."""
        self._families = families
        self._processes = {name: psutil.Process(number) for name, number in processes.items()}
        self._began = time.monotonic()
        self._cpu = self._now()
        self._busy = _busy()

    def read(self) -> Metered:
        """What was used since the beginning. Raises psutil.NoSuchProcess when one of them has ended."""
        seconds = time.monotonic() - self._began
        cpu = {name: now - self._cpu[name] for name, now in self._now().items()}
        neighbours = max(0.0, (_busy() - self._busy - sum(cpu.values())) / seconds)
        return Metered(seconds=seconds, cpu=cpu, neighbours=neighbours, load=os.getloadavg()[0])

    def _now(self) -> dict[str, float]:
        return {name: _used(process, name in self._families) for name, process in self._processes.items()}


def _used(process: psutil.Process, family: bool) -> float:
    times = process.cpu_times()
    used = float(times.user + times.system)
    if not family:
        return used
    gone, here = times.children_user + times.children_system, process.children()
    return used + float(gone) + sum(_used(child, family=False) for child in here)


def _busy() -> float:
    used = psutil.cpu_times()
    return float(used.user + used.nice + used.system + used.irq + used.softirq)
