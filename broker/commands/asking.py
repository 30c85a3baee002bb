"""Asking: how commands speak to a running broker over its API."""

from pathlib import Path
from typing import Any

import httpx

from broker.commands.stopping import bad, no, unreachable
from broker.settings import Settings

#: seconds for one request in all
PATIENCE = 30.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - what a server listens on is not what to connect to


def server_of(settings: Settings) -> str:
    """Where this machine's own broker is asked."""
    host = _ANYWHERE.get(settings.web_host, settings.web_host)
    return f"http://{host}:{settings.web_port}"


def key_file(settings: Settings, name: str) -> Path:
    """Where the key of a client of this machine is kept."""
    return settings.home.absolute() / "keys" / name


def key_of(settings: Settings, name: str, given: str | None = None) -> str:
    """The key that was given, or the one in the key file."""
    if given:
        return given
    file = key_file(settings, name)
    try:
        return file.read_text().strip()
    except OSError:
        other = "set TUO_KEY" if name == "adviser" else "stop the broker, then this needs no key"
        bad(f"There is no key in {file}: make one with tuo client add {name} --role {name} --save, or {other}.")


def client(server: str, key: str) -> httpx.Client:
    """A client of the API; nothing in the environment sends it another way."""
    if not server.startswith(("http://", "https://")):
        bad("The server must be an address that starts with http:// or https://.")
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    return httpx.Client(base_url=server, headers=headers, timeout=PATIENCE, trust_env=False)


def ask(asked: httpx.Client, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
    """The answer, or the end of the command with what the broker said against it."""
    try:
        answer = asked.request(method, path, json=body)
    except httpx.HTTPError:
        unreachable(f"The broker at {asked.base_url} does not answer: check the address, or start it with tuo up.")
    if answer.is_success:
        return answer.json() if answer.content else None
    refuse(answer)
    no(f"The broker said no: {problem(answer)}.")


def refuse(answer: httpx.Response) -> None:
    """End the command where the key is not good for this, or the broker cannot do it now."""
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        bad("The broker does not know this key: make another with tuo client add.")
    if answer.status_code == httpx.codes.FORBIDDEN:
        no("This key may not do that: use the key of a client with another role (tuo client list).")
    if answer.is_server_error:
        unreachable(f"The broker cannot do that now (status {answer.status_code}): try again, or run tuo doctor.")


def problem(answer: httpx.Response) -> str:
    """What a problem document (RFC 9457) says, field by field; the broker never repeats a value in it."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return f"status {answer.status_code}"
    listed = said.get("fields") or []
    fields = [_field(each) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    summary = said.get("detail") or said.get("title") or f"status {answer.status_code}"
    return "; ".join(fields) or str(summary).rstrip(".")


def _field(each: dict[str, Any]) -> str:
    said = str(each.get("message") or each.get("detail") or each.get("code") or "cannot be used").rstrip(".")
    return f"{each.get('field') or 'document'}: {said}"
