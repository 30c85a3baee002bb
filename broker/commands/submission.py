"""Submission: letters sent to a running broker one after the other, as their order is the order of acceptance."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from broker.commands.asking import problem, refuse
from broker.commands.letter_files import FiledLetter
from broker.commands.stopping import unreachable
from schemas.letter import read_letter
from schemas.problems import Invalid, warnings_of
from schemas.reading import Unreadable

LIFE_EVENTS = "/api/v1/life-events"
#: seconds before a letter is sent again, when the broker was away or busy: the same letter is only written down once
WAITS = (0.2, 0.5, 1.0, 2.0, 4.0)
_TRY_AGAIN = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What became of one letter."""

    at: str
    #: None where it was refused, or only checked
    reference: str | None = None
    repeat: bool = False
    #: why it was refused, field by field
    refused: str | None = None
    #: what should be confirmed with the caller
    warnings: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def check(letter: FiledLetter) -> Submitted:
    """Check a letter as the broker would, and send nothing."""
    try:
        event = read_letter(letter.body).event
    except Unreadable as error:
        return Submitted(at=str(letter), refused=f"document: {error.message}")
    except Invalid as error:
        said = "; ".join(f"{each.field or 'document'}: {each.message.rstrip('.')}" for each in error.problems)
        return Submitted(at=str(letter), refused=said)
    warnings = tuple(f"{each.field}: {each.message.rstrip('.')}" for each in warnings_of(event))
    return Submitted(at=str(letter), warnings=warnings)


def submit(letter: FiledLetter, key: str | None, client: httpx.Client) -> Submitted:
    """Send a letter until the broker has it or refuses it."""
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    answer = _answer(letter, headers, client)
    if not answer.is_success:
        refuse(answer)
        return Submitted(at=str(letter), refused=problem(answer))
    said = answer.json()
    warnings = tuple(f"{each['field']}: {each['message'].rstrip('.')}" for each in said.get("warnings", ()))
    return Submitted(at=str(letter), reference=said["reference"], repeat=said["repeat"], warnings=warnings)


def _answer(letter: FiledLetter, headers: dict[str, str], client: httpx.Client) -> httpx.Response:
    for wait in (*WAITS, None):
        try:
            answer = client.post(LIFE_EVENTS, content=letter.body, headers=headers)
        except httpx.HTTPError:
            said = "does not answer"
        else:
            if answer.status_code not in _TRY_AGAIN:
                return answer
            said = f"is busy (status {answer.status_code})"
        if wait is not None:
            time.sleep(wait)
    unreachable(
        f"The broker at {client.base_url} {said}; stopped at {letter}. "
        "Start it with tuo up or set --server, then submit the same again: nothing is written down twice."
    )
