"""What an operator chooses about the HTTP API. Read from nowhere here: the caller fills it in."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from attrs import field, frozen

from adapters.http.deprecation import Deprecation
from core.domain.gateway import ChargeOutcome, DisputeReport
from core.domain.statuses import DisputeStatus
from ports.rooms import RoomReport
from ports.webhooks import WebhookReader

MINIMUM_SECRET_BYTES: Final = 32
"""A shared secret shorter than the hash it feeds can be searched for (RFC 7518, 3.2)."""


PlayedDispute = Callable[[str, DisputeStatus, int | None], Awaitable[DisputeReport]]
"""Opens or ends a dispute about a charge, by its reference, over an amount (None: all of it)."""


@frozen(kw_only=True)
class HttpConfig:
    """Exactly one of `jwt_secret` and `jwt_jwks` (a file's path or an http(s) URL) is needed.

    `dev_confirm` plays the customer of a fake gateway, by its reference, and `dev_dispute` their bank;
    with the former the development routes exist. `room_events` reads a webhook of the room service from
    its raw body, its `Authorization` and the time, or raises Unproven; without it that route does not
    exist. With `stripe_webhooks` Stripe may tell what happened. `close` runs when the server stops.
    `rate_limit_per_minute` counts requests per client address in one process, 0 does not count.
    `hsts_seconds` is for deployments behind TLS. `deprecation` is said wherever deprecated fields are.
    Raises ValueError, in one line, for a combination that cannot stand.
    """

    jwt_secret: str | None = field(default=None, repr=False)
    jwt_jwks: str | None = None
    jwt_issuer: str = "estuary"
    jwt_audience: str = "estuary"
    jwt_leeway_seconds: int = 30
    max_body_bytes: int = 262_144
    max_depth: int = 32
    body_timeout_seconds: float = 10.0
    request_timeout_seconds: float = 30.0
    idempotency_hours: int = 24
    rate_limit_per_minute: int = 0
    cors_origins: tuple[str, ...] = ()
    hsts_seconds: int = 0
    docs_enabled: bool = True
    deprecation: Deprecation = field(factory=Deprecation)
    dev_confirm: Callable[[str], Awaitable[ChargeOutcome]] | None = field(default=None, repr=False)
    dev_dispute: PlayedDispute | None = field(default=None, repr=False)
    room_events: Callable[[bytes, str, datetime], RoomReport | None] | None = field(default=None, repr=False)
    stripe_webhooks: WebhookReader | None = field(default=None, repr=False)
    close: Callable[[], Awaitable[None]] | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if (self.jwt_secret is None) == (self.jwt_jwks is None):
            raise ValueError("tokens are checked with either a secret or a JWKS: give exactly one")
        if self.jwt_secret is not None and len(self.jwt_secret.encode()) < MINIMUM_SECRET_BYTES:
            raise ValueError(f"the JWT secret needs at least {MINIMUM_SECRET_BYTES} bytes")
        if not 0 <= self.jwt_leeway_seconds <= 30:
            raise ValueError("the JWT leeway must be between 0 and 30 seconds")

    @property
    def jwt_algorithms(self) -> tuple[str, ...]:
        """The signatures that are accepted: never both shared and public keys."""
        return ("HS256",) if self.jwt_secret is not None else ("RS256", "ES256")
