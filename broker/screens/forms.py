"""Forms: what a browser sends, read strictly, and only where it holds the token of the session it belongs to."""

import hmac
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from broker.screens.sessions import Session
from broker.web.problem import Refusal

FORM: Final = "application/x-www-form-urlencoded"
CSRF_FIELD: Final = "csrf"
_MOST_FIELDS: Final = 500
#: a browser says where a form came from; one that says nothing is judged by the token alone
_OURS: Final = ("same-origin", "none")


class Form(Mapping[str, str]):
    """The fields of one form; a field that came several times answers its last value, ``all_of`` every one."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> str:
        return self._fields[name][-1]

    def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204 - an iterator of names
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def all_of(self, name: str) -> list[str]:
        """Every value of a field, in order; empty where it did not come."""
        return list(self._fields.get(name, ()))

    def said(self) -> dict[str, list[str]]:
        """Everything that was typed, without the token."""
        return {name: list(values) for name, values in self._fields.items() if name != CSRF_FIELD}


async def read_form(request: Request) -> Form:
    """Read the body. Raises Refusal with 415 or 400."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise Refusal(415, "unsupported_media_type", "Send the page's own form.")
    body = await request.body()
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Refusal(400, "bad_form", "This form cannot be read. Go back, and send it again.") from None
    if any("\x00" in text for field in fields for text in field):
        raise Refusal(
            400, "bad_form", "This form holds a character that no keyboard types. Go back, and type it again."
        )
    return Form(fields)


def check_token(request: Request, form: Form, session: Session) -> None:
    """Let only our own page's form pass. Raises Refusal with 403."""
    sent_from = request.headers.get("sec-fetch-site", "same-origin")
    token = form.get(CSRF_FIELD, "")
    if sent_from not in _OURS or not hmac.compare_digest(token.encode(), session.csrf.encode()):
        raise Refusal(403, "form_too_old", "This form is not of your present sign-in. Go back, load the page again.")
