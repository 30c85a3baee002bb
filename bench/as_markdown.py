"""Figures that were written with --json, as the tables of docs/benchmarks.md.

    python -m bench.as_markdown FIGURES.json [--all]

Each figure that has a bar, a row; with --all every figure.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from bench.findings import said


def rows(sections: list[dict[str, Any]], *, every: bool) -> Iterator[str]:
    """A table a section, with the circumstances under its title."""
    for section in sections:
        found = [one for one in section["findings"] if every or one["met"] is not None]
        if not found:
            continue
        yield f"\n**{section['title']}** ({section['circumstances']})\n"
        yield "| | Figure | Bar | |"
        yield "|---|---|---|---|"
        for one in found:
            yield f"| {one['what']} | {said(one['figure'])} {one['unit']} | {_beside(one)} | {_met(one['met'])} |"


def _beside(one: dict[str, Any]) -> str:
    if one["most"] is not None:
        return f"at most {said(one['most'])}"
    if one["least"] is not None:
        return f"at least {said(one['least'])}"
    return "" if one["other"] is None else f"{one['beside']} {said(one['other'])}"


def _met(met: bool | None) -> str:
    return "" if met is None else ("met" if met else "**missed**")


def main() -> None:
    """Read the file, print the tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("figures", type=Path)
    asked.add_argument("--all", action="store_true")
    told = asked.parse_args()
    found = orjson.loads(told.figures.read_bytes())
    print(f"{found['at'][:16]} UTC, {found['machine']}")
    for row in rows(found["sections"], every=told.all):
        print(row)


if __name__ == "__main__":
    main()
