"""The whole path at full speed: a backlog taken in through the API, then routed, handed over and answered."""

import json
from pathlib import Path

from bench.findings import Finding, Section
from bench.ground import Ground, books_at, open_the_called_one
from bench.ledger_view import everything_is_answered, outcomes
from bench.meter import Meter, Metered
from bench.people import changes, write_residents
from tests.council import Council

#: CPU an event in a first sketch of this design (ms, routing and handing over), and all of the UK's events a second
SKETCH_MS, MEAN_RATE = 2.2, 125.0
LONGEST = 900.0


def whole_path(on: Ground, *, events: int, latency: float) -> Section:
    """Distinct people's contact changes, every one known to the directory and told to three departments."""
    called, port = open_the_called_one(on, latency)
    council = _council(on, f"whole-{latency:g}", port)
    residents = write_residents(council.home / "residents.jsonl", events)
    letters = council.home / "letters.jsonl"
    letters.write_bytes(b"\n".join(changes(events)))
    council.prepare(residents)
    try:
        intake = _intake(on, council, letters)
        rest = _rest(on, council, called.pid)
        books = books_at(port)
    finally:
        council.stop()
    on.end(called)
    answered = outcomes(council.home / "tuo.db")
    deliveries = sum(answered.values())
    cpu = intake.cpu["broker"] + rest.cpu["broker"]
    return Section(
        title=f"The whole path, a backlog of {events} events, {latency * 1000:g} ms back office",
        circumstances=f"intake: {intake.circumstances}; the rest: {rest.circumstances}",
        findings=[
            Finding(what="intake", figure=events / intake.seconds, unit="events/s"),
            Finding(
                what="route, deliver, acknowledge",
                figure=events / rest.seconds,
                unit="events/s",
                beside="the UK's mean rate",
                other=MEAN_RATE,
            ),
            Finding(what="deliveries answered", figure=deliveries / rest.seconds, unit="a second"),
            _per_event("broker, intake", intake.cpu["broker"], events),
            _per_event("broker, the rest", rest.cpu["broker"], events),
            _per_event("broker, all", cpu, events, "first sketch of this design", SKETCH_MS),
            _per_event("Kafka", intake.cpu["Kafka"] + rest.cpu["Kafka"], events),
            _per_event("back offices (ours to drive the test)", rest.cpu["called"] + rest.cpu["answering"], events),
        ],
        notes=[
            f"Answered: {', '.join(f'{of} {outcome} {count}' for (of, outcome), count in sorted(answered.items()))}.",
            f"The called one's own books: {events - int(books['taken'])} lost, {books['doubled']} doubled, "
            f"{books['disordered']} out of order, at most {books['most_in_flight']} in flight.",
        ],
    )


def _per_event(what: str, cpu: float, events: int, beside: str = "", other: float | None = None) -> Finding:
    return Finding(what=f"{what}, CPU", figure=1000 * cpu / events, unit="ms an event", beside=beside, other=other)


def _council(on: Ground, name: str, port: int) -> Council:
    office = {"base_url": f"http://127.0.0.1:{port}", "token": "bench", "in_flight": 256}
    settings = {
        "TUO_BACK_OFFICES": json.dumps({"council-tax": office}),
        "TUO_TOPIC_PREFIX": f"{name}.",
        "TUO_REPUBLISH_SECONDS": "60",
    }
    return Council(on.folder / name, on.kafka.bootstrap, **settings)


def _intake(on: Ground, council: Council, letters: Path) -> Metered:
    council.settings["TUO_ROLES"] = '["web"]'
    council.start_broker()
    assert council.broker is not None
    meter = Meter({"broker": council.broker.pid, "Kafka": on.kafka_process})
    key = on.key_file(council, "adviser")
    on.run("bench.submitting", "--api", council.address, "--key-file", key, "--letters", letters)
    used = meter.read()
    council.stop()
    return used


def _rest(on: Ground, council: Council, called: int) -> Metered:
    del council.settings["TUO_ROLES"]
    council.start_broker()
    assert council.broker is not None
    prefix = council.settings["TUO_TOPIC_PREFIX"]
    key = on.key_file(council, "electoral")
    words = ("--kafka", on.kafka.bootstrap, "--broker", council.address, "--key-file", key, "--prefix", prefix)
    answering = on.start("bench.answering", *words)
    processes = {"broker": council.broker.pid, "called": called, "answering": answering.pid, "Kafka": on.kafka_process}
    meter = Meter(processes)
    database = council.home / "tuo.db"
    council.until(lambda: everything_is_answered(database), "every department has answered", LONGEST)
    used = meter.read()
    on.end(answering)
    return used
