"""Stripe's webhooks: who sent them, when, and what of ours they are about.

The library's own check takes a signature from the future, so the window is checked here, both ways.
Source: https://docs.stripe.com/webhooks#verify-manually
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from attrs import field, frozen

from core.domain.inbox import Notice, Subject
from ports.webhooks import NotAuthentic

PROVIDER: Final = "stripe"
SIGNATURE: Final = "stripe-signature"

WINDOW_SECONDS: Final = 300
"""How far the sender's clock and ours may be apart, either way; an older copy is a replay."""

MOST_BYTES: Final = 1_000_000

KINDS: Final[Mapping[str, tuple[str, Subject]]] = {
    "payment_intent": ("payment_id", Subject.PAYMENT),
    "refund": ("refund_id", Subject.REFUND),
    "transfer": ("payout_id", Subject.PAYOUT),
}
"""By the kind of object: the metadata that names ours."""

APPLIED: Final = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refund.updated",
        "transfer.created",
        "transfer.updated",
        "transfer.reversed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "account.updated",
        "capability.updated",
    }
)
"""The events after which something of ours may have changed."""

PARKED: Final[Mapping[str, str]] = {
    "account.": "what an account's owner did with their account is not kept",
    "payout.": "payouts of connected accounts to their banks are not kept",
}
"""What somebody should look at, by the beginning of the event's type."""

NOT_OURS: Final = "it names nothing of ours"


@frozen(kw_only=True)
class StripeWebhooks:
    """Reads webhooks that are signed with one of `secrets`: two while they are changed.

    `livemode`: whether our API key moves real money. Events of the other mode are parked.
    """

    secrets: Sequence[str] = field(repr=False)
    livemode: bool

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        """The notice, or NotAuthentic."""
        if len(body) > MOST_BYTES:
            raise NotAuthentic("the body is too large")
        self._prove(body, headers.get(SIGNATURE, ""), now)
        return self._notice(_event(body))

    def _prove(self, body: bytes, header: str, now: datetime) -> None:
        at, given = _parsed(header)
        if abs(int(now.timestamp()) - at) > WINDOW_SECONDS:
            raise NotAuthentic("the signature's time is not now")
        signed = f"{at}.".encode() + body
        proved = False
        for secret in self.secrets:
            expected = hmac.new(secret.encode(), signed, sha256).hexdigest().encode()
            for signature in given:  # every one is compared, so that time tells nothing
                proved |= hmac.compare_digest(expected, signature)
        if not proved:
            raise NotAuthentic("the signature is not ours")

    def _notice(self, event: Mapping[str, Any]) -> Notice:
        event_type, about = event["type"], event["data"]["object"]
        subject, subject_id, object_id = _subject(about)
        return Notice(
            provider=PROVIDER,
            event_id=event["id"],
            event_type=event_type,
            object_id=_text(object_id),
            subject=subject,
            subject_id=subject_id,
            parked=self._parked(event, subject),
            ignored=_ignored(event_type),
        )

    def _parked(self, event: Mapping[str, Any], subject: Subject) -> str | None:
        event_type: str = event["type"]
        if event.get("livemode") is not self.livemode:
            return "it is of the other mode, test or live"
        if event_type in APPLIED:
            return NOT_OURS if subject is Subject.OTHER else None
        reasons = (reason for beginning, reason in PARKED.items() if event_type.startswith(beginning))
        return next(reasons, None)


def moves_real_money(api_key: str) -> bool:
    """Whether a key is one of live mode; `sk_test_` and `rk_test_` are not."""
    return api_key.startswith(("sk_live_", "rk_live_"))


def _parsed(header: str) -> tuple[int, list[bytes]]:
    """The time and the signatures of `t=…,v1=…,v1=…`."""
    times, signatures = [], []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            signatures.append(value.encode())
    if len(times) != 1 or not signatures or not (times[0].isascii() and times[0].isdigit()):
        raise NotAuthentic("there is no signature")
    if len(times[0]) > 12:
        raise NotAuthentic("the signature's time is not now")
    return int(times[0]), signatures


def _event(body: bytes) -> Mapping[str, Any]:
    """A body that Stripe has signed; what it cannot have meant is refused all the same."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAuthentic("the body is no JSON") from error
    about = event.get("data", {}) if isinstance(event, dict) else None
    is_event = (
        isinstance(about, dict)
        and isinstance(about.get("object"), dict)
        and _text(event.get("id")) is not None
        and _text(event.get("type")) is not None
    )
    if not is_event:
        raise NotAuthentic("the body is no event")
    return event  # type: ignore[no-any-return] # a dict, as was just checked


def _subject(about: Mapping[str, Any]) -> tuple[Subject, UUID | None, object]:
    """What of ours an object's metadata names, and the object's own id. Others in the same account have
    metadata of their own.

    A dispute has none: its payment's say whose it is. An account has none of ours: it is known by its id,
    which its capabilities name too.
    """
    metadata, kind, own = about.get("metadata"), about.get("object"), about.get("id")
    if kind == "dispute":
        return Subject.DISPUTE, None, own
    if kind in ("account", "capability"):
        return Subject.ACCOUNT, None, own if kind == "account" else about.get("account")
    if not isinstance(metadata, dict) or not isinstance(kind, str) or kind not in KINDS:
        return Subject.OTHER, None, own
    name, subject = KINDS[kind]
    try:
        return subject, UUID(metadata[name]), own
    except (KeyError, ValueError, AttributeError, TypeError):
        return Subject.OTHER, None, own


def _ignored(event_type: str) -> str | None:
    if event_type in APPLIED or any(event_type.startswith(beginning) for beginning in PARKED):
        return None
    return "other events tell what follows from it"


def _text(value: object) -> str | None:
    """A name of Stripe's; None for what is none."""
    return value if isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable() else None
