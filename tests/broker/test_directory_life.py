from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from broker.directory.directory import Directory
from broker.directory.file import Resident
from broker.directory.life import KeptApart, NotInDirectory, Saying, apply, bind, keep_apart, merge, take_back, unmerge
from broker.directory.loading import Tally, load
from broker.directory.people import whole_person
from broker.directory.tables import resident, resident_change, resident_key, resident_tie
from broker.matching import decide
from broker.person import Matched, Person, Unsure
from broker.schema import bring_up_to_date
from broker.store import Store
from schemas.bereavement import Bereavement
from schemas.birth import Birth
from schemas.contact_change import ContactChange
from schemas.life_event import LifeEvent
from schemas.move import Move
from schemas.name import Name
from schemas.name_change import NameChange
from schemas.subject import Subject
from tests.people import ADA, BEN, ROSE, SIAN, home, resident_line, subject_like

NEW = home("12 Harbour View", "AA9 9AB", "999000000777")
WHY = Saying(by="reviewer-1", because="Both hold the same number.", at=datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store(database_url) as store:
        bring_up_to_date(store)
        load(store, [residing(person) for person in (ADA, BEN, ROSE, SIAN)])
        yield store


def residing(person: Person, key: str = "", **changes: object) -> Resident:
    return Resident.model_validate(resident_line(key or f"SMP-{person.id[-4:]}", person, **changes))


async def found(store: Store, subject: Subject) -> Person:
    """Whom a subject without a number is matched with."""
    answer = decide(subject, await Directory(store).candidates(subject), "irreversible")
    assert isinstance(answer, Matched), answer
    return answer.person


async def the_id_of(store: Store, person: Person) -> str:
    return (await found(store, subject_like(person))).id


def move(day: str = "2026-03-01") -> Move:
    said = Move.example().as_document()
    subject = subject_like(BEN).model_dump(mode="json", exclude_none=True)
    places = {"new_address": NEW.model_dump(mode="json", exclude_none=True), "previous_address": subject["address"]}
    return Move.model_validate({**said, "subject": subject, "occurred_on": day, "told_at": None, **places})


def everything(store: Store) -> list[object]:
    tables = (resident, resident_change, resident_key, resident_tie)
    return store.read_now(lambda tx: [sorted(map(str, tx.execute(select(table)).all())) for table in tables])


async def test_a_move_closes_the_old_home_and_opens_the_new_at_its_date(store: Store) -> None:
    ben = await the_id_of(store, BEN)
    assert store.write_now(lambda tx: apply(tx, "event-1", ben, move()))
    after = await found(store, subject_like(BEN, nino=None))
    assert (after.stays[0].address.lines, after.stays[0].since, after.stays[0].until) == (NEW.lines, "2026-03-01", None)
    old = next(stay for stay in after.stays if stay.address.uprn == BEN.addresses[0].uprn)
    assert old.until == "2026-03-01"
    assert (await found(store, subject_like(BEN, nino=None, address=NEW))).id == ben
    moved_in = Subject.model_validate({"name": BEN.names[0], "address": NEW})
    assert [person.id for person in await Directory(store).candidates(moved_in)] == [ben]


async def test_a_home_that_is_still_to_come_is_held_but_not_the_present_one(store: Store) -> None:
    ben = await the_id_of(store, BEN)
    store.write_now(lambda tx: apply(tx, "event-1", ben, move().model_copy(update={"occurred_on": _far_ahead()})))
    after = await found(store, subject_like(BEN, nino=None, address=NEW))
    assert after.addresses[0].uprn == BEN.addresses[0].uprn


def _far_ahead() -> object:
    return datetime(2999, 1, 1, tzinfo=UTC).date()


def events() -> list[LifeEvent]:
    contact = {"new_phone": "01632 960099", "new_email": "new@example.org"}
    return [
        move(),
        Bereavement.example(),
        NameChange.example(),
        ContactChange.model_validate({**ContactChange.example().as_document(), **contact}),
    ]


@pytest.mark.parametrize("event", events(), ids=lambda event: event.kind)
async def test_the_same_event_twice_changes_nothing_and_taken_back_leaves_no_trace(
    store: Store, event: LifeEvent
) -> None:
    ben, before = await the_id_of(store, BEN), everything(store)
    assert store.write_now(lambda tx: apply(tx, "event-1", ben, event))
    once = everything(store)
    assert once != before
    assert not store.write_now(lambda tx: apply(tx, "event-1", ben, event))
    assert everything(store) == once
    assert store.write_now(lambda tx: take_back(tx, "event-1"))
    assert everything(store) == before
    assert not store.write_now(lambda tx: take_back(tx, "event-1"))


async def test_a_name_change_keeps_the_old_name_and_a_death_leaves_the_person_matchable(store: Store) -> None:
    sian = await the_id_of(store, SIAN)
    new = Name(forenames="Siân", surname="Novak")
    change = NameChange.example().model_copy(update={"new_name": new})
    store.write_now(lambda tx: apply(tx, "event-1", sian, change))
    store.write_now(lambda tx: apply(tx, "event-2", sian, Bereavement.example()))
    for name in (new, *SIAN.names):
        held = await found(store, subject_like(SIAN, name=name))
        assert held.names[0] == new
        assert held.deceased_on == str(Bereavement.example().occurred_on)


async def test_an_event_that_changes_nothing_held_is_no_change(store: Store) -> None:
    ben = await the_id_of(store, BEN)
    assert not store.write_now(lambda tx: apply(tx, "event-1", ben, Birth.example()))
    with pytest.raises(NotInDirectory):
        store.write_now(lambda tx: apply(tx, "event-1", "nobody", move()))


async def test_a_new_extract_does_not_undo_what_an_event_said(store: Store) -> None:
    ben = await the_id_of(store, BEN)
    store.write_now(lambda tx: apply(tx, "event-1", ben, move()))
    assert load(store, [residing(BEN, phone="01632 960055")]) == Tally(updated=1)
    after = await found(store, subject_like(BEN, nino=None, address=NEW))
    assert after.addresses[0].uprn == NEW.uprn
    assert after.phone == "+441632960055"


async def test_two_records_of_one_person_are_merged_and_the_wrong_link_is_undone(store: Store) -> None:
    load(
        store, [residing(BEN, "HB-7", nino=None, phone=None, uprn=NEW.uprn, line1=NEW.lines[0], postcode=NEW.postcode)]
    )
    told = subject_like(BEN, nino=None, address=None, email=BEN.email)
    both = await Directory(store).candidates(told)
    assert isinstance(decide(told, both, "irreversible"), Unsure)
    keep, other = (person.id for person in sorted(both, key=lambda person: person.nino is None))
    before = everything(store)[0]
    assert store.write_now(lambda tx: merge(tx, keep, other, WHY))
    (one,) = await Directory(store).candidates(told)
    assert one.id == keep
    assert {address.uprn for address in one.addresses} >= {NEW.uprn, BEN.addresses[0].uprn}
    assert Directory(store).source_ids_now([one]) == {keep: "SMP-0002"}
    assert store.write_now(lambda tx: unmerge(tx, other, WHY))
    assert not store.write_now(lambda tx: unmerge(tx, other, WHY))
    assert everything(store)[0] == before
    assert {person.id for person in await Directory(store).candidates(told)} == {keep, other}
    with pytest.raises(KeptApart):
        store.write_now(lambda tx: merge(tx, keep, other, WHY))


async def test_whom_a_colleague_keeps_apart_nobody_merges(store: Store) -> None:
    ben, rose = await the_id_of(store, BEN), await the_id_of(store, ROSE)
    store.write_now(lambda tx: keep_apart(tx, ben, rose, WHY))
    with pytest.raises(KeptApart):
        store.write_now(lambda tx: merge(tx, rose, ben, WHY))
    assert store.read_now(lambda tx: whole_person(tx, ben)) is not None


async def test_the_latest_word_on_a_sign_in_holds(store: Store) -> None:
    ben = await the_id_of(store, BEN)
    renamed = subject_like(BEN, nino=None, name=Name(forenames="Ben", surname="Quill"), address=None)

    async def answer() -> object:
        (candidates,) = await Directory(store).candidates_of([renamed], ["sign-in:1"])
        return decide(renamed, candidates, "standard", source_subject="sign-in:1")

    assert not isinstance(await answer(), Matched)
    store.write_now(lambda tx: bind(tx, ben, "sign-in:1", same=True, saying=WHY))
    assert isinstance(await answer(), Matched)
    store.write_now(lambda tx: bind(tx, ben, "sign-in:1", same=False, saying=WHY))
    said = await answer()
    assert isinstance(said, Unsure)
    assert said.weighed is not None
    assert "not_the_same" in said.weighed.guards


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations([("a", "2026-01-05"), ("b", "2026-03-01"), ("c", "2026-05-09")]))
def test_the_order_in_which_moves_are_told_does_not_matter(store: Store, told: list[tuple[str, str]]) -> None:
    ben = store.read_now(
        lambda tx: tx.execute(select(resident.c.own).where(resident.c.source_id == "SMP-0002")).scalar_one()
    )
    for key, day in told:
        there = home(f"{key} Quay", "AA9 9AB", f"99900000090{ord(key) - 97}")
        event = move(day).model_copy(update={"new_address": there, "previous_address": None})
        store.write_now(partial(apply, event_id=key, person=ben, event=event))
    held = store.read_now(lambda tx: whole_person(tx, ben))
    assert held is not None
    assert held.addresses[0].uprn == "999000000902"
    assert [stay.until for stay in held.stays if stay.address.uprn == "999000000901"] == ["2026-05-09"]
    for key, _ in told:
        store.write_now(partial(take_back, event_id=key))
