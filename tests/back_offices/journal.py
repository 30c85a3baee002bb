"""The journal: what this office saw and did, in order, as JSON lines that survive a power cut."""

import asyncio
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path


class DirectoryTaken(Exception):
    """Another office is running on this directory."""


class Journal:
    """An append-only file of JSON lines; one office writes it at a time.

    Raises DirectoryTaken when another has it open.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise DirectoryTaken(str(path.parent)) from None
        self.lines = self._count()
        self._written = self._synced = 0
        self._syncing = asyncio.Lock()

    def _count(self) -> int:
        self._file.seek(0)
        lines, whole = 0, True
        for line in self._file:
            lines, whole = lines + 1, line.endswith(b"\n")
        if not whole:  # the machine stopped in the middle of a line
            os.write(self._file.fileno(), b"\n")
        return lines

    def write(self, line: Mapping[str, object]) -> None:
        """Append a line: a killed office does not lose it, a stopped machine may until `synced`."""
        raw = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        while raw:
            raw = raw[os.write(self._file.fileno(), raw) :]
        self.lines += 1
        self._written += 1

    async def synced(self) -> None:
        """Return when every line written so far is on the disk; those who wait together share one sync."""
        goal = self._written
        async with self._syncing:
            if self._synced < goal:
                reached = self._written
                await asyncio.to_thread(os.fdatasync, self._file.fileno())
                self._synced = reached

    def close(self) -> None:
        """Sync and let the directory go."""
        os.fdatasync(self._file.fileno())
        self._file.close()
