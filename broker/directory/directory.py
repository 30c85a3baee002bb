"""The directory: the people the council already knows. It finds who could be meant, and never decides."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from sqlalchemy import Connection

from broker.directory.finding import find, source_ids_of
from broker.directory.search import Found, Wanted, search
from broker.identity.frequencies import Shortlist
from broker.person import Person
from broker.ports import DirectoryUnavailable
from broker.store import Store, StoreUnavailable
from schemas.subject import Subject

T = TypeVar("T")
NO_SOURCES: Final[tuple[str | None, ...]] = ()


class Directory:
    """Look-ups in the residents of one store. Every one raises DirectoryUnavailable, never answers nobody instead."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def candidates(self, subject: Subject) -> tuple[Person, ...]:
        """Who could be meant, best first, with how common what was told is."""
        return (await self.candidates_of([subject]))[0]

    async def candidates_of(
        self, subjects: Sequence[Subject], sources: Sequence[str | None] = NO_SOURCES
    ) -> list[tuple[Person, ...]]:
        """The same for many subjects in one read: one Shortlist for each, in their order.

        ``sources`` are the senders' own names for the subjects, where they have any.
        """
        try:
            return await self._store.read(lambda connection: [*find(connection, subjects, sources)])
        except StoreUnavailable as error:
            raise DirectoryUnavailable(str(error)) from None

    async def search(self, wanted: Wanted, *, reviewer: bool = False) -> Found:
        """Who fits what an adviser typed, closest first; restricted people are found by reviewers alone.

        Raises TooLittle as well, where too little was typed to search by.
        """
        try:
            return await self._store.read(lambda connection: search(connection, wanted, reviewer=reviewer))
        except StoreUnavailable as error:
            raise DirectoryUnavailable(str(error)) from None

    def candidates_now(
        self, subjects: Sequence[Subject], sources: Sequence[str | None] = NO_SOURCES
    ) -> list[Shortlist]:
        """The same for code that is not asynchronous."""
        return self._now(lambda connection: find(connection, subjects, sources))

    def source_ids_now(self, people: Iterable[Person]) -> dict[str, str]:
        """The extract's own id of each person, by the person's id."""
        asked = {person.id for person in people}
        return self._now(lambda connection: source_ids_of(connection, asked))

    def _now(self, query: Callable[[Connection], T]) -> T:
        try:
            return self._store.read_now(query)
        except StoreUnavailable as error:
            raise DirectoryUnavailable(str(error)) from None
