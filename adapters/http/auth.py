"""Who asks: a bearer token, verified before any handler runs.

A route says what it wants in its `access`: a token (the default), a token if there is one, or
nothing at all. PyJWT does the cryptography; what is pinned here is what it may accept.
"""

from enum import StrEnum
from time import time
from typing import Any, Final
from uuid import UUID

import jwt
from attrs import field, frozen
from litestar.connection import ASGIConnection
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from adapters.http.config import HttpConfig
from adapters.http.keys import Keys, keys_of
from core.domain.actors import Actor, Role
from core.domain.ids import UserId

MAX_TOKEN_CHARACTERS: Final = 8192

REMEMBERED_SECONDS: Final = 30.0
"""How long a token is not verified again; a key that is withdrawn still opens for so long."""

REMEMBERED_TOKENS: Final = 10_000

NOTHING: Final[tuple[float, Actor | None]] = (0.0, None)


class Access(StrEnum):
    """What a route wants to know of its caller."""

    TOKEN = "token"  # noqa: S105 - the name of a mode
    OPTIONAL = "optional"
    ANYONE = "anyone"


class Unauthorized(Exception):
    """No token, or one that proves nothing. `error` is RFC 6750's word for it, None without a token."""

    def __init__(self, detail: str, *, error: str | None = "invalid_token") -> None:
        super().__init__(detail)
        self.detail = detail
        self.error = error


@frozen(kw_only=True)
class Verifier:
    """Turns a token into an actor, or raises Unauthorized."""

    keys: Keys
    algorithms: tuple[str, ...]
    issuer: str
    audience: str
    leeway_seconds: int
    _proved: dict[str, tuple[float, Actor]] = field(factory=dict, init=False, repr=False)

    async def verify(self, token: str) -> Actor:
        """The caller that the token proves. Every flaw reads the same from outside.

        A good token is remembered for a short while: verifying one costs as much as a small query.
        """
        until, actor = self._proved.get(token, NOTHING)
        if actor is not None and time() < until:
            return actor
        claims = await self._claims(token)
        actor = _actor(claims)
        if len(self._proved) >= REMEMBERED_TOKENS:
            self._proved.clear()
        self._proved[token] = (min(claims["exp"], time() + REMEMBERED_SECONDS), actor)
        return actor

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthorized("the token is not valid")
        try:
            header = jwt.get_unverified_header(token)
            key = await self.keys.find(header.get("kid"))
            if key is None:
                raise Unauthorized("the token is not valid")
            return self._decode(token, key)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise Unauthorized("the token is not valid") from error

    def _decode(self, token: str, key: Any) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=list(self.algorithms),
            audience=self.audience,
            issuer=self.issuer,
            leeway=self.leeway_seconds,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        # The leeway is for clocks that run ahead of ours, not for tokens that have expired.
        if claims["exp"] <= time():
            raise jwt.ExpiredSignatureError("the token has expired")
        return claims


def verifier_of(config: HttpConfig) -> Verifier:
    """The verifier that a configuration asks for."""
    return Verifier(
        keys=keys_of(config),
        algorithms=config.jwt_algorithms,
        issuer=config.jwt_issuer,
        audience=config.jwt_audience,
        leeway_seconds=config.jwt_leeway_seconds,
    )


def _actor(claims: dict[str, Any]) -> Actor:
    """The claims as an actor; roles that this release does not know give nothing."""
    roles = claims.get("roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Unauthorized("the token names no roles")
    try:
        user_id = UUID(claims["sub"])
    except (ValueError, AttributeError, TypeError) as error:
        raise Unauthorized("the token's subject is not a UUID") from error
    return Actor(user_id=UserId(user_id), roles=frozenset(Role(role) for role in roles if role in set(Role)))


class Gate(AbstractAuthenticationMiddleware):
    """Stands before every route: 401 unless the route's access is met."""

    def __init__(self, app: ASGIApp, verifier: Verifier) -> None:
        super().__init__(app)
        self._verifier = verifier

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """The actor, or None where the route does without one."""
        access = connection.route_handler.opt.get("access", Access.TOKEN)
        if access is Access.ANYONE:
            return AuthenticationResult(user=None, auth=None)
        given = connection.headers.get("authorization")
        if given is None:
            if access is Access.OPTIONAL:
                return AuthenticationResult(user=None, auth=None)
            raise Unauthorized("a bearer token is required", error=None)
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("a bearer token is required", error="invalid_request")
        return AuthenticationResult(user=await self._verifier.verify(token.strip()), auth=None)
