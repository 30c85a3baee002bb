"""What real extracts and callers hold: names of every shape and script, and files that are broken in every usual way."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from broker.commands.directory import app
from schemas.reading import LARGEST_BODY
from tests.people import write_lines

NAMES: dict[str, tuple[str | None, str | None]] = {
    "one letter each": ("B", "O"),
    "a surname of one letter": ("Mei", "O"),
    "a mononym": (None, "Suharjo"),
    "a mononym in the other field": ("Parvathi", None),
    "two hundred characters": ("Wolfeschlegelsteinhausen " * 4, "Bergerdorff" * 9),
    "Arabic": ("محمد", "الأحمد"),
    "Chinese": ("芳", "王"),
    "Welsh": ("Siân Eleri", "ferch Llŷwelyn"),
    "Devanagari": ("काम", "शर्मा"),
    "Cyrillic": ("Марія", "Шевченко"),
    "an apostrophe and a hyphen": ("Mary-Ann", "O’Neill-Smyth"),
}


@pytest.fixture
def tuo(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("TUO_DATABASE_URL", sqlite_url)
    return CliRunner()


def town() -> list[dict[str, Any]]:
    """A resident of each name, each at a home and with a birthday of their own."""
    return [
        {
            "id": f"r{number}",
            "forenames": forenames and forenames.strip(),
            "surname": surname,
            "dob": f"19{40 + number}-03-0{number % 9 + 1}",
            "uprn": f"9990000088{number:02}",
            "postcode": "AA7 7ZZ",
            "line1": f"{number + 1} Long Street",
        }
        for number, (forenames, surname) in enumerate(NAMES.values())
    ]


def decisions(tuo: CliRunner, events: list[dict[str, Any]], place: Path) -> dict[str, dict[str, Any]]:
    out = place / "decisions.jsonl"
    file = write_lines(place / "events.jsonl", events)
    done = tuo.invoke(app, ["match", str(file), "--profile", "standard", "-o", str(out)])
    assert done.exit_code == 0, done.output
    return {line["id"]: line for line in map(json.loads, out.read_text().splitlines())}


def test_whoever_has_a_name_of_any_shape_or_script_is_found_by_it_and_by_nobody_elses(
    tuo: CliRunner, tmp_path: Path
) -> None:
    loaded = tuo.invoke(app, ["load", str(write_lines(tmp_path / "residents.jsonl", town())), "--json"])
    assert json.loads(loaded.stdout)["loaded"] == len(NAMES), loaded.output
    own = [{**{k: v for k, v in line.items() if v}, "type": "move"} for line in town()]
    said = decisions(tuo, own, tmp_path)
    for name, line in zip(NAMES, town(), strict=True):
        found = said[line["id"]]
        assert (found["decision"], found["person"]) == ("AUTO", line["id"]), (name, found)
    others = [
        {**one, "id": f"x{number}", "forenames": other["forenames"] or "", "surname": other["surname"] or ""}
        for number, (one, other) in enumerate(zip(own, [*town()[1:], town()[0]], strict=True))
    ]
    wrong = {key: line for key, line in decisions(tuo, others, tmp_path).items() if line["decision"] == "AUTO"}
    assert wrong == {}, "a home and a birthday are not enough under somebody else's name"


def test_an_empty_name_finds_nobody_for_certain(tuo: CliRunner, tmp_path: Path) -> None:
    tuo.invoke(app, ["load", str(write_lines(tmp_path / "residents.jsonl", town()))])
    place = {key: town()[3][key] for key in ("uprn", "postcode", "line1", "dob")}
    events = [
        {"id": f"e{number}", "type": "move", "surname": name, **place} for number, name in enumerate(("", " ", None))
    ]
    assert {line["decision"] for line in decisions(tuo, events, tmp_path).values()} <= {"REVIEW", "NO_MATCH"}


GOOD = [{"id": "g1", "surname": "Thornbury"}, {"id": "g2", "forenames": "Siân", "surname": "Pryce-Huws"}]


@pytest.mark.parametrize(
    ("broken", "line", "where"),
    [
        pytest.param(b'{"id": "b1", "surname": "Oka', 3, "the whole line", id="a truncated last line"),
        pytest.param('{"id": "b1", "surname": "Siân"}'.encode("latin-1"), 3, "the whole line", id="another encoding"),
        pytest.param('{"id": "b1", "surname": "Sian"}'.encode("utf-16"), 3, "the whole line", id="two bytes a letter"),
        pytest.param(b'{"id": "g1", "surname": "Other"}', 3, "id", id="an id that stood before"),
        pytest.param(b'{"id": "b1", "surname": "' + b"x" * 10_000_000 + b'"}', 3, "the whole line", id="ten megabytes"),
        pytest.param(b'{"id": "b1", "surname": "A", "dob": "1938-02-30"}', 3, "dob", id="an impossible date"),
        pytest.param(b'{"id": "b1", "surname": "A", "dob": "1938-11"}', 3, "dob", id="a partial date"),
        pytest.param(b'{"id": "b1", "surname": "' + b"x" * 200 + b'"}', 3, "surname", id="a surname without an end"),
        pytest.param(b'{"id": "b1", "surname": "A", "nino": "QQ12345"}', 3, "nino", id="half a number"),
        pytest.param(b"\x00\x00\x00", 3, "the whole line", id="zeros"),
    ],
)
def test_a_broken_line_is_named_and_set_aside_and_the_rest_is_loaded(
    tuo: CliRunner, tmp_path: Path, broken: bytes, line: int, where: str
) -> None:
    path = tmp_path / "residents.jsonl"
    good = [json.dumps(each, ensure_ascii=False).encode() for each in GOOD]
    # As Windows writes it, and without an end to the last line.
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join([*good, broken]))
    stopped = tuo.invoke(app, ["load", str(path)])
    assert stopped.exit_code == 2
    assert f"line {line}: {where}: " in stopped.stderr
    went_on = tuo.invoke(app, ["load", str(path), "--keep-going", "--json"])
    assert went_on.exit_code == 0, went_on.output
    counts = json.loads(went_on.stdout)
    assert counts["loaded"] + counts["unchanged"] == len(GOOD)
    assert counts["rejected"] == 1
    rejects = path.with_name("residents.jsonl.rejects").read_bytes()
    assert rejects.strip() == broken[: LARGEST_BODY + 2].strip()
    again = json.loads(tuo.invoke(app, ["load", str(path), "--keep-going", "--json"]).stdout)
    assert (again["loaded"], again["updated"], again["unchanged"]) == (0, 0, len(GOOD)), "nothing was half applied"
