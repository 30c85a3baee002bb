"""The processes of one demonstration: started in the order they need each other, stopped in the other."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from broker.demo.children import Child
from broker.demo.key_files import COLLECTS, council_tax_key, read_key
from broker.demo.plan import CannotGoOn, Plan

#: seconds for everything to end; what has not ended by then is killed
_TO_STOP: Final = 9.0
_TO_START: Final = 60.0
_LOOK_EVERY: Final = 0.1
#: the command tuo, run by this very Python whatever is on the path
_TUO: Final = "from broker.cli import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """Kafka, the broker and the back offices."""

    kafka: Child
    broker: Child
    back_offices: Child

    def must_live(self) -> None:
        """Raises CannotGoOn when one that was started has ended."""
        for child in (self.broker, self.back_offices, self.kafka):
            child.must_live()

    def wait_for(self, condition: Callable[[], bool], child: Child) -> None:
        """Wait until a condition holds that this child brings about. Raises CannotGoOn after a minute."""
        deadline = time.monotonic() + _TO_START
        while not condition():
            self.must_live()
            if time.monotonic() > deadline:
                raise CannotGoOn(f"{child.name} was not ready within {_TO_START:g} s: see {child.log}")
            time.sleep(_LOOK_EVERY)

    def stop(self) -> None:
        """End the broker, then those it speaks with."""
        until = time.monotonic() + _TO_STOP
        for child in (self.broker, self.back_offices, self.kafka):
            child.stop(until)


@contextmanager
def processes_of(plan: Plan) -> Iterator[Processes]:
    """The processes, none started yet; on the way out those that were are ended."""
    processes = Processes(kafka=_kafka(plan), broker=_broker(plan), back_offices=_back_offices(plan))
    try:
        yield processes
    finally:
        processes.stop()


def preparing(plan: Plan) -> Child:
    """What prepares the home, and ends when Kafka has answered it."""
    return Child(
        name="The preparation", command=lambda: _python("broker.demo.preparing"), log=plan.home.log("preparing")
    )


def _kafka(plan: Plan) -> Child:
    where = ("--data", str(plan.home.kafka), "--port", str(plan.ports.kafka))
    return Child(
        name="Kafka",
        command=lambda: _python("broker.local_kafka", *where),
        log=plan.home.log("kafka"),
        own_log=plan.home.kafka / "kafka.log",
    )


def _broker(plan: Plan) -> Child:
    return Child(name="The broker", command=lambda: [sys.executable, "-c", _TUO, "run"], log=plan.home.log("broker"))


def _back_offices(plan: Plan) -> Child:
    return Child(
        name="The back offices",
        command=lambda: _python("tests.back_offices", *_told_to_back_offices(plan)),
        log=plan.home.log("back-offices"),
    )


def _told_to_back_offices(plan: Plan) -> list[str]:
    return [
        *("--data", str(plan.home.back_offices), "--residents", str(plan.home.residents)),
        *("--port", str(plan.ports.council_tax), "--control-port", str(plan.ports.control)),
        *("--key", council_tax_key(plan.home), "--kafka", plan.kafka),
        *("--broker", plan.api, "--broker-key", read_key(plan.home.key(COLLECTS)) or ""),
    ]


def _python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]
