"""Whether something is on this machine alone: only there may anybody sign in by choosing who to be."""

from ipaddress import ip_address

from fastapi import Request

from broker.parts import CannotListen
from broker.settings import Settings

_FORWARDED = ("forwarded", "x-forwarded-for", "via")


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_demo_elsewhere(settings: Settings) -> None:
    """Raises CannotListen where the demonstration's sign-in would be served to other machines."""
    if settings.demo_sign_in and not is_loopback(settings.web_host):
        raise CannotListen(
            "TUO_DEMO_SIGN_IN lets anybody be anybody, so it works on 127.0.0.1 only: "
            "leave it out, or set TUO_WEB_HOST=127.0.0.1."
        )


def comes_from_here(request: Request) -> bool:
    """Whether a request comes from this machine, to this machine's own name, and through no proxy."""
    peer = request.client.host if request.client else ""
    passed_on = any(name in request.headers for name in _FORWARDED)
    # The name as well: another site's name can be made to lead here.
    return is_loopback(peer) and is_loopback(request.url.hostname or "") and not passed_on
