"""Webhook subscriptions and deliveries as integrators read them."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from adapters.http.fields import Instant
from core.domain.dispatches import Dispatch
from core.domain.events import EventType
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import Subscription, SubscriptionStatus


class SubscriptionView(Struct, frozen=True, kw_only=True):
    """Who is told of what. `practitioner_id` is whose events; null: everybody's. `event_types` null: all.

    `previous_secret_until` is how long the secret before the last rotation signs as well.
    `disabled_reason` is set when the receiver answered that it is gone.
    """

    id: UUID
    owner_id: UUID
    practitioner_id: UUID | None
    url: str
    event_types: list[EventType] | None
    description: str
    status: SubscriptionStatus
    disabled_reason: str | None
    previous_secret_until: Instant | None
    created_at: Instant
    updated_at: Instant


class SecretView(SubscriptionView, frozen=True, kw_only=True):
    """A subscription with its secret, which is shown this once."""

    secret: str


class SubscriptionPage(Struct, frozen=True):
    """Subscriptions, newest first."""

    items: list[SubscriptionView]
    next_cursor: str | None


class DeliveryView(Struct, frozen=True, kw_only=True):
    """An event on its way to a subscription. `next_attempt_at` is set while it waits."""

    id: UUID
    event_id: UUID
    event_type: str
    status: DispatchStatus
    attempts: int
    last_error: str | None
    next_attempt_at: Instant | None
    created_at: Instant
    sent_at: Instant | None


class DeliveryPage(Struct, frozen=True):
    """Deliveries, newest first."""

    items: list[DeliveryView]
    next_cursor: str | None


def subscription_view(subscription: Subscription) -> SubscriptionView:
    """The subscription without its secret."""
    return SubscriptionView(**_fields(subscription))


def secret_view(subscription: Subscription) -> SecretView:
    """The subscription with its secret."""
    return SecretView(**_fields(subscription), secret=subscription.secret)


def delivery_view(dispatch: Dispatch) -> DeliveryView:
    """The delivery as the subscription's owner sees it."""
    is_waiting = dispatch.status is DispatchStatus.WAITING
    return DeliveryView(
        id=dispatch.id,
        event_id=dispatch.event_id,
        event_type=dispatch.event_type,
        status=dispatch.status,
        attempts=dispatch.attempts,
        last_error=dispatch.last_error,
        next_attempt_at=dispatch.next_attempt_at if is_waiting else None,
        created_at=dispatch.created_at,
        sent_at=dispatch.sent_at,
    )


def _fields(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "owner_id": subscription.owner_id,
        "practitioner_id": subscription.practitioner_id,
        "url": subscription.url,
        "event_types": list(subscription.event_types) or None,
        "description": subscription.description,
        "status": subscription.status,
        "disabled_reason": subscription.disabled_reason,
        "previous_secret_until": subscription.previous_secret_until,
        "created_at": subscription.created_at,
        "updated_at": subscription.updated_at,
    }
