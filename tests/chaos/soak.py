"""The chaos soak: a council with eight departments is hurt at random, and strangers judge what came of it.

    python -m tests.chaos.soak [--minutes N] [--database sqlite|postgresql] [--brokers 1|3] [--seed N] [--markdown]

Exits with 0 when nothing was lost, doubled or out of order *and* the run proves something; 1 when it is void, 2 when a
promise was broken. What a run leaves behind is kept when it is not clean, and its place is printed.
"""

import argparse
import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.chaos.apart import go_apart
from tests.chaos.faults import Faults
from tests.chaos.on_call import OnCall
from tests.chaos.scorecard import ENOUGH, Scorecard, counted, shares, slowest_beside
from tests.chaos.stage import DEPARTMENTS, Stage
from tests.chaos.verifier import Verdict, read, verify

PERSONS = 24
#: seconds without any progress, once nothing is hurt any more, after which what is missing is missing; and in all
SETTLE, SETTLE_AT_MOST = 180.0, 900.0
#: deliveries not done yet, above which nobody tells anything more: what goes out in peace proves nothing
BACKLOG = PERSONS * len(DEPARTMENTS)
CODES = {"clean": 0, "void": 1, "BROKEN": 2}
SETTLED = ("settled", "cancelled", "awaited")


def soak(told: argparse.Namespace, folder: Path) -> Scorecard:
    """One run."""
    stage = Stage(folder, database=told.database, brokers=told.brokers)
    try:
        stage.prepare()
        stage.start_all()
        faults = Faults(
            stage,
            told.seed,
            when_nearly_over=(folder / "stop").touch,
            enough_is_done=lambda: enough_is_done(stage),
            after_each=lambda: pace(stage),
        )
        on_call = OnCall(stage.council.address, *(stage.council.keys[name] for name in ("operator", "second")))
        on_call.start()
        submitter = stage.start_submitter(PERSONS, told.seed, told.pause)
        faults.run(told.minutes * 60)
        (folder / "stop").touch()
        calm = time.monotonic()
        submitter.wait(timeout=SETTLE)
        until_settled(stage, calm)
        settled_in = time.monotonic() - calm
        on_call.go_home()
        return _judged(told, stage, faults, settled_in, on_call)
    finally:
        stage.stop()


def enough_is_done(stage: Stage) -> bool:
    """Whether little is left that would be done in peace, and everything was seen that a run must show."""
    if not (stage.folder / "submitter.jsonl").exists():
        return False
    verdict = verdict_of(stage)
    seen = verdict.repeats and verdict.stopped and verdict.undone
    return bool(seen) and len(verdict.lost) <= (1 - ENOUGH) / 2 * verdict.effects


def pace(stage: Stage) -> None:
    """Let nobody tell more than can be done while it is hurt, however slow the machine is."""
    stage.look_at_the_offices()
    if not (stage.folder / "submitter.jsonl").exists():
        return  # nobody has told anything yet
    verdict, hold = verdict_of(stage), stage.folder / "hold"
    if len(verdict.lost) > max(BACKLOG, (1 - ENOUGH) / 3 * verdict.effects):
        hold.touch()
    else:
        hold.unlink(missing_ok=True)


def until_settled(stage: Stage, calm: float) -> None:
    """Wait until the offices have everything and the tracker has every answer, or nothing moves any more."""
    left, moved = -1, calm
    while (now := time.monotonic()) - moved < SETTLE and now - calm < SETTLE_AT_MOST:
        with contextlib.suppress(httpx.HTTPError, KeyError):
            verdict = verdict_of(stage)
            missing = len(verdict.lost) + len(verdict.not_taken_back) or len(lies_of(stage))
            if not missing:
                return
            left, moved = (missing, now) if missing != left else (left, moved)
        time.sleep(2)


def verdict_of(stage: Stage) -> Verdict:
    """What the journals say by now."""
    return verify(
        stage.folder / "submitter.jsonl", {name: path for name, path in stage.journals.items() if path.exists()}
    )


def _judged(told: argparse.Namespace, stage: Stage, faults: Faults, settled_in: float, on_call: OnCall) -> Scorecard:
    fired = counted(faults.done)
    under, within = shares(stage.journals, faults.done)
    missing = faults.expected - set(fired)
    return Scorecard(
        seed=told.seed,
        minutes=told.minutes,
        database=told.database,
        brokers=told.brokers,
        faults=fired,
        not_fired={kind: faults.hindered.get(kind, "there was no time for it") for kind in sorted(missing)},
        verdict=verdict_of(stage),
        share_under_fault=under,
        share_in_period=within,
        books=books_of(stage),
        lies=lies_of(stage),
        settled_in=settled_in,
        peak_mb=stage.peak_memory_mb(),
        slowest_beside_an_ill_office=slowest_beside(
            stage.journals, stage.folder / "submitter.jsonl", faults.done, frozenset(faults.kinds)
        ),
        extras={"put back by a person": on_call.replayed},
    )


def books_of(stage: Stage) -> tuple[str, ...]:
    """What the broker itself finds out of place."""
    return tuple(f"{one['what']} {one.get('department')} {one['id']}" for one in stage.council.books()["findings"])


def lies_of(stage: Stage) -> tuple[str, ...]:
    """What the tracker says of each delivery, against what its office wrote down."""
    done = {
        (name, line["notification"])
        for name, path in stage.journals.items()
        if path.exists()
        for line in read(path)
        if line["effect"]
    }
    taken_back = {line.get("withdraws") for line in read(stage.folder / "submitter.jsonl")}
    references = {
        line["reference"] for line in read(stage.folder / "submitter.jsonl") if line["what"] == "acknowledged"
    }
    found: list[str] = []
    with httpx.Client(headers={"authorization": f"Bearer {stage.council.keys['adviser']}"}, timeout=30) as asked:
        for reference in sorted(references):
            answer = asked.get(f"{stage.council.address}/api/v1/life-events/{reference}")
            answer.raise_for_status()
            lines = {line["department"]: line for line in answer.json()["departments"]}
            for name in DEPARTMENTS:
                why = _lie(lines.get(name), (name, reference) in done, reference in taken_back)
                found += [f"{reference} {name} {why}"] if why else []
    return tuple(found)


def _lie(line: dict[str, str] | None, done: bool, taken_back: bool) -> str:
    if line is None:
        return "has no delivery, and acted" if done else ""
    standing, outcome = line["standing"], line["outcome"]
    if standing not in SETTLED:
        return f"is still {standing}"
    if standing == "cancelled":
        # Of what was taken back nothing more is tried; where it did arrive, the verifier wants to see it undone.
        return "is cancelled, and the office acted" if done and not taken_back else ""
    return "" if done else f"is {outcome}, and the office never acted"


def main() -> int:
    """Run, print the table, and say with the exit status what it is worth."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=10, help="how long faults are made")
    asked.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked.add_argument("--brokers", type=int, choices=[1, 3], default=1, help="of Kafka")
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(100_000))
    asked.add_argument("--pause", type=float, default=3.0, help="seconds between a person's events, about")
    asked.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    asked.add_argument("--keep", action="store_true", help="keep the journals and logs of a clean run too")
    told = asked.parse_args()
    if "--seed" not in sys.argv:
        sys.argv += ["--seed", str(told.seed)]
    go_apart("tests.chaos.soak", sys.argv[1:])
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    folder = Path(tempfile.mkdtemp(prefix="tuo-soak-"))
    card = soak(told, folder)
    print(card.text(markdown=told.markdown), end="", flush=True)
    for line in card.wrong():
        print(line, file=sys.stderr)
    if card.slowest_beside_an_ill_office is not None and not told.markdown:
        print(f"{'p95 beside an ill office, worst':<36} {card.slowest_beside_an_ill_office:.1f} s")
    _leave(folder, told.keep or card.word != "clean")
    return CODES[card.word]


def _leave(folder: Path, keep: bool) -> None:
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
        return
    kept = folder.with_name(f"{folder.name}-kept")
    shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("kafka", "postgres", "filler"))
    print(f"kept: {kept}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
