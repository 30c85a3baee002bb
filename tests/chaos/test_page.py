"""The page about the proof names tests that exist, and leaves no row without one or a word why not."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "soak.md").read_text()
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)


def test_every_failure_has_a_test_or_a_word_why_not() -> None:
    rows = ROW.findall(PAGE.split("## Every failure that was thought of")[1])
    assert [int(number) for number, _, _ in rows] == list(range(1, 52))
    assert [number for number, _, proof in rows if len(proof) < 20] == []


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[a-z_/]+\.py)(?:::(test_[a-z_0-9]+))?`", PAGE)
    assert len(named) > 40
    missing = [(path, name) for path, name in named if f"def {name}(" not in (ROOT / path).read_text() and name]
    assert missing == []
