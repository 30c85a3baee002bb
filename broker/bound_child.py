"""A child process that cannot outlive the process that started it, however that one ends.

Linux: the kernel kills the child (PR_SET_PDEATHSIG, prctl(2)) the moment its parent dies, also by SIGKILL. The wish is
made by the child itself, in a few milliseconds of Python before it becomes the program: `preexec_fn` would not be safe
in a process that has threads. Elsewhere the child runs unbound.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import IO

_PR_SET_PDEATHSIG = 1


def start_bound(command: Sequence[str], output: IO[bytes], kept_open: Sequence[int] = ()) -> "subprocess.Popen[bytes]":
    """Start the program bound to this process, in a session of its own (Ctrl-C is ours, not the child's).

    `kept_open` are file descriptors that the child inherits. Raises OSError when it cannot be started.
    """
    bound = [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]
    born: Future[subprocess.Popen[bytes]] = Future()
    threading.Thread(target=_bear_and_keep, args=(bound, output, kept_open, born), daemon=True).start()
    return born.result()


def bind_to_parent(parent: int) -> None:
    """Ask the kernel to kill this process when `parent` (a process id) dies; exits at once when it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def _bear_and_keep(
    command: list[str], output: IO[bytes], kept_open: Sequence[int], born: "Future[subprocess.Popen[bytes]]"
) -> None:
    """Start the child and wait for its end: to the kernel the parent is the *thread* that started it, so it stays."""
    try:
        child = subprocess.Popen(  # noqa: S603 - our own program, named by our own code
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=kept_open,
            start_new_session=True,
        )
    except OSError as error:
        born.set_exception(error)
        return
    born.set_result(child)
    child.wait()


if __name__ == "__main__":
    bind_to_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
