"""Every crash point: a broker that ends there loses, doubles and disorders nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from broker.crash_points import CRASH_POINTS

ROOT = Path(__file__).parent.parent.parent


def _run(module: str, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(900)
def test_a_broker_that_dies_at_each_crash_point_breaks_no_promise() -> None:
    done = _run("tests.chaos.crash_points", "--times", "1")
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert [line.split()[0] for line in done.stdout.splitlines() if line.endswith("  1 times")] == sorted(CRASH_POINTS)


@pytest.mark.parametrize(
    ("crash_at", "test_identifiers", "said"),
    [
        ("intake.after-commit", "0", "NotOnALiveSystem"),
        ("nowhere", "1", "there is no crash point of that name"),
    ],
)
def test_a_crash_point_is_refused_on_a_live_system_and_where_there_is_none(
    crash_at: str, test_identifiers: str, said: str
) -> None:
    refused = _run("broker.crash_points", TUO_CRASH_AT=crash_at, TUO_TEST_IDENTIFIERS=test_identifiers)
    assert refused.returncode == 1
    assert said in refused.stderr


def test_every_crash_point_is_somewhere_in_the_code_and_no_other_is() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "broker").rglob("*.py")))
    missing = [name for name in CRASH_POINTS if f'crash_point("{name}")' not in text]
    assert missing == []
    assert text.count('crash_point("') == len(CRASH_POINTS)
