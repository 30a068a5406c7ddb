"""What LiveKit tells by webhook: proven, recent, and in the port's words.

LiveKit's library checks signature and hash, but takes what is old, and raises whatever comes up. So the
checks are here, by the deployment's clock, and every flaw is `Unproven`.
"""

import base64
import hmac
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import jwt
from attrs import field, frozen
from google.protobuf.json_format import Parse, ParseError
from livekit.protocol.webhook import WebhookEvent

from adapters.livekit.names import session_in
from adapters.livekit.rooms import user_of
from core.domain.presence import RoomEventKind
from ports.rooms import RoomReport, Unproven

OLDEST_SECONDS: Final = 300
"""How far from now, on either side, an event may have happened."""

LEEWAY_SECONDS: Final = 60
"""How far LiveKit's clock may be from ours."""

LONGEST_TOKEN: Final = 8192
LONGEST_ID: Final = 255

KINDS: Final[Mapping[str, RoomEventKind]] = {kind.value: kind for kind in RoomEventKind}
"""LiveKit's names are ours."""

PERSONAL: Final = frozenset({RoomEventKind.PARTICIPANT_JOINED, RoomEventKind.PARTICIPANT_LEFT})

log = logging.getLogger("estuary.livekit")


@frozen(kw_only=True)
class LiveKitWebhooks:
    """Reads the webhooks of one LiveKit project. `keys` are those that it may sign with, each with its
    secret: two while they are rotated.
    """

    keys: Sequence[tuple[str, str]] = field(repr=False)

    def read(self, body: bytes, authorization: str, now: datetime) -> RoomReport | None:
        """What is told; None for what does not concern us. Raises Unproven.

        `body` is the raw one: the token in `authorization` signs its digest.
        """
        at = now.timestamp()
        self._require_signed(body, authorization, at)
        try:
            event = Parse(body.decode(), WebhookEvent(), ignore_unknown_fields=True)
        except (ParseError, ValueError, RecursionError) as error:
            raise Unproven("the body is no event") from error
        if abs(at - event.created_at) > OLDEST_SECONDS:
            raise Unproven("the event is too old, or from the future")
        return _report(event)

    def _require_signed(self, body: bytes, token: str, at: float) -> None:
        try:
            claims = self._claims(token)
            signed = base64.b64decode(claims["sha256"], validate=True)
            starts, ends = float(claims.get("nbf", at)), float(claims["exp"])
        except (jwt.PyJWTError, LookupError, ValueError, TypeError, RecursionError) as error:
            raise Unproven("the token is not valid") from error
        if not hmac.compare_digest(signed, sha256(body).digest()):
            raise Unproven("the body is not the one that was signed")
        # Written so that a NaN proves nothing.
        if not starts - LEEWAY_SECONDS <= at < ends + LEEWAY_SECONDS:
            raise Unproven("the token is not valid now")

    def _claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that one of the keys has signed; raises what the last says of another."""
        if len(token) > LONGEST_TOKEN:
            raise ValueError("the token is too long")
        *others, last = self.keys
        for key in others:
            with suppress(jwt.PyJWTError):
                return _claims_by(key, token)
        return _claims_by(last, token)


def _claims_by(key: tuple[str, str], token: str) -> dict[str, Any]:
    """When it is valid is judged by our own clock, not by the library's."""
    api_key, api_secret = key
    claims: dict[str, Any] = jwt.decode(
        token,
        key=api_secret,
        algorithms=["HS256"],
        issuer=api_key,
        options={
            "require": ["exp", "iss"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
            "verify_aud": False,
        },
    )
    return claims


def _report(event: WebhookEvent) -> RoomReport | None:
    kind, session_id = KINDS.get(event.event), session_in(event.room.name)
    if kind is None or session_id is None or not _is_id(event.id):
        log.info("ignored livekit's %r of room %r", event.event, event.room.name)
        return None
    return RoomReport(
        id=event.id,
        session_id=session_id,
        user_id=user_of(event.participant) if kind in PERSONAL else None,
        kind=kind,
        occurred_at=datetime.fromtimestamp(event.created_at, UTC),
    )


def _is_id(text: str) -> bool:
    return 1 <= len(text) <= LONGEST_ID and all("!" <= character <= "~" for character in text)
