"""A demonstration from its start to its end: everything runs, two life events are told, every department answers."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from broker.demo import asking
from broker.demo.asking import NotAnswered
from broker.demo.examples import examples
from broker.demo.hindrances import fetch_kafka, held, jars_must_be_fetched, look_for_hindrances
from broker.demo.key_files import ADVISER, council_tax_key, read_key
from broker.demo.plan import CannotGoOn, Plan
from broker.demo.processes import Processes, preparing, processes_of
from broker.demo.showing import Screen
from broker.demo.telling import tell_what_to_try, tell_where_it_is
from broker.demo.watching import Watch
from schemas.today import london_today

#: seconds in which every department should have answered
PATIENCE: Final = 60.0
_LOOK_EVERY: Final = 0.25
_AT_REST: Final = 1.0
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Demonstration:
    """One run of it."""

    def __init__(self, plan: Plan, screen: Screen, *, once: bool) -> None:
        self._plan = plan
        self._screen = screen
        self._once = once
        self._began = time.monotonic()
        self._watch: Watch | None = None

    def run(self) -> bool:
        """Run until every department has answered, or on until told to end; whether that came about.

        Raises CannotStart or CannotGoOn; whatever was started is ended.
        """
        with held(self._plan.home):
            self._look_before_starting()
            with processes_of(self._plan) as processes, self._until_told_to_end():
                self._start(processes)
                self._watch = Watch(self._plan, self._adviser, self._tell())
                self._watch_until_answered(processes, self._watch)
                if not self._once:
                    self._stay(processes, self._watch)
        return not self._once or (self._watch is not None and self._watch.answered)

    def _look_before_starting(self) -> None:
        look_for_hindrances(self._plan)
        if jars_must_be_fetched():
            self._screen.say("fetching", "Fetching Kafka, once (44 MB) ...")
            fetch_kafka()
        # What is started from here on is told by the environment; nothing in this process reads it again.
        os.environ.update(self._plan.environment(council_tax_key(self._plan.home)))

    @contextmanager
    def _until_told_to_end(self) -> Iterator[None]:
        """SIGINT, SIGTERM and a closed terminal end what is under way; from then on nothing disturbs the end."""
        for number in _ENDS:
            signal.signal(number, _interrupt)
        try:
            with suppress(KeyboardInterrupt):
                yield
        finally:
            for number in _ENDS:
                signal.signal(number, signal.SIG_IGN)
            self._screen.close()
            self._screen.say("stopping", "Stopping ...")

    def _start(self, processes: Processes) -> None:
        """Kafka starts while the town is loaded; the broker finds both, and the back offices find its topics."""
        processes.kafka.start()
        prepared = preparing(self._plan).start()
        try:
            processes.wait_for(prepared.has_ended_well, prepared)
        finally:
            prepared.stop(until=0)
        self._screen.step("prepared", "Kafka runs, and the town is loaded")
        processes.broker.start()
        processes.wait_for(lambda: asking.is_ready(self._plan), processes.broker)
        self._screen.step("ready", "The broker is ready")
        processes.back_offices.start()
        processes.wait_for(lambda: asking.back_offices_are_ready(self._plan), processes.back_offices)
        self._screen.step("open", "The pretend back offices are open")

    def _tell(self) -> list[str]:
        """Tell the examples; at a second start they are known, and their references are the same."""
        told = examples(self._plan.home.demo, london_today())
        try:
            receipts = [asking.tell(self._plan, self._adviser, example) for example in told]
        except NotAnswered as error:
            raise CannotGoOn(f"The broker did not take an example in: {error}") from None
        references = [receipt.reference for receipt in receipts]
        if all(receipt.repeat for receipt in receipts):
            said = "Found what an earlier start told: told again under the same keys, nothing is doubled"
            self._screen.step("found", said, references=references)
        else:
            self._screen.step("told", "Told the broker of a move and of a death", references=references)
        return references

    def _watch_until_answered(self, processes: Processes, watch: Watch) -> None:
        deadline = time.monotonic() + PATIENCE
        watch.look(self._screen)
        while not watch.answered and time.monotonic() < deadline:
            processes.must_live()
            time.sleep(_LOOK_EVERY)
            watch.look(self._screen)
        self._screen.close()
        self._sum_up(watch)

    def _sum_up(self, watch: Watch) -> None:
        first = round(watch.first_answer_at - self._began, 1) if watch.first_answer_at else None
        facts = {"answered": watch.answered, "unanswered": watch.unanswered, "first_answer_seconds": first}
        if watch.answered:
            self._screen.step(
                "answered", f"Every department has answered, the first {first} s after the start", **facts
            )
        else:
            late = "; ".join(watch.unanswered)
            self._screen.step("unanswered", f"Not answered within {PATIENCE:g} s: {late}", **facts)

    def _stay(self, processes: Processes, watch: Watch) -> None:
        tell_where_it_is(self._plan, self._screen)
        tell_what_to_try(self._plan, watch.references, self._screen)
        self._screen.say("staying", "Ctrl-C stops everything; the data stays for the next start.")
        while True:
            processes.must_live()
            if not watch.answered:
                watch.look(self._screen)
            time.sleep(_AT_REST)

    @property
    def _adviser(self) -> str:
        return read_key(self._plan.home.key(ADVISER)) or ""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
