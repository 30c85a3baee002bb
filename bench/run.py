"""Every benchmark, or those that are named; prints tables, and with --json writes the figures to a file.

    python -m bench.run [journey] [whole] [delivery] [rest] [clone] [--events N] [--json FILE]

Nothing here passes or fails: a figure of a shared machine is read beside its rival and beside how busy the machine was.
"""

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import psutil
from rich.console import Console

from bench.at_rest import at_rest
from bench.findings import Section, show
from bench.fresh_clone import fresh_clone
from bench.ground import ground
from bench.hand_over import SCENES, hand_over
from bench.journey_times import journey_times
from bench.letters import prepare
from bench.whole_path import whole_path

EACH = 5


def journey_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        yield journey_times(on, rate=5, seconds=told.seconds)


def whole_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        for latency in (0.0, 0.2):
            yield whole_path(on, events=told.events, latency=latency)


def delivery_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        distinct = prepare(on.folder / "distinct", people=told.events)
        back_to_back = prepare(on.folder / "back-to-back", people=told.events // EACH, each=EACH)
        for scene in SCENES:
            yield hand_over(on, scene, back_to_back if scene.lanes else distinct)


def rest_sections(told: argparse.Namespace) -> Iterator[Section]:
    with TemporaryDirectory(prefix="tuo-bench-") as folder:
        yield at_rest(Path(folder), seconds=told.seconds)


def clone_sections(told: argparse.Namespace) -> Iterator[Section]:
    yield fresh_clone()


BENCHMARKS: dict[str, Callable[[argparse.Namespace], Iterator[Section]]] = {
    "journey": journey_sections,
    "whole": whole_sections,
    "delivery": delivery_sections,
    "rest": rest_sections,
    "clone": clone_sections,
}


def machine() -> str:
    """What the figures were measured on."""
    memory = psutil.virtual_memory().total / 1e9
    cores = len(os.sched_getaffinity(0))
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{platform.machine()}, {cores} cores, {memory:.0f} GB, {system}"


def main() -> None:
    """Run what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("which", nargs="*", choices=[[], *BENCHMARKS], default=[], help="all, if none is named")
    asked.add_argument("--events", type=int, default=5000, help="events of a backlog")
    asked.add_argument("--seconds", type=float, default=30, help="how long the journey and the rest are watched")
    asked.add_argument("--json", type=Path, help="write the figures to this file as well")
    told = asked.parse_args()
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    console, began, sections = Console(width=120), datetime.now(UTC), list[Section]()
    console.print(f"{began:%Y-%m-%d %H:%M} UTC, {machine()}\n", highlight=False)
    for name in told.which or BENCHMARKS:
        for section in BENCHMARKS[name](told):
            show(section, console)
            sections.append(section)
    if told.json:
        found = {"at": began, "machine": machine(), "sections": [one.as_document() for one in sections]}
        told.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
