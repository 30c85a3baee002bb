"""The house rules, as tests: how long things may be, which words are used, and what must be written down."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from broker import found
from broker.decision import HOLD_CAPTIONS, HoldReason
from broker.disclosure import Disclosure
from broker.standing import PROGRESS_CAPTIONS, STANDING_CAPTIONS, Progress, Standing
from broker.telemetry import LOG_EVENTS
from schemas.kinds import life_events
from schemas.outcome import OutcomeKind

ROOT = Path(__file__).parent.parent
ROOMS = ("schemas", "broker", "adapters")
_SAID, _WORD = re.compile(r"\blog\.(?:info|warning|error)\(([^,)]*)"), re.compile(r'"([^"]+)"')
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_JOURNEY, MEDIAN_FUNCTION = 300, 40, 200, 8
#: one word for one thing: these are the others (docs/glossary.md)
BANNED = (
    "manager helper util utils customer citizen acquirer subscriber tenant dto payload misc stuff golden "
    "consent dlq redrive retryer processor handler handlers data_subject coc"
).split()
BANNED_STARTS = ("process_", "handle_", "do_", "manage_")
#: SQLAlchemy's own names, and a process of the operating system
OTHERS_WORDS = {"process_bind_param", "process_result_value", "process_id"}


def _sources() -> list[Path]:
    return sorted(
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "versions" not in path.parts and path.stat().st_size
    )


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_and_no_function_is_too_long_to_hold_in_the_head() -> None:
    files = {path: len(path.read_text().splitlines()) for path in _sources()}
    assert {str(path): lines for path, lines in files.items() if lines > LONGEST_FILE} == {}
    assert files[ROOT / "broker" / "journey.py"] <= LONGEST_JOURNEY
    functions = {(str(path), node.name): _length(node) for path in _sources() for node in _functions(path)}
    assert {where: lines for where, lines in functions.items() if lines > LONGEST_FUNCTION} == {}
    assert statistics.median(functions.values()) <= MEDIAN_FUNCTION


def test_identifiers_use_the_words_of_the_glossary() -> None:
    odd = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name not in OTHERS_WORDS
        and (set(_words(node.name)) & set(BANNED) or node.name.lstrip("_").startswith(BANNED_STARTS))
    }
    assert odd == set()


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


def test_every_state_has_a_caption_a_person_can_read() -> None:
    for states, captions in ((Standing, STANDING_CAPTIONS), (Progress, PROGRESS_CAPTIONS), (HoldReason, HOLD_CAPTIONS)):
        assert set(captions) == set(states)
        assert all(caption[0].isupper() and len(caption) > 5 for caption in captions.values())


def test_a_disclosure_holds_plain_values_and_other_disclosures_only() -> None:
    tellings = chain.from_iterable(adapter.tellings for adapter in found.adapters())
    for seen in {telling.sees for telling in tellings}:
        for name, field in seen.model_fields.items():
            for part in _parts(field.annotation):
                module = getattr(part, "__module__", "")
                shared = module.startswith("schemas.") and isinstance(part, type) and not hasattr(part, "__members__")
                ours = isinstance(part, type) and issubclass(part, Disclosure)
                assert ours or not shared, f"{seen.__name__}.{name} would widen with {part}"


def _parts(annotation: object) -> Iterator[object]:
    arguments = getattr(annotation, "__args__", ())
    if not arguments:
        yield annotation
    for argument in arguments:
        yield from _parts(argument)


def test_every_log_event_is_declared_and_every_declared_one_is_said() -> None:
    said = " ".join(call for file in (ROOT / "broker").rglob("*.py") for call in _SAID.findall(file.read_text()))
    assert set(_WORD.findall(said)) == set(LOG_EVENTS)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("docs/operating.md", sorted(LOG_EVENTS)),
        ("docs/operating.md", [f"`{standing}`" for standing in Standing]),
        ("docs/operating.md", [f"`{progress}`" for progress in Progress]),
        ("docs/operating.md", [f"`{reason}`" for reason in HoldReason]),
        ("docs/operating.md", [f"`{outcome}`" for outcome in OutcomeKind]),
        ("docs/life-events.md", [f"`{kind}`" for kind in life_events()]),
    ],
)
def test_documentation_names_everything_there_is(page: str, names: list[str]) -> None:
    text = (ROOT / page).read_text()
    assert [name for name in names if name not in text] == []


def test_every_metric_is_documented() -> None:
    declared = set(re.findall(r'"(tuo_[a-z_]+)"', (ROOT / "broker" / "telemetry.py").read_text()))
    text = (ROOT / "docs" / "operating.md").read_text()
    assert declared
    assert [name for name in sorted(declared) if name not in text] == []


def test_decision_records_are_short_and_numbered_without_a_gap() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert {path.name: lines for path in records if (lines := len(path.read_text().splitlines())) > 25} == {}


def test_the_register_of_disclosures_is_the_one_in_the_documentation() -> None:
    command = [str(Path(sys.executable).with_name("tuo")), "dept", "disclosures", "--markdown"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    page = (ROOT / "docs" / "disclosures.md").read_text()
    assert shown.stdout == page, (
        "run: tuo dept disclosures --markdown > docs/disclosures.md, and say it under Disclosed"
    )


def test_every_failure_mode_has_a_test_that_is_there_or_a_sentence_why_not() -> None:
    rows = re.findall(r"^\| (\d+|[a-d]) \|(.+)\|$", (ROOT / "docs" / "failure-modes.md").read_text(), re.MULTILINE)
    assert {number for number, _ in rows} == {*map(str, range(1, 54)), *"abcd"}
    named = {number: re.findall(r"`(tests/[a-z_/]+\.py)::(test_[a-z_0-9]+)`", row) for number, row in rows}
    missing = [(file, name) for tests in named.values() for file, name in tests if not _is_there(ROOT / file, name)]
    assert missing == []
    # Two days of faults, what is noted beside an offset, and what rows before it show together.
    assert [number for number, tests in named.items() if not tests] == ["51", "42", "c"]


def _is_there(file: Path, test: str) -> bool:
    return file.is_file() and any(node.name == test for node in _functions(file))


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    left = [str(path) for path in _sources() if marks.search(path.read_text())]
    assert left == []


def test_no_test_beside_the_browser_is_asynchronous() -> None:
    """Playwright's loop runs in the main thread from the first page on: pytest-asyncio cannot start another there."""
    files = {
        file.name for file in (ROOT / "tests/screens").glob("test_*.py") if "\nasync def test_" in file.read_text()
    }
    assert files == set()
