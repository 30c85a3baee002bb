"""One department dead: whether anybody else notices, and whether it has everything when it is back."""

from bench.findings import Section
from bench.ground import Ground
from bench.meter import Meter
from bench.phases import TO_WARM_UP, compared, phase
from bench.stage import EVERYBODY, stage

DEAD = "libraries"


def dead(on: Ground, *, rate: float, seconds: float, people: int) -> Section:
    """Live traffic while it is dead from the beginning; then it comes back, catches up, and the same again."""
    others = [name for name in EVERYBODY if name != DEAD]
    with stage(on, "dead", people) as here:
        here.close_office(DEAD)
        phase(here, rate, TO_WARM_UP)
        meter = Meter(here.brokers | {"Kafka": on.kafka_process})
        meanwhile = phase(here, rate, seconds)
        here.open_office(DEAD)
        here.until_answered()
        usual = phase(here, rate, seconds)
        used = meter.read()
        here.until_answered()
        return Section(
            title=f"{DEAD.capitalize()} are dead for {seconds:g} s and more, {rate:g} events/s throughout",
            circumstances=used.circumstances,
            findings=[*compared(here, usual, meanwhile, others), *here.faults()],
            notes=["*Usually* is the same traffic afterwards, when it was back and had everything."],
        )
