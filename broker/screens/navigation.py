"""Navigation: the links at the top of each page, by what somebody may do."""

from dataclasses import dataclass
from typing import Final

from broker.screens.sessions import Who
from broker.screens.who_may import May, may
from broker.screens.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link."""

    href: str
    text: str
    current: bool


#: address, the words' name, and what one must be allowed to do
LINKS: Final[tuple[tuple[str, str, May], ...]] = (
    ("/tell", "navigation.tell", May.TELL),
    ("/recent", "navigation.recent", May.TELL),
    ("/reviews", "navigation.reviews", May.REVIEW),
    ("/protected", "navigation.protected", May.PROTECTED),
    ("/audit", "navigation.audit", May.AUDIT),
    ("/failures", "navigation.failures", May.OPERATE),
    ("/runs", "navigation.runs", May.OPERATE),
    ("/waiting", "navigation.waiting", May.OPERATE),
    ("/departments", "navigation.departments", May.OPERATE),
    ("/dead-letters", "navigation.dead_letters", May.OPERATE),
    ("/books", "navigation.books", May.OPERATE),
    ("/figures", "navigation.figures", May.FIGURES),
    ("/track", "navigation.track", May.TRACK),
    ("/fairness", "navigation.fairness", May.REVIEW),
)


def links_for(who: Who, say: Words, path: str) -> tuple[Link, ...]:
    """The links that this person may follow."""
    return tuple(
        Link(href=href, text=say(name), current=path == href or path.startswith(f"{href}/"))
        for href, name, what in LINKS
        if may(who.roles, what)
    )
