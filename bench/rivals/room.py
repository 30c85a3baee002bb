"""The rivals' own room: FastStream and what it needs."""

from pathlib import Path

from bench.room import room


def python_of_rivals() -> str:
    """The Python that has FastStream. Raises CalledProcessError where it cannot be installed."""
    return str(room("rivals", Path(__file__).parent / "requirements.txt") / "python")
