"""The demonstration at rest: what it occupies when nothing happens."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from bench.findings import Finding, Section
from bench.ground import ROOT
from bench.meter import Meter
from tests.ground.ports import free_ports

MOST_MB, MOST_CPU, TO_START = 500.0, 10.0, 120.0


def at_rest(folder: Path, *, seconds: float) -> Section:
    """Start it as a person would, wait until it is at rest, and look."""
    command = [sys.executable, "-c", "from broker.cli import main; main()", "up", "--json"]
    command += ["--home", str(folder / "demo"), "--ports-from", str(free_ports(5))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "demo.log").open("wb") as log:
        demo = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log)
    try:
        _wait_until_it_stays(demo)
        time.sleep(5)
        return _look(demo.pid, seconds)
    finally:
        demo.terminate()
        demo.wait(60)


def _wait_until_it_stays(demo: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + TO_START
    assert demo.stdout is not None
    for line in demo.stdout:
        if "staying" in json.loads(line).values():
            return
        if time.monotonic() > deadline:
            break
    raise TimeoutError("the demonstration did not come to rest")


def _look(root: int, seconds: float) -> Section:
    processes = {_name(one): one for one in _family(root)}
    meter = Meter({name: one.pid for name, one in processes.items()})
    time.sleep(seconds)
    used = meter.read()
    memory = {name: one.memory_full_info() for name, one in processes.items()}
    cpu = 100 * sum(used.cpu.values()) / used.seconds
    resident = sum(one.rss for one in memory.values()) / 1e6
    shared_once = sum(one.pss for one in memory.values()) / 1e6
    return Section(
        title=f"The demonstration at rest, {seconds:g} s",
        circumstances=used.circumstances,
        findings=[
            *(Finding(what=f"{name}, resident", figure=one.rss / 1e6, unit="MB") for name, one in memory.items()),
            Finding(what="resident, all", figure=resident, unit="MB", beside="target, at most", other=MOST_MB),
            Finding(what="the same, shared pages counted once", figure=shared_once, unit="MB"),
            *(
                Finding(what=f"{name}, CPU", figure=100 * one / used.seconds, unit="% of a core")
                for name, one in used.cpu.items()
            ),
            Finding(what="CPU, all", figure=cpu, unit="% of a core", beside="target, less than", other=MOST_CPU),
        ],
    )


def _family(root: int) -> list[psutil.Process]:
    one = psutil.Process(root)
    return [one, *one.children(recursive=True)]


def _name(one: psutil.Process) -> str:
    said = " ".join(one.cmdline())
    known = {"kafka.Kafka": "Kafka", "broker.demo": "the command itself", "tests.back_offices": "back offices"}
    found = [name for sign, name in known.items() if sign in said]
    return found[0] if found else ("broker" if said.endswith("run") else f"{one.name()} {one.pid}")
