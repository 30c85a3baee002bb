"""Apart: a network, a mount table and processes of this run's own, so that its faults harm nothing else here.

In a namespace a network cut is two lines of iptables on a loopback that nobody else has, a small disk is a tmpfs that
nobody else sees, and whatever is started ends with the run. Where the kernel does not let us, those faults do not fire.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "TUO_SOAK_APART"


def go_apart(module: str, words: list[str]) -> None:
    """Start this very command again in namespaces of its own, once; returns where that cannot be, or has been done."""
    if os.environ.get(MARK):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command += [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    needed = all(shutil.which(tool) for tool in ("unshare", "ip", "iptables"))
    if needed and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
        os.execvpe(command[0], [*command, sys.executable, "-m", module, *words], {**os.environ, MARK: "1"})  # noqa: S606 - no shell is wanted


def is_apart() -> bool:
    """Whether cuts and small disks can be made."""
    return bool(os.environ.get(MARK))


@contextlib.contextmanager
def cut_off(ports: list[int], *, one_way: bool) -> Iterator[None]:
    """Nothing gets through to these ports, or nothing comes back; silently, as when a cable is pulled."""
    ways = ["--sport"] if one_way else ["--sport", "--dport"]
    rules = [["-i", "lo", "-p", "tcp", way, str(port), "-j", "DROP"] for port in ports for way in ways]
    try:
        for rule in rules:
            subprocess.run(["iptables", "-I", "INPUT", *rule], check=True, capture_output=True)
        yield
    finally:
        for rule in rules:
            subprocess.run(["iptables", "-D", "INPUT", *rule], check=False, capture_output=True)


def small_disk(folder: Path, megabytes: int) -> None:
    """Make the folder a disk of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(folder)], check=True)


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left on it, and what is freed is taken again."""
    filler = disk / "filler"
    try:
        _fill(filler)
        yield
    finally:
        filler.unlink(missing_ok=True)


def _fill(filler: Path) -> None:
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def keep_full(disk: Path, seconds: float) -> None:
    """Stay so long, taking whatever becomes free."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        _fill(disk / "filler")
        time.sleep(0.1)
