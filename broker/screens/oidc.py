"""Sign-in by OpenID Connect: the council's own provider says who somebody is, and which roles they have."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from authlib.deprecate import AuthlibDeprecationWarning
from fastapi import Request

from broker.screens.sessions import Who
from broker.screens.who_may import PersonRole
from broker.settings import Settings

with warnings.catch_warnings():
    # Authlib prefers the successor of httpx; this broker speaks httpx throughout, and both still work.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.starlette_client import OAuth

_LONGEST_ACTOR: Final = 64


class NotSignedIn(Exception):
    """The provider did not sign anybody in, or somebody who has no role here; ``why`` is one of our own words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The council's sign-in provider."""

    oidc: Any
    settings: Settings

    async def start(self, request: Request, *, again: bool = False) -> tuple[str, dict[str, Any]]:
        """Where to send the browser, and what must be remembered until it returns. Raises NotSignedIn."""
        kept: dict[str, Any] = {}
        request.scope["session"] = kept
        more = {"prompt": "login", "max_age": "0"} if again else {}
        back = f"{self.settings.screens_address}/sign-in/return"
        try:
            answer = await self.oidc.authorize_redirect(request, back, **more)
        except Exception as error:  # whatever Authlib or the network raises, nobody is signed in
            raise NotSignedIn("sign_in.unreachable") from error
        return str(answer.headers["location"]), kept

    async def finish(self, request: Request, kept: Mapping[str, Any]) -> Who:
        """Who the provider says has signed in. Raises NotSignedIn."""
        request.scope["session"] = dict(kept)
        try:
            token = await self.oidc.authorize_access_token(request)
        except OAuthError as error:
            raise NotSignedIn("sign_in.refused") from error
        except Exception as error:
            raise NotSignedIn("sign_in.unreachable") from error
        return who_of(token.get("userinfo") or {}, self.settings)


def provider_of(settings: Settings) -> Provider | None:
    """The provider that the settings name, or none."""
    if settings.sign_in_issuer is None or settings.sign_in_client is None:
        return None
    secret = settings.sign_in_secret.get_secret_value().strip() if settings.sign_in_secret else None
    registry = OAuth()
    registry.register(
        "council",
        client_id=settings.sign_in_client,
        client_secret=secret,
        server_metadata_url=f"{settings.sign_in_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": 10},
    )
    return Provider(oidc=registry.create_client("council"), settings=settings)


def who_of(claims: Mapping[str, Any], settings: Settings) -> Who:
    """The person that verified claims describe. Raises NotSignedIn for one without a role, or of another council."""
    council = claims.get(settings.sign_in_council_claim) if settings.sign_in_council_claim else settings.council_gss
    if council != settings.council_gss:
        raise NotSignedIn("sign_in.other_council")
    said = claims.get(settings.sign_in_roles_claim)
    given = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
    roles = frozenset(PersonRole(role) for role in given if role in set(PersonRole))
    if not roles:
        raise NotSignedIn("sign_in.no_role")
    actor = str(claims["sub"])
    fits = len(actor) <= _LONGEST_ACTOR and actor.isprintable()
    return Who(
        actor=actor if fits else sha256(actor.encode()).hexdigest(),
        name=str(claims.get("name") or actor)[:100],
        roles=roles,
        council=settings.council_gss,
    )
