from collections.abc import Iterator

import pytest

from broker.directory.directory import Directory
from broker.directory.file import Resident
from broker.directory.loading import load
from broker.directory.search import MOST_FOUND, TooLittle, Wanted
from broker.ports import DirectoryUnavailable
from broker.schema import bring_up_to_date
from broker.store import Store
from tests.people import EVERYBODY, resident_line


@pytest.fixture
def directory(database_url: str) -> Iterator[Directory]:
    with Store(database_url) as store:
        bring_up_to_date(store)
        load(store, [Resident.model_validate(resident_line(person.id[-4:], person)) for person in EVERYBODY])
        yield Directory(store)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(name="ada thornbury"), ["Ada Mary Thornbury"]),
        (Wanted(name="THORN Ad"), ["Ada Mary Thornbury"]),
        (Wanted(name="thornbery", birth_year=1938), ["Ada Mary Thornbury"]),
        (Wanted(name="thornbury", birth_year=1939), []),
        (Wanted(name="hart", postcode="aa11aa"), ["Lily Hartwell", "Rose Hartwell"]),
        (Wanted(name="rose hartwell"), ["Rose Hartwell"]),
        (Wanted(name="sian", postcode="AA1 1AB"), ["Siân Eleri Pryce-Huws"]),
        (Wanted(name="o'neill", birth_year=1979), ["Siân Eleri Pryce-Huws"]),
        (Wanted(name="pryce huws sian"), ["Siân Eleri Pryce-Huws"]),
        (Wanted(name="okafor", postcode="AA3 5RS"), ["Ben Okafor"]),
        (Wanted(name="rosalind verney"), []),
        (Wanted(name="verney", postcode="AA1 2BE"), []),
    ],
)
async def test_pieces_of_a_name_find_whoever_may_be_shown(
    directory: Directory, wanted: Wanted, expected: list[str]
) -> None:
    found = await directory.search(wanted)
    assert sorted(str(person.names[0]) for person in found.people) == expected
    assert not found.more


async def test_a_reviewer_finds_protected_people_too(directory: Directory) -> None:
    found = await directory.search(Wanted(name="verney", postcode="AA1 2BE"), reviewer=True)
    assert [str(person.names[0]) for person in found.people] == ["Rosalind Verney"]


@pytest.mark.parametrize("name", ["", "thornbury", "a b", "  "])
async def test_too_little_to_search_by_is_said(directory: Directory, name: str) -> None:
    with pytest.raises(TooLittle):
        await directory.search(Wanted(name=name))


async def test_few_are_shown_and_that_there_are_more_is_said(sqlite_url: str) -> None:
    with Store(sqlite_url) as store:
        bring_up_to_date(store)
        crowd = [{"id": f"r{n}", "forenames": "Margaret", "surname": "Tibbs", "dob": "1950-02-03"} for n in range(30)]
        load(store, [Resident.model_validate(each) for each in crowd])
        found = await Directory(store).search(Wanted(name="tibbs marg"))
    assert (len(found.people), found.more) == (MOST_FOUND, True)


async def test_a_search_that_cannot_be_made_never_finds_nobody(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    with pytest.raises(DirectoryUnavailable):
        await Directory(store).search(Wanted(name="ada thornbury"))
    store.close()
