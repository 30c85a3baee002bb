"""Any history of tellings, answers, crashes, repeats and time: one state each, in order, once, and the books balance."""

import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine, delete, select, text

from broker import books, ledger, pigeonhole, stream, sweeper
from broker.adapter import CrashMode
from broker.claims import Claim
from broker.delivering import Attempted
from broker.outcome import Accepted, Deferred, Heard, Unheard
from broker.replays.replaying import Order, replay
from broker.standing import Progress, Standing
from broker.store import Store
from broker.tables import delivery, event, metadata, outbox
from schemas.outcome import OutcomeFacts, OutcomeKind
from tests.broker.departments import ALLOTMENTS, LIBRARIES, PARKING, ScriptedCarrier, allotments, libraries, parking
from tests.broker.steps import hear, settle
from tests.broker.worlds import (
    ADA,
    BEN,
    Clock,
    ListDirectory,
    contact_change,
    death,
    make_broker,
    move,
    take_in,
    withdrawal,
)

T = TypeVar("T")
ANY = st.integers(min_value=0, max_value=10_000)


class History(RuleBasedStateMachine):
    """One broker, three departments that never do the same delivery twice, and whatever can happen to them."""

    #: SQLite: a migrated file to copy; PostgreSQL: the address of a migrated database
    migrated: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.home = Path(tempfile.mkdtemp(prefix="tuo-history-"))
        self.clock, self.workers = Clock(), 0
        self.store = Store(self._address()).open()
        self.carrier = ScriptedCarrier()
        self.broker = self._new_process()
        self.told: list[tuple[str, str, dict[str, Any], str]] = []
        #: claims that a process holds, and those of processes that died: a zombie may still speak
        self.claims: list[Claim] = []
        self.zombies: list[tuple[Claim, Heard]] = []
        #: by department: deliveries in the order in which they took effect
        self.effects: dict[str, list[str]] = defaultdict(list)

    def _address(self) -> str:
        if self.migrated.startswith("postgresql"):
            engine = create_engine(self.migrated)
            with engine.begin() as tx:
                tx.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
            engine.dispose()
            return self.migrated
        shutil.copy(self.migrated, self.home / "tuo.db")
        return f"sqlite:///{self.home / 'tuo.db'}"

    def _new_process(self) -> Any:  # noqa: ANN401 - a broker
        self.workers += 1
        made = make_broker(
            self.store,
            clock=self.clock,
            directory=ListDirectory(BEN, ADA),
            adapters=(libraries(CrashMode.RESEND), parking(), allotments()),
            carriers={LIBRARIES: self.carrier},
            worker=f"worker-{self.workers}",
        )
        return replace(made, park_waits=(60.0, 600.0)) if hasattr(made, "park_waits") else made

    def teardown(self) -> None:
        self.loop.close()
        self.store.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(what)

    def rows(self) -> list[Any]:
        return list(self.store.read_now(lambda tx: tx.execute(select(delivery).order_by(delivery.c.seq)).all()))

    # --- what people and departments do -------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(["move", "move", "contact_change", "bereavement"]))
    def somebody_tells(self, kind: str) -> None:
        making = {"move": move, "contact_change": contact_change, "bereavement": death}
        self._tell(making[kind](), kind)

    def _tell(self, document: dict[str, Any], kind: str) -> None:
        key = f"key-{len(self.told)}"
        recorded = self.run(take_in(self.broker, document, key))
        self.told.append((recorded.reference, kind, document, key))

    @rule(which=ANY)
    def the_same_letter_comes_again(self, which: int) -> None:
        if self.told:
            reference, _, document, key = self.told[which % len(self.told)]
            again = self.run(take_in(self.broker, document, key))
            assert (again.reference, again.repeat) == (reference, True)

    @rule(which=ANY)
    def it_is_put_right(self, which: int) -> None:
        if self.told:
            reference, kind, document, _ = self.told[which % len(self.told)]
            if kind in ("move", "contact_change"):
                self._tell({**document, "corrects": reference}, kind)

    @rule(which=ANY)
    def it_did_not_happen(self, which: int) -> None:
        if self.told:
            reference, kind, document, _ = self.told[which % len(self.told)]
            if kind != "withdrawal":
                self._tell(withdrawal(reference, subject=document["subject"]), "withdrawal")

    @rule()
    def departments_are_chosen(self) -> None:
        self.run(stream.route_waiting(self.broker))

    @rule(which=ANY)
    def a_delivery_is_claimed(self, which: int) -> None:
        ready = [row for row in self.rows() if row.department == LIBRARIES]
        if ready:
            one = ready[which % len(ready)]
            claim = self.store.write_now(
                lambda tx: ledger.claim(tx, one.id, self.broker.worker, self.clock(), self.broker.timing)
            )
            if claim is not None:
                assert one.standing == Standing.WAITING
                self.claims.append(claim)

    @rule(which=ANY, heard=st.sampled_from(["accepted", "accepted", "accepted", "silence", "busy", "never-arrived"]))
    def a_claimed_one_is_sent_and_answered(self, which: int, heard: str) -> None:
        if self.claims:
            claim = self.claims.pop(which % len(self.claims))
            self._settle(claim, self._said(claim, heard))

    def _said(self, claim: Claim, heard: str) -> Heard:
        if heard in ("accepted", "silence"):
            self._takes_effect(LIBRARIES, claim.delivery_id)
        said: dict[str, Heard] = {"accepted": Accepted(receipt="R-1"), "busy": Deferred(reason="http-503")}
        return said.get(heard, Unheard(reason="no-answer-in-time"))

    def _settle(self, claim: Claim, heard: Heard) -> None:
        attempted = Attempted(claim=claim, heard=heard, ended_at=self.clock())
        self.run(settle(attempted, self.broker))

    def _takes_effect(self, department: str, delivery_id: str) -> None:
        """A department that de-duplicates: the same delivery again is no second effect."""
        if delivery_id not in self.effects[department]:
            self.effects[department].append(delivery_id)

    @rule(arrived=st.booleans())
    def the_process_dies(self, arrived: bool) -> None:
        """Claims are left behind, some of them with their request on its way; another process takes over."""
        for claim in self.claims:
            self.zombies.append((claim, self._said(claim, "accepted" if arrived else "never-arrived")))
        self.claims.clear()
        self.broker = self._new_process()
        self.run(sweeper.take_over(self.broker, alone=True))

    @rule()
    def a_process_wakes_that_was_thought_dead(self) -> None:
        if self.zombies:
            self._settle(*self.zombies.pop())

    @rule(repeated=st.booleans())
    def the_relay_publishes_and_a_subscriber_answers(self, repeated: bool) -> None:
        letters = self.store.read_now(lambda tx: tx.execute(select(outbox).order_by(outbox.c.id)).all())
        if not repeated:
            self.store.write_now(lambda tx: tx.execute(delete(outbox)).rowcount)
        for row in letters:
            if row.topic.endswith(f"departments.{PARKING}"):
                made = orjson.loads(row.value)["id"]
                self._takes_effect(PARKING, made)
                self.run(hear(_done(made, PARKING), self.broker, published=True))

    @rule()
    def kafka_forgets_what_it_was_given(self) -> None:
        self.store.write_now(lambda tx: tx.execute(delete(outbox)).rowcount)

    @rule(says=st.sampled_from(["done", "done", "nothing", "not now"]))
    def one_collects(self, says: str) -> None:
        for letter in self.run(pigeonhole.collect(ALLOTMENTS, 20, "back-office", self.broker)):
            if says == "not now":
                later = OutcomeFacts(
                    delivery=letter.delivery, department=ALLOTMENTS, outcome=OutcomeKind.DEFERRED, reason="busy"
                )
                self.run(pigeonhole.acknowledge_all([later], self.broker))
                says = "done"  # the next in the same page is taken
                continue
            self._takes_effect(ALLOTMENTS, letter.delivery)
            if says == "done":
                self.run(pigeonhole.acknowledge_all([_done(letter.delivery, ALLOTMENTS)], self.broker))

    @rule(seconds=st.sampled_from([0.5, 5, 130, 3600]))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_by(seconds)
        self.run(stream.route_waiting(self.broker))
        for _ in range(3):  # what one look puts in line, the next offers
            self.run(sweeper.sweep(self.broker))

    @rule(seconds=st.sampled_from([30, 3600]))
    def the_clock_is_set_back(self, seconds: int) -> None:
        """By somebody's hand, or by a time server; everybody works on meanwhile."""
        self.time_passes(-seconds)

    @rule()
    def an_operator_replays_what_waits_for_a_person(self) -> None:
        ids = [row.id for row in self.rows() if row.standing in (Standing.UNKNOWN, Standing.DEAD)]
        if ids:
            self.run(replay(ids, Order(actor="operator", reason="looked at", force=True), self.broker))

    # --- what is always true ------------------------------------------------------------------------------------------

    @invariant()
    def everything_is_in_one_known_state(self) -> None:
        rows = self.rows()
        assert {row.standing for row in rows} <= set(Standing)
        assert len({(row.event_id, row.department, row.revision) for row in rows}) == len(rows)
        events = self.store.read_now(lambda tx: tx.execute(select(event.c.progress)).scalars().all())
        assert len(events) == len(self.told)
        assert set(events) <= set(Progress)

    @invariant()
    def nothing_takes_effect_twice_or_without_being_told(self) -> None:
        of = {row.id: (row.event_id, row.department, row.revision) for row in self.rows()}
        for department, done in self.effects.items():
            assert len({of[one] for one in done}) == len(done)
            assert all(of[one][1] == department for one in done)

    @invariant()
    def a_person_s_effects_come_in_the_order_of_acceptance(self) -> None:
        rows = {row.id: row for row in self.rows()}
        for done in self.effects.values():
            last: dict[str, int] = {}
            for one in (rows[made] for made in done):
                if one.kind == "withdrawal":
                    continue  # what takes a death back overtakes on purpose
                assert one.seq >= last.get(one.person, 0), "a later one of this person took effect before"
                last[one.person] = one.seq

    @invariant()
    def what_was_called_off_was_not_done_unless_it_is_undone(self) -> None:
        rows = self.rows()
        undone = {(one.withdraws, one.progress) for one in self._events() if one.withdraws}
        for row in rows:
            if row.standing == Standing.CANCELLED and row.id in self.effects[row.department]:
                assert (row.event_id, Progress.ROUTED) in undone

    @invariant()
    def what_was_taken_back_is_never_told_after_its_withdrawal(self) -> None:
        events = {one.id: one for one in self._events()}
        of = {row.id: row.event_id for row in self.rows()}
        for department, done in self.effects.items():
            order = [of[one] for one in done]
            for withdrawal_ in [one for one in order if events[one].withdraws in order]:
                told_before = order.index(events[withdrawal_].withdraws) < order.index(withdrawal_)
                assert told_before, f"{department} was told of it after it was taken back"

    def _events(self) -> list[Any]:
        return list(self.store.read_now(lambda tx: tx.execute(select(event)).all()))

    @invariant()
    def the_books_balance(self) -> None:
        found = self.store.read_now(
            lambda tx: books.findings(
                tx, self.broker.adapters, self.clock(), republish_after=max(timedelta(hours=2), timedelta())
            )
        )
        assert found == ()


def _done(delivery_id: str, department: str) -> OutcomeFacts:
    return OutcomeFacts(delivery=delivery_id, department=department, outcome=OutcomeKind.ACCEPTED, receipt="R-1")


def _some(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


def test_no_history_breaks_a_promise(migrated_sqlite: Path) -> None:
    on_sqlite = type("OnSqlite", (History,), {"migrated": str(migrated_sqlite)})
    run_state_machine_as_test(on_sqlite, settings=_some(20, 30))


def test_no_history_breaks_a_promise_on_postgresql(migrated_postgres: str) -> None:
    on_postgresql = type("OnPostgresql", (History,), {"migrated": migrated_postgres})
    run_state_machine_as_test(on_postgresql, settings=_some(4, 20))


def test_a_death_that_kafka_forgot_is_not_told_after_its_withdrawal(migrated_sqlite: Path) -> None:
    """As a soak found it: the subscriber had the withdrawal, and then the death was published again."""
    history = type("OnSqlite", (History,), {"migrated": str(migrated_sqlite)})()
    try:
        history.somebody_tells("bereavement")
        history.departments_are_chosen()
        history.time_passes(3600)  # any cool-off is over
        history.kafka_forgets_what_it_was_given()
        history.it_did_not_happen(0)
        history.departments_are_chosen()
        history.the_relay_publishes_and_a_subscriber_answers(repeated=False)
        for _ in range(4):
            history.time_passes(3600)
            history.the_relay_publishes_and_a_subscriber_answers(repeated=False)
        history.what_was_taken_back_is_never_told_after_its_withdrawal()
        history.everything_is_in_one_known_state()
        standings = {row.standing for row in history.rows() if row.department == PARKING}
        assert standings <= {Standing.SETTLED, Standing.CANCELLED}, standings
    finally:
        history.teardown()
