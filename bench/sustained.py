"""The whole path at the UK's mean rate for minutes on end: what it uses, how long everybody waits, and what it keeps."""

import time

from bench.findings import Finding, Section, at_percentile
from bench.ground import Ground
from bench.ledger_view import answered_between
from bench.parts.sampling import Sampling, profiler
from bench.stage import LATENCY, Stage, stage
from bench.telling import Told
from bench.watching import Watch

#: cores of two, events and deliveries a second, and how much larger the last quarter's memory may be than the second's
CORES, EVENTS_A_SECOND, DELIVERIES_A_SECOND, GROWTH = 1.2, 125.0, 560.0, 1.1
#: of the rate that was offered: less is not held
HELD = 0.99
#: seconds of traffic before anything is measured, and seconds of a profile
TO_WARM_UP, PROFILE = 10.0, 20.0
PARTS = "SQLite is in the broker's process: its threads' CPU is counted, the share of each part of its loop estimated."


def sustained(on: Ground, *, rate: float, minutes: float, people: int, database: str) -> Section:
    """Offer events at a rate; everything included, nothing left out."""
    count = int(rate * minutes * 60)
    with stage(on, "sustained", people, database) as here:
        # What is only done once is done before.
        profiler()
        here.tell(int(rate * TO_WARM_UP), rate).end()
        here.until_answered()
        meter, watch = here.meter(), Watch(here.processes)
        began = time.time()
        telling = here.tell(count, rate)
        # On PostgreSQL each part is a process of its own.
        alone = here.brokers.get("broker")
        profile = Sampling(alone, min(PROFILE, minutes * 30), on.folder / "profile.txt") if alone else None
        told = telling.end()
        used, ended, parts, memory = meter.read(), time.time(), profile.cpu() if profile else {}, watch.end()
        here.until_answered()
        drained = time.time() - ended
        answered = answered_between(here.database, began, ended)
        cores = {name: cpu / used.seconds for name, cpu in used.cpu.items()} | {"submitter": told.cpu / told.seconds}
        # The last answers are under way when the last event is told: they were offered, and are not owed yet.
        owed = sum(here.wanted.values()) * count / here.told * (1 - 2 * LATENCY / told.seconds)
        held = min(1.0, answered / owed)
        return Section(
            title=f"{rate:g} events/s for {minutes:g} minutes, five departments, {1000 * LATENCY:g} ms, {database}",
            circumstances=used.circumstances,
            findings=[
                Finding(what="events taken in", figure=count / told.seconds, unit="a second", least=HELD * rate),
                Finding(
                    what="deliveries answered meanwhile",
                    figure=answered / told.seconds,
                    unit="a second",
                    least=HELD * DELIVERIES_A_SECOND * rate / EVENTS_A_SECOND,
                ),
                Finding(what="so the rate that it holds", figure=rate * held, unit="events/s"),
                Finding(what="until the last was answered", figure=drained, unit="s more"),
                Finding(what="broker, database and Kafka", figure=here.of_the_broker(cores), unit="cores", most=CORES),
                Finding(what="with what drives the test", figure=sum(cores.values()), unit="cores"),
                *(Finding(what=f"{name}, CPU", figure=each, unit="cores") for name, each in cores.items()),
                *(
                    Finding(what=f"broker: {part}", figure=cpu / used.seconds, unit="cores")
                    for part, cpu in parts.items()
                ),
                *waits(here, told),
                *_memory(here, memory),
                *here.faults(),
            ],
            notes=[PARTS] if profile else [],
        )


def waits(here: Stage, told: Told) -> list[Finding]:
    """How long advisers and departments waited, 95th percentiles."""
    waited = here.waits(told)
    by_department = [
        Finding(what=f"{name} answered, p95", figure=at_percentile(each, 95), unit="s after recording")
        for name, each in waited.items()
        if name != "first"
    ]
    return [
        Finding(what="acknowledged, p95", figure=told.acknowledged_ms, unit="ms"),
        Finding(what="first department answered, p95", figure=at_percentile(waited["first"], 95), unit="s"),
        *by_department,
    ]


def _memory(here: Stage, memory: dict[str, list[float]]) -> list[Finding]:
    each = [
        finding
        for name in here.brokers
        for finding in (
            Finding(what=f"{name}, resident in the last quarter", figure=memory[name][3], unit="MB"),
            Finding(
                what=f"{name}, as a multiple of the second",
                figure=memory[name][3] / memory[name][1],
                unit="",
                most=GROWTH,
            ),
        )
    ]
    return [*each, Finding(what="Kafka, resident in the last quarter", figure=memory["Kafka"][3], unit="MB")]
