"""Every crash point, each so many times: the broker ends itself exactly there, is started again, and strangers judge.

    python -m tests.chaos.crash_points [--times 50] [--only NAME …] [--seed N]

Exits with 0 when every point was reached as often as asked and nothing was lost, doubled or out of order.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from broker.crash_points import CRASH_POINTS
from tests.chaos.apart import go_apart
from tests.chaos.on_call import OnCall
from tests.chaos.soak import books_of, lies_of, pace, until_settled, verdict_of
from tests.chaos.stage import Stage
from tests.chaos.verifier import Verdict

#: seconds in which a broker that was started must come to its crash point
REACHED_WITHIN = 120.0
#: seconds between looks at whether more is told than is done; after so many, more is told all the same, to reach it
PACE_EVERY, LET_TELL_AFTER = 3.0, 15.0
#: an office that is ill all the time, so that something is always due again
ILL = {"libraries": "error_after_effect", "parking": "hang_after_effect", "housing-benefit": "ok"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashed:
    """What came of it."""

    reached: dict[str, int]
    verdict: Verdict
    books: tuple[str, ...]
    lies: tuple[str, ...]

    def wrong(self) -> list[str]:
        """Each thing that is wrong."""
        v = self.verdict
        found = [*v.lost, *v.doubled, *v.disordered, *v.ghosts, *v.two_references, *v.altered, *v.not_taken_back]
        return [*found, *self.books, *self.lies]


def crash_everywhere(folder: Path, points: list[str], times: int, seed: int) -> Crashed:
    """One run. Raises TimeoutError, naming a point that was not reached."""
    stage, rng = Stage(folder, database="sqlite", brokers=1), random.Random(seed)
    reached = dict.fromkeys(points, 0)
    try:
        stage.prepare()
        stage.start_from_a_stem()
        stage.start_all()
        for department, mode in ILL.items():
            stage.turn(department, mode)
        on_call = OnCall(stage.council.address, *(stage.council.keys[name] for name in ("operator", "second")))
        on_call.start()
        submitter = stage.start_submitter(12, seed, 1.0)
        stage.processes["broker"].kill()
        stage.processes["broker"].wait()
        for n in range(1, times + 1):
            print(f"round {n} of {times}", file=sys.stderr, flush=True)
            for point in rng.sample(points, len(points)):
                _crash_at(stage, point, rng.randint(1, 3))
                reached[point] += 1
        stage.start("broker")
        stage.until_ready()
        for department in ILL:
            stage.turn(department, "ok")
        (folder / "stop").touch()
        submitter.wait(timeout=180)
        until_settled(stage, time.monotonic())
        on_call.go_home()
        return Crashed(reached=reached, verdict=verdict_of(stage), books=books_of(stage), lies=lies_of(stage))
    finally:
        stage.stop()


def _crash_at(stage: Stage, point: str, nth: int) -> None:
    stage.start("broker", TUO_CRASH_AT=f"{point}:{nth}")
    began = looked = time.monotonic()
    while (status := stage.processes["broker"].poll()) is None:
        if (now := time.monotonic()) - looked > PACE_EVERY:
            looked = now
            if now - began < LET_TELL_AFTER:
                pace(stage)
            else:
                (stage.folder / "hold").unlink(missing_ok=True)
        if now - began > REACHED_WITHIN:
            raise TimeoutError(f"the crash point {point} was not reached within {REACHED_WITHIN:.0f} s")
        time.sleep(0.02)
    if status != -signal.SIGKILL:
        raise RuntimeError(f"the broker ended by itself before {point}: status {status}, see {stage.folder}/broker.log")


def main() -> int:
    """Run, and print how often each was reached."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--times", type=int, default=50)
    asked.add_argument("--only", nargs="*", choices=sorted(CRASH_POINTS), default=sorted(CRASH_POINTS))
    asked.add_argument("--seed", type=int, default=1)
    told = asked.parse_args()
    go_apart("tests.chaos.crash_points", sys.argv[1:])
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    folder = Path(tempfile.mkdtemp(prefix="tuo-crash-points-"))
    crashed = crash_everywhere(folder, told.only, told.times, told.seed)
    for point, times in crashed.reached.items():
        print(f"{point:<32} {times:>4} times")
    verdict = crashed.verdict
    print(f"{verdict.acknowledged} events, {verdict.effects} effects, {verdict.repeats} repeats: ", end="")
    print("nothing lost, doubled or out of order" if not crashed.wrong() else "BROKEN")
    for line in crashed.wrong()[:100]:
        print(line, file=sys.stderr)
    if not crashed.wrong():
        shutil.rmtree(folder, ignore_errors=True)
    return 2 if crashed.wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
