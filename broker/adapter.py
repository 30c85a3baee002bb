"""What an adapter is: which life events a department is told of, what it sees, and how its back office is spoken to."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import httpx
import orjson

from broker.disclosure import Disclosure
from broker.facts import Facts
from broker.outcome import Accepted, NeedsInformation, NotHeld, Outcome, Refused, Unheard
from broker.windows import Window
from schemas.life_event import LifeEvent
from schemas.outcome import OutcomeKind, Question

#: A conversation yields a request, hears the response, may yield again, and returns what was heard (as httpx's auth).
Conversation: TypeAlias = Generator[httpx.Request, httpx.Response, Outcome | Unheard]
#: An inquiry asks whether the back office has our key, and returns None where it has never seen it.
Inquiry: TypeAlias = Generator[httpx.Request, httpx.Response, Outcome | Unheard | None]
D = TypeVar("D", bound=Disclosure)
_JSON = httpx.Headers({"content-type": "application/json"})
Talk: TypeAlias = Callable[[Any], Conversation]


class HandOver(StrEnum):
    """How a delivery reaches the back office."""

    #: the broker calls it over HTTP
    CALLED = "called"
    #: the back office consumes its own topic and answers on ``outcomes``
    SUBSCRIBES = "subscribes"
    #: the back office collects from the broker and acknowledges each item
    COLLECTS = "collects"


class CrashMode(StrEnum):
    """What to do when we do not know whether a request had its effect."""

    #: send again with the same key: the back office de-duplicates
    RESEND = "resend"
    #: ask the back office by our own key first
    VERIFY = "verify"
    #: wait for a person
    HOLD = "hold"


class Ground(StrEnum):
    """On what ground a department is told: beside its lawful basis, which names the law."""

    #: under its law, whatever anybody answers; nobody is asked, as "no" would change nothing
    DUTY = "duty"
    #: only where the person who tells us agrees
    PERMISSION = "permission"


GROUND_CAPTIONS: Mapping[Ground, str] = MappingProxyType(
    {
        Ground.DUTY: "Told under its law, whatever anybody answers",
        Ground.PERMISSION: "Told only where the person who tells us agrees",
    }
)


class Behind(StrEnum):
    """What becomes of a person's later deliveries there while this one is stuck: parked, unknown or dead."""

    #: they wait: what comes later builds on this one
    BLOCK = "block"
    #: they go on: this one is a fact by itself
    SKIP = "skip"
    #: the next of the same kind replaces this one, as a later address replaces an earlier
    SUPERSEDE = "supersede"


def always(_: Facts) -> bool:
    """The department is told of every such event."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One cell of the routing grid: this department is told of this life event, and sees this of it."""

    kind: type[LifeEvent]
    sees: type[Disclosure]
    when: Callable[[Facts], bool] = always
    #: when a "when" says no, the sentence for the timeline
    otherwise: str = ""
    talk: Talk | None = None
    #: what an adviser can read out, by outcome; {by} and {receipt} are filled in
    says: Mapping[OutcomeKind, str] = field(default_factory=lambda: MappingProxyType({}))
    #: what becomes of the person's later deliveries while this one is stuck
    behind: Behind = Behind.BLOCK
    #: where the department wants it on its day and not before: the day, by its effective-date rule
    on_its_day: Callable[[Facts], date | None] | None = None


class Adapter:
    """One department. Found by entry point, so a council adds one without touching the broker."""

    def __init__(
        self,
        department: str,
        *,
        title: str,
        hand_over: HandOver,
        lawful_basis: str,
        ground: Ground = Ground.DUTY,
        crash_mode: CrashMode = CrashMode.HOLD,
        standard_days: int | None = None,
        deduplicates_deaths: bool = False,
        rate: float | None = None,
        windows: Sequence[Window] = (),
    ) -> None:
        self.department = department
        self.title = title
        self.hand_over = hand_over
        self.lawful_basis = lawful_basis
        self.ground = ground
        self.crash_mode = crash_mode
        #: the department's own service standard, in days, for the sentence an adviser reads out
        self.standard_days = standard_days
        #: the back office has shown in a test that it acts once on a death that is sent twice; else a death whose fate
        #: is unknown waits for a person, whatever the crash mode
        self.deduplicates_deaths = deduplicates_deaths
        #: calls a second that the back office can take; None for as many as are in flight
        self.rate = rate
        #: when it is closed by its own calendar
        self.windows = tuple(windows)
        self.verify: Callable[[str], Inquiry] | None = None
        self._tellings: dict[str, Telling] = {}

    def on(
        self,
        kind: type[LifeEvent],
        *,
        sees: type[D],
        when: Callable[[Facts], bool] = always,
        otherwise: str = "",
        says: Mapping[OutcomeKind, str] = MappingProxyType({}),
        behind: Behind = Behind.BLOCK,
        on_its_day: Callable[[Facts], date | None] | None = None,
    ) -> Callable[[Callable[[D], Conversation]], Callable[[D], Conversation]]:
        """Declare the conversation that tells this department of this life event."""

        def declare(talk: Callable[[D], Conversation]) -> Callable[[D], Conversation]:
            self._add(
                Telling(
                    kind=kind,
                    sees=sees,
                    when=when,
                    otherwise=otherwise,
                    talk=talk,
                    says=says,
                    behind=behind,
                    on_its_day=on_its_day,
                )
            )
            return talk

        return declare

    def tells(
        self,
        kind: type[LifeEvent],
        *,
        sees: type[Disclosure],
        when: Callable[[Facts], bool] = always,
        otherwise: str = "",
        says: Mapping[OutcomeKind, str] = MappingProxyType({}),
        behind: Behind = Behind.BLOCK,
        on_its_day: Callable[[Facts], date | None] | None = None,
    ) -> None:
        """Declare a telling that needs no conversation: the back office subscribes or collects."""
        self._add(
            Telling(
                kind=kind,
                sees=sees,
                when=when,
                otherwise=otherwise,
                says=says,
                behind=behind,
                on_its_day=on_its_day,
            )
        )

    def asks_by_key(self, talk: Callable[[str], Inquiry]) -> Callable[[str], Inquiry]:
        """Declare how the back office is asked whether it has a delivery, by our key (crash mode ``verify``)."""
        self.verify = talk
        return talk

    def telling(self, kind: type[LifeEvent]) -> Telling | None:
        """The telling for this kind, or None where the department is never told of it."""
        return self.telling_of(kind.kind)

    def telling_of(self, kind: str) -> Telling | None:
        """The same for a kind by its word."""
        return self._tellings.get(kind)

    @property
    def tellings(self) -> tuple[Telling, ...]:
        """Every telling, in the order of declaration."""
        return tuple(self._tellings.values())

    def _add(self, telling: Telling) -> None:
        kind = telling.kind.kind
        if kind in self._tellings:
            raise ValueError(f"{self.department} is told twice of {kind}")
        if (telling.talk is None) == (self.hand_over is HandOver.CALLED):
            raise ValueError(f"{self.department}: a back office that is called, and no other, needs a conversation")
        self._tellings[kind] = telling


def post(path: str, document: Mapping[str, Any]) -> httpx.Request:
    """A POST of a JSON document: ``httpx.Request("POST", path, json=document)``, for a tenth of its CPU."""
    request = httpx.Request("POST", _url(path), headers=_JSON, stream=httpx.ByteStream(orjson.dumps(document)))
    request.read()
    return request


@lru_cache(maxsize=256)
def _url(path: str) -> httpx.URL:
    return httpx.URL(path)


def answered(response: httpx.Response, *, receipt: str = "receipt") -> Outcome | Unheard:
    """The ordinary reading of an answer: a 2xx with a receipt is accepted, 404 is not held, other 4xx is refused.

    A 2xx that holds no receipt is not an acknowledgement. 429, 5xx and silence never reach an adapter: the carrier
    defers them.
    """
    said = _document(response)
    if response.is_success:
        taken = said.get(receipt)
        return Accepted(receipt=taken) if isinstance(taken, str) and taken else Unheard(reason="answer-without-receipt")
    if response.status_code == httpx.codes.NOT_FOUND:
        return NotHeld()
    return Refused(reason=reason_in(said) or f"http-{response.status_code}")


def asked(question: object) -> Outcome | Unheard:
    """Read a back office's question for the caller: an object with ``field`` and ``ask``."""
    if isinstance(question, dict) and isinstance(question.get("ask"), str):
        return NeedsInformation(
            question=Question(field=str(question.get("field", ""))[:255], ask=question["ask"][:255])
        )
    return Unheard(reason="question-not-readable")


def reason_in(said: Mapping[str, object]) -> str | None:
    """The back office's reason code, where it is a code: a text could hold personal data."""
    reason = said.get("reason")
    fits = isinstance(reason, str) and 0 < len(reason) <= 64 and reason.replace("-", "").isalnum() and reason.isascii()
    return str(reason).lower() if fits else None


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
