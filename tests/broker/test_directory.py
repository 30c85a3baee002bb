import uuid
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from sqlalchemy import delete, select

from broker.blocking import keys_of_subject
from broker.demo import TOWN
from broker.directory.directory import Directory
from broker.directory.file import Resident
from broker.directory.finding import MOST_CANDIDATES
from broker.directory.loading import UNIT, Tally, load, load_some
from broker.directory.tables import resident, resident_key
from broker.identity.traits import traits_of_subject
from broker.json_lines import Good, JsonLines
from broker.matching import decide
from broker.person import Matched, Person
from broker.ports import DirectoryUnavailable
from broker.schema import bring_up_to_date
from broker.store import Store, StoreUnavailable
from schemas.name import Name
from schemas.subject import Subject
from tests.people import ADA, BEN, EVERYBODY, GEORGE_THE_ELDER, ROSALIND, SIAN, home, resident_line, subject_like


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store(database_url) as store:
        bring_up_to_date(store)
        yield store


@pytest.fixture
def directory(store: Store) -> Directory:
    load(store, [residing(person) for person in EVERYBODY])
    return Directory(store)


def residing(person: Person, **changes: object) -> Resident:
    key = f"SMP-{person.id[-4:]}"
    return Resident.model_validate(resident_line(key, person, **changes))


def names(people: tuple[Person, ...]) -> set[str]:
    return {str(person.names[0]) for person in people}


def filed(store: Store) -> set[tuple[int, int]]:
    return {(key, seq) for key, seq in store.read_now(lambda tx: tx.execute(select(resident_key)).all())}


async def test_a_person_comes_back_as_the_extract_said(directory: Directory) -> None:
    (ben,) = await directory.candidates(subject_like(BEN))
    assert uuid.UUID(ben.id).version == 4
    assert ben.names == BEN.names
    assert ben.addresses == BEN.addresses
    assert (ben.date_of_birth, ben.nino, ben.phone, ben.email) == (BEN.date_of_birth, BEN.nino, BEN.phone, BEN.email)
    assert ben.references == BEN.references
    assert directory.source_ids_now([ben]) == {ben.id: "SMP-0002"}


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (Subject(nino=ADA.nino), {"Ada Mary Thornbury"}),
        (subject_like(ADA, nino=None, address=None), {"Ada Mary Thornbury"}),
        (subject_like(SIAN, address=None, name=Name(surname="O NEILL")), {"Siân Eleri Pryce-Huws"}),
        (subject_like(BEN, nino=None, address=home("8 Quay St", "aa35rs", None)), {"Ben Okafor"}),
        (subject_like(BEN, nino=None, date_of_birth=None, address=BEN.addresses[1]), {"Ben Okafor"}),
        (subject_like(BEN, nino=None, name=Name(surname="Other"), address=BEN.addresses[1]), {"Ben Okafor"}),
        (subject_like(GEORGE_THE_ELDER, date_of_birth="1941"), {"George Alan Tibbs", "George Tibbs"}),
        (Subject(references=[{"department": "council-tax", "reference": "9900 1003"}]), {"Rose Hartwell"}),
        (subject_like(ROSALIND), {"Rosalind Verney"}),
        (subject_like(ADA, nino=None, name=Name(surname="Nobody"), address=None), set()),
    ],
)
async def test_whoever_could_be_meant_is_a_candidate(
    directory: Directory, subject: Subject, expected: set[str]
) -> None:
    assert names(await directory.candidates(subject)) == expected


async def test_many_subjects_are_answered_in_their_order(directory: Directory) -> None:
    nobody = subject_like(ADA, nino=None, address=None, name=Name(surname="Nobody"))
    asked = [subject_like(BEN), nobody, subject_like(ADA), subject_like(BEN)] * 60
    found = await directory.candidates_of(asked)
    assert [names(people) for people in found[:4]] == [{"Ben Okafor"}, set(), {"Ada Mary Thornbury"}, {"Ben Okafor"}]
    assert len(found) == len(asked)


async def test_whoever_agrees_most_is_among_the_candidates_of_a_crowded_house(store: Store) -> None:
    crowd = [
        Resident.model_validate({"id": f"r{n}", "forenames": "Margaret", "surname": "Tibbs", "uprn": 999000000004})
        for n in range(50)
    ]
    load(store, [*crowd, residing(GEORGE_THE_ELDER), residing(ADA)])
    found = await Directory(store).candidates(subject_like(GEORGE_THE_ELDER, nino=ADA.nino))
    assert len(found) == MOST_CANDIDATES
    assert [person.names for person in found[:2]] == [ADA.names, GEORGE_THE_ELDER.names]


def test_the_same_extract_twice_changes_nothing(store: Store) -> None:
    residents = [residing(person) for person in EVERYBODY]
    assert load(store, residents) == Tally(loaded=len(EVERYBODY))
    before = store.read_now(lambda tx: tx.execute(select(resident)).all()), filed(store)
    assert load(store, residents) == Tally(unchanged=len(EVERYBODY))
    assert (store.read_now(lambda tx: tx.execute(select(resident)).all()), filed(store)) == before


async def test_a_changed_resident_stays_the_same_person_and_is_found_anew(store: Store) -> None:
    load(store, [residing(BEN), residing(ADA)])
    directory = Directory(store)
    (before,) = await directory.candidates(subject_like(BEN))
    assert load(store, [residing(BEN, nino="QQ555555D", previous=[]), residing(ADA)]) == Tally(updated=1, unchanged=1)
    (after,) = await directory.candidates(Subject(nino="QQ555555D"))
    assert after.id == before.id
    assert await directory.candidates(Subject(nino=BEN.nino)) == ()
    left = subject_like(BEN, nino=None, name=Name(surname="Other"), address=BEN.addresses[1])
    assert await directory.candidates(left) == ()


def test_changing_a_resident_and_back_leaves_the_same_keys(store: Store) -> None:
    load(store, [residing(BEN)])
    before = filed(store)
    load(store, [residing(BEN, surname="Novak", postcode="AA9 9ZZ")])
    assert filed(store) != before
    load(store, [residing(BEN)])
    assert filed(store) == before


def test_more_than_one_unit_is_loaded_and_a_unit_that_fails_leaves_nothing(store: Store) -> None:
    many = [
        Resident.model_validate({"id": f"r{n}", "surname": f"Tibbs{n}", "dob": "1950-01-01"}) for n in range(UNIT + 201)
    ]
    assert load(store, iter(many)) == Tally(loaded=UNIT + 201)

    def interrupted(tx: object) -> None:
        load_some(tx, [residing(ADA)])  # type: ignore[arg-type]
        raise KeyError

    with pytest.raises(KeyError):
        store.write_now(interrupted)
    assert load(store, [residing(ADA)]) == Tally(loaded=1)


async def test_a_home_that_was_left_is_not_shown_as_the_present_one(store: Store) -> None:
    load(store, [residing(BEN, uprn=None, postcode=None, line1="")])
    (ben,) = await Directory(store).candidates(Subject(nino=BEN.nino))
    assert ben.addresses == ()


async def test_a_directory_that_cannot_be_asked_never_answers_nobody(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    with pytest.raises(DirectoryUnavailable) as refusal:
        await Directory(store).candidates(subject_like(ADA))
    assert "Thornbury" not in str(refusal.value)
    with pytest.raises(DirectoryUnavailable):
        Directory(store).candidates_now([subject_like(ADA)])
    with pytest.raises(StoreUnavailable):
        load(store, [residing(ADA)])
    store.close()


async def test_a_key_whose_resident_is_gone_names_nobody(store: Store, directory: Directory) -> None:
    store.write_now(lambda tx: tx.execute(delete(resident).where(resident.c.source_id == "SMP-0001")).rowcount)
    assert await directory.candidates(subject_like(ADA)) == ()


def test_a_subject_that_says_nothing_to_find_by_has_no_keys() -> None:
    told = traits_of_subject(Subject(name=Name(surname="Unknown", forenames="Baby")))
    assert keys_of_subject(told) == frozenset()


async def test_everybody_in_the_demonstration_town_is_sound_and_found(store: Store) -> None:
    lines = list(JsonLines(TOWN, Resident))
    residents = [line.said for line in lines if isinstance(line, Good)]
    assert len(residents) == len(lines) >= 50
    assert load(store, residents) == Tally(loaded=len(residents))
    directory = Directory(store)
    for key in ("SMP-0001", "SMP-0002"):
        told = next(each for each in residents if each.id == key)
        subject = Subject(
            nino=told.nino, name=Name(forenames=told.forenames, surname=told.surname or ""), date_of_birth=str(told.dob)
        )
        found = decide(subject, await directory.candidates(subject), "irreversible")
        assert isinstance(found, Matched)
        assert directory.source_ids_now([found.person]) == {found.person.id: key}


def test_the_demonstration_town_has_only_identifiers_that_nobody_has() -> None:
    town = [orjson.loads(line) for line in Path(TOWN).read_bytes().splitlines()]
    assert {each["postcode"][:2] for each in town} == {"AA"}
    assert {each["nino"][:2] for each in town if "nino" in each} == {"QQ"}
    assert {each["phone"][:9] for each in town if "phone" in each} == {"01632 960"}
    assert {each["email"].partition("@")[2] for each in town if "email" in each} == {"example.org"}
    assert {each["uprn"][:7] for each in town} == {"9990000"}
    references = [each["reference"] for one in town for each in one.get("references", [])]
    assert references
    assert all(each.startswith("99") for each in references)
    assert sum(each.get("restricted", False) for each in town) == 3
