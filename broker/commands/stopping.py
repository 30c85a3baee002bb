"""Stopping: how a command ends when it cannot do what was asked, in one line that says what to do."""

from enum import IntEnum
from typing import NoReturn


class Code(IntEnum):
    """What a command's exit code says."""

    #: done
    OK = 0
    #: understood, and the answer is no
    NO = 1
    #: not used as it must be, or what was given cannot be read
    BAD = 2
    #: something that is needed does not answer
    UNREACHABLE = 3


class Stop(Exception):
    """A command ends here, with a code and a line for standard error; the line never holds a personal value."""

    def __init__(self, code: Code, line: str) -> None:
        super().__init__(line)
        self.code = code
        self.line = line


def no(line: str) -> NoReturn:
    """End with a no."""
    raise Stop(Code.NO, line)


def bad(line: str) -> NoReturn:
    """End because what was given cannot be used."""
    raise Stop(Code.BAD, line)


def unreachable(line: str) -> NoReturn:
    """End because something does not answer."""
    raise Stop(Code.UNREACHABLE, line)
