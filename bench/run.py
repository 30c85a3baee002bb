"""Every benchmark, or those that are named; prints tables, and with --json writes the figures to a file.

    python -m bench.run [journey] [whole] [delivery] [hurt] [backlog] [sustained] [settled] [dead] [replay] [outage] [rest]
                        [clone] [--events N] [--minutes N] [--json FILE]

A figure stands beside its bar or its rival, and beside how busy the machine was. A bar that is missed fails nothing.
"""

import argparse
import logging
import os
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import psutil
from rich.console import Console

from bench.at_rest import at_rest
from bench.backlog import backlog
from bench.contenders import Field
from bench.dead import dead
from bench.erring import erring
from bench.findings import Section, show
from bench.fresh_clone import fresh_clone
from bench.ground import ground
from bench.hand_over import SCENES, hand_over
from bench.journey_times import journey_times
from bench.letters import prepare
from bench.outage import outage
from bench.replayed import replayed
from bench.restarted import restarted
from bench.settled import settled
from bench.stuck import stuck
from bench.sustained import sustained
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


def backlog_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        yield backlog(on, events=told.events, people=told.people, database=told.database)


def sustained_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        yield sustained(on, rate=told.rate, minutes=told.minutes, people=told.people, database=told.database)


def hurt_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        people = told.events // EACH
        field = Field(on, prepare(on.folder / "waves", people=people, each=EACH, waves=True))
        for scene in (erring, stuck, restarted):
            yield scene(field)


def settled_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        few = told.events // 2
        yield settled(on, deliveries=told.past, events=few, rate=told.steady, seconds=told.seconds, people=told.people)


def dead_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        yield dead(on, rate=told.steady, seconds=told.seconds, people=told.people)


def replay_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        seconds = told.seconds / 2
        yield replayed(on, parked=told.parked, rate=told.steady, seconds=seconds, people=told.people)


def outage_sections(told: argparse.Namespace) -> Iterator[Section]:
    with ground() as on:
        people = told.parked // EACH
        yield outage(Field(on, prepare(on.folder / "waves", people=people, each=EACH, waves=True)), rate=told.capped)


BENCHMARKS: dict[str, Callable[[argparse.Namespace], Iterator[Section]]] = {
    "journey": journey_sections,
    "whole": whole_sections,
    "delivery": delivery_sections,
    "hurt": hurt_sections,
    "backlog": backlog_sections,
    "sustained": sustained_sections,
    "settled": settled_sections,
    "dead": dead_sections,
    "replay": replay_sections,
    "outage": outage_sections,
    "rest": rest_sections,
    "clone": clone_sections,
}


def machine() -> str:
    """What the figures were measured on."""
    memory = psutil.virtual_memory().total / 1e9
    cores = len(os.sched_getaffinity(0))
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{platform.machine()}, {cores} cores, {memory:.0f} GB, {system}"


def asked_for() -> argparse.Namespace:
    """What the command line asks for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("which", nargs="*", choices=[[], *BENCHMARKS], default=[], help="all, if none is named")
    asked.add_argument("--events", type=int, default=5000, help="events of a backlog, deliveries of a scene")
    asked.add_argument("--people", type=int, default=20_001, help="residents of whom events are told")
    asked.add_argument("--minutes", type=float, default=10, help="how long the sustained rate is offered")
    asked.add_argument("--rate", type=float, default=125, help="events a second of the sustained rate")
    asked.add_argument("--steady", type=float, default=40, help="events a second where waits are compared")
    asked.add_argument("--past", type=int, default=2_000_000, help="settled deliveries of a ledger with a past")
    asked.add_argument("--parked", type=int, default=10_000, help="deliveries of a replay, and of an hour's outage")
    asked.add_argument("--capped", type=float, default=300, help="calls a second of the department that had an outage")
    asked.add_argument(
        "--database", choices=["sqlite", "postgresql"], default="sqlite", help="of backlog and sustained"
    )
    asked.add_argument("--seconds", type=float, default=30, help="how long anything else is watched")
    asked.add_argument("--json", type=Path, help="write the figures to this file as well")
    return asked.parse_args()


def main() -> None:
    """Run what is asked for; exit 1 where something could not be measured."""
    told = asked_for()
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    # It says of each new topic that it has no leader for some milliseconds.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    console, began, sections, failed = Console(width=120), datetime.now(UTC), list[Section](), list[str]()
    console.print(f"{began:%Y-%m-%d %H:%M} UTC, {machine()}\n", highlight=False)
    for name in told.which or BENCHMARKS:
        try:
            for section in BENCHMARKS[name](told):
                show(section, console)
                sections.append(section)
                if told.json:
                    found = {"at": began, "machine": machine(), "sections": [one.as_document() for one in sections]}
                    told.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        except Exception as error:
            # What was measured before, and what comes after, is worth having all the same.
            console.print(f"{name} could not be measured: {type(error).__name__}: {error}\n", highlight=False)
            failed.append(name)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
