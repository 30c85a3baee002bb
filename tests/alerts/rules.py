"""A reading of Prometheus rules that knows no more than ours use: selectors, increase(), time(), minus, one comparison."""

import importlib
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

RULES = Path(__file__).parent.parent.parent / "docs" / "alerts" / "tell-us-once.rules.yaml"
_COMPARES = {">": operator.gt, "<": operator.lt, "==": operator.eq, ">=": operator.ge, "<=": operator.le}
_RULE = re.compile(r"(?P<left>.+?) (?P<how>[<>]=?|==) (?P<right>[0-9.]+)$")
_SELECTOR = re.compile(r"(?P<name>[a-z_]+)(?:\{(?P<labels>[^}]*)\})?$")
_INCREASE = re.compile(r"increase\((?P<inner>.+)\[[0-9]+[smh]\]\)$")
_LABEL = re.compile(r'([a-z_]+)="([^"]*)"')
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alert."""

    name: str
    expr: str
    #: seconds for which it must hold
    lasting: int
    severity: str
    runbook: str


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one process said at one moment."""

    at: float
    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def rules() -> list[Rule]:
    """Every alert of ours."""
    yaml: Any = importlib.import_module("yaml")
    told = yaml.safe_load(RULES.read_text())
    return [
        Rule(
            name=one["alert"],
            expr=one["expr"],
            lasting=int(one["for"][:-1]) * _SECONDS[one["for"][-1]],
            severity=one["labels"]["severity"],
            runbook=one["annotations"]["runbook"],
        )
        for group in told["groups"]
        for one in group["rules"]
    ]


def scrape(text: str, at: float, *, up: bool = True) -> Scrape:
    """A scrape, as Prometheus keeps it: with ``up`` of its own."""
    found = {
        (sample.name, frozenset(sample.labels.items())): float(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return Scrape(at, found | {("up", frozenset({("job", "tell-us-once")})): float(up)})


def fires(rule: Rule, scrapes: Sequence[Scrape]) -> bool:
    """Whether the alert fires at the last of these scrapes: it has held at each of the last ``for`` seconds."""
    last = scrapes[-1].at
    since = [number for number, one in enumerate(scrapes) if last - one.at <= rule.lasting]
    long_enough = last - scrapes[0].at >= rule.lasting
    return long_enough and all(_holds(rule.expr, scrapes[: number + 1]) for number in since)


def _holds(expr: str, scrapes: Sequence[Scrape]) -> bool:
    said = _RULE.match(expr)
    assert said, f"the evaluator cannot read: {expr}"
    return any(_COMPARES[said["how"]](value, float(said["right"])) for value in _values(said["left"], scrapes))


def _values(left: str, scrapes: Sequence[Scrape]) -> list[float]:
    now = scrapes[-1]
    if left.startswith("time() - "):
        return [now.at - value for value in _selected(left.removeprefix("time() - "), now).values()]
    if inner := _INCREASE.match(left):
        # The first scrape stands for the beginning of the range: a test's scrapes all lie within it.
        before = _selected(inner["inner"], scrapes[0])
        return [value - before.get(labels, 0.0) for labels, value in _selected(inner["inner"], now).items()]
    return list(_selected(left, now).values())


def _selected(selector: str, of: Scrape) -> dict[frozenset[tuple[str, str]], float]:
    said = _SELECTOR.match(selector)
    assert said, f"the evaluator cannot read: {selector}"
    wanted = set(_LABEL.findall(said["labels"] or ""))
    return {labels: value for (name, labels), value in of.samples.items() if name == said["name"] and wanted <= labels}
