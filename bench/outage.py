"""An hour's outage of one department: what waited drains in order, and never faster than the department allows.

The hour is compressed in time and not in volume: the letters of an hour lie ready before the back office is dead.
"""

import time

from bench.contenders import OURS, Field
from bench.findings import Finding, Section
from bench.ground import open_the_called_one, until
from bench.ledger_view import breaker_of, parked_persons
from bench.meter import Meter

#: events a second of the whole of the UK, and its residents: whose hour it is follows from the number of letters
MEAN_RATE, RESIDENTS = 125.0, 67_000_000
#: seconds that the back office is dead once the broker knows it, and that the broker may take to know it
DEAD_SECONDS, TO_START = 20.0, 120.0


def outage(field: Field, *, rate: float) -> Section:
    """The back office is dead when the broker starts, comes back, and takes so many a second."""
    with field.race(OURS, office={"rate": rate}) as race:
        race.on.end(race.office)
        race.start()
        until(lambda: breaker_of(race.database, "council-tax") == "open", "its breaker is open", TO_START)
        time.sleep(DEAD_SECONDS)
        race.office, _ = open_the_called_one(race.on, race.latency, port=race.port)
        back = time.monotonic()
        meter = Meter({"it": race.it.pid, "Kafka": race.on.kafka_process}) if race.it else None
        race.until_taken(field.count, quiet=90.0)
        books, parked = race.books(), parked_persons(race.database)
        assert meter is not None
        used = meter.read()
    drained = books["last_at"] - books["first_at"]
    an_hour_of = field.count / 3600 / MEAN_RATE * RESIDENTS
    return Section(
        title=f"An hour's letters of one department ({field.count}), which is dead and then takes {rate:g} a second",
        circumstances=used.circumstances,
        findings=[
            Finding(what="lost", figure=field.count - int(books["taken"]), unit="", most=0),
            Finding(what="doubled", figure=int(books["doubled"]), unit="", most=0),
            Finding(what="out of order", figure=int(books["disordered"]), unit="", most=0),
            Finding(what="most in any one second", figure=int(books["most_in_a_second"]), unit="", most=rate + 1),
            Finding(what="persons parked meanwhile", figure=parked, unit="", most=0),
            Finding(what="drained in", figure=drained, unit="s", beside="at its rate", other=field.count / rate),
            Finding(what="until the first after it was back", figure=books["first_at"] - back, unit="s"),
            Finding(what="broker, CPU", figure=1000 * used.cpu["it"] / field.count, unit="ms a delivery"),
        ],
        notes=[
            f"So many are told in an hour of {an_hour_of / 1e6:.1f} million residents; the hour itself is "
            f"{DEAD_SECONDS:g} s here. Each person has five letters, which must come in their order."
        ],
    )
