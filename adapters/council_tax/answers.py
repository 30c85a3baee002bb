"""Reading what the Council Tax back office answers (docs/back-offices/council-tax.md, "Answers")."""

from datetime import date, timedelta

import httpx

from broker.adapter import asked, reason_in
from broker.outcome import Accepted, Deferred, NotHeld, Outcome, Referred, Refused, Unheard

NOT_IN_CONTRACT = Unheard(reason="answer-not-in-contract")


def heard(response: httpx.Response) -> Outcome | Unheard:
    """Read an answer by its status and its result together; anything that is not in the contract means nothing."""
    said = _document(response)
    remembered = response.status_code == httpx.codes.OK
    match said.get("answered") if remembered else response.status_code, said:
        case 201, {"result": "applied", "receipt": str(receipt)} if receipt:
            return Accepted(receipt=receipt)
        case 202, {"result": "queued-for-officer", "receipt": str(receipt), "by": str(by)} if receipt:
            return _referred(receipt, by, reason_in(said))
        case 202, {"result": "pending"}:
            return Deferred(reason="pending", after=_wait(response))
        case 404, {"result": "no-account" | "no-such-change"}:
            return NotHeld()
        case 409, {"result": "needs-information", "question": question}:
            return asked(question)
        case 422, {"result": "refused"}:
            return Refused(reason=reason_in(said) or "not-said")
        case _:
            return NOT_IN_CONTRACT


def never_seen(response: httpx.Response) -> bool:
    """Whether the office says that it has never seen our key."""
    return response.status_code == httpx.codes.NOT_FOUND and _document(response).get("result") == "never-seen"


def _document(response: httpx.Response) -> dict[str, object]:
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _referred(receipt: str, by: str, reason: str | None) -> Outcome | Unheard:
    try:
        return Referred(by=date.fromisoformat(by), receipt=receipt, reason=reason)
    except ValueError:
        return NOT_IN_CONTRACT


def _wait(response: httpx.Response) -> timedelta | None:
    said = response.headers.get("retry-after", "")
    return timedelta(seconds=int(said)) if said.isascii() and said.isdigit() and len(said) < 9 else None
