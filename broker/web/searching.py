"""An adviser's search for residents. What is looked for is in the body, so that no log of addresses ever holds it."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import Field

from broker.clients import Client, Permission
from broker.directory.people_found import PeopleFound, WantedByAdviser, search_people
from broker.directory.search import TooLittle
from broker.web.bodies import read_body
from broker.web.keys import TheBroker, needs
from broker.web.problem import described
from broker.web.reviewing import Look
from schemas.problems import Invalid, Problem

router = APIRouter()
SEARCH: Final = "/api/v1/people/search"


class Search(Look):
    """What an adviser looks for: two of first name, last name, postcode and year of birth at least."""

    name: str = Field(min_length=1, max_length=200, description="pieces of the name, in any order")
    postcode: str | None = Field(default=None, max_length=10, description="a postcode that they live or lived at")
    birth_year: int | None = Field(default=None, ge=1880, le=2100, description="the year of birth")


@router.post(SEARCH, responses=described(400, 401, 403, 408, 413, 415, 422, 503), summary="Look for residents")
async def search(
    request: Request, client: Annotated[Client, needs(Permission.SEARCH)], broker: TheBroker
) -> PeopleFound:
    """Answer who fits, if they are few; everybody who is shown stands in the audit first, with the reason."""
    said = read_body(Search, await request.body())
    wanted = WantedByAdviser(
        name=said.name,
        postcode=said.postcode,
        birth_year=said.birth_year,
        actor=client.name,
        reason=said.reason,
        sees_protected=client.may(Permission.PROTECTED),
    )
    try:
        return await search_people(wanted, broker)
    except TooLittle as error:
        too_little = Problem(field="name", code="too_little", message=str(error))
    raise Invalid((too_little,))
