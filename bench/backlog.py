"""From a backlog: how fast the whole path works off what was taken in, and what a delivery costs."""

from dataclasses import dataclass

from bench.findings import Finding, Section
from bench.ground import Ground
from bench.meter import Metered
from bench.stage import LATENCY, Stage, half_stage

#: what a sketch of this design managed on a quiet machine of two cores, which is to be beaten
EVENTS_A_SECOND, MS_A_DELIVERY = 450.0, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """One backlog that was worked off."""

    events: int
    deliveries: int
    used: Metered
    #: CPU of the broker, its database and Kafka, seconds
    cpu: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.used.seconds

    @property
    def cost(self) -> float:
        """The same for a delivery, ms."""
        return 1000 * self.cpu / self.deliveries


def work_off(here: Stage, events: int) -> Worked:
    """Take events in with nothing else running, then start the rest and wait until all is answered."""
    before = sum(here.wanted.values())
    here.open_broker("web")
    here.tell(events, None, 32).end()
    here.close_broker()
    here.open_broker()
    here.open_answering()
    meter = here.meter()
    here.until_answered()
    used = meter.read()
    deliveries = sum(here.wanted.values()) - before
    return Worked(events=events, deliveries=deliveries, used=used, cpu=here.of_the_broker(used.cpu))


def backlog(on: Ground, *, events: int, people: int, database: str) -> Section:
    """Intake first, then everything else at once."""
    with half_stage(on, "backlog", people, database) as here:
        worked = work_off(here, events)
        faults = here.faults()
    return Section(
        title=f"A backlog of {events} events, five departments, {1000 * LATENCY:g} ms back offices, {database}",
        circumstances=worked.used.circumstances,
        findings=[
            Finding(what="routed, handed over, answered", figure=worked.rate, unit="events/s", least=EVENTS_A_SECOND),
            Finding(what="deliveries answered", figure=worked.deliveries / worked.used.seconds, unit="a second"),
            Finding(
                what="broker, database and Kafka, CPU", figure=worked.cost, unit="ms a delivery", most=MS_A_DELIVERY
            ),
            *(
                Finding(what=f"{name}, CPU", figure=1000 * cpu / worked.deliveries, unit="ms a delivery")
                for name, cpu in worked.used.cpu.items()
            ),
            *faults,
        ],
    )
