"""The first page after signing in: the place where each role's work begins."""

from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from broker.screens.navigation import links_for
from broker.screens.visit import Visit, shows
from broker.screens.who_may import May

router = APIRouter()
#: where somebody is sent who has nothing to do here
NOWHERE: Final = "nothing.html"


@router.get("/")
async def go_home(visit: Annotated[Visit, shows(May.ENTER)]) -> Response:
    """Send each role to where its work begins: its first link."""
    links = links_for(visit.who, visit.say, "/")
    return RedirectResponse(links[0].href, 303) if links else visit.page(NOWHERE)
