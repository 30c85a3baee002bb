"""Watching memory: how much of each process is resident, looked at each second."""

import threading
import time
from collections.abc import Mapping

import psutil


class Watch:
    """Looks from when it is made until it is asked."""

    def __init__(self, processes: Mapping[str, int], every: float = 1.0) -> None:
        self._processes = {name: psutil.Process(number) for name, number in processes.items()}
        self._seen: dict[str, list[int]] = {name: [] for name in processes}
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_for_ever, daemon=True)
        self._thread.start()

    def end(self) -> dict[str, list[float]]:
        """What was resident in each of the four quarters, on average, MB."""
        self._over.set()
        self._thread.join()
        return {name: quarters([each / 1e6 for each in seen]) for name, seen in self._seen.items()}

    def _look_for_ever(self) -> None:
        while not self._over.is_set():
            for name, process in self._processes.items():
                self._seen[name].append(process.memory_info().rss)
            time.sleep(self._every)


def quarters(values: list[float]) -> list[float]:
    """The mean of each quarter; of fewer than four values, all are the same quarter."""
    size = len(values) / 4
    cut = [values[int(n * size) : int((n + 1) * size)] or values for n in range(4)]
    return [sum(each) / len(each) for each in cut]
