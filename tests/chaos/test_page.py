"""The page about the proof names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "soak.md").read_text()


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[a-z_/]+\.py)(?:::(test_[a-z_0-9]+))?`", PAGE)
    assert len(named) > 5
    missing = [(path, name) for path, name in named if f"def {name}(" not in (ROOT / path).read_text() and name]
    assert missing == []
