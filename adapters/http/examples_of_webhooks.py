"""What the API's document shows of webhooks."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from attrs import evolve

from adapters.http.views.webhooks import delivery_view, secret_view, subscription_view
from core.domain.dispatches import Channel, Dispatch
from core.domain.events import EventType
from core.domain.ids import DispatchId, EventId, SubscriptionId, UserId
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import PING, Subscription

AT: Final = datetime(2026, 3, 1, 9, tzinfo=UTC)
OWNER: Final = UserId(UUID("0195f3a0-0000-7000-8000-0000000000a1"))
URL: Final = "https://example.org/estuary"

_subscription = Subscription(
    id=SubscriptionId(UUID("0195f3a0-0000-7000-8000-0000000000b1")),
    owner_id=OWNER,
    practitioner_id=OWNER,
    url=URL,
    event_types=(EventType.BOOKING_CONFIRMED, EventType.BOOKING_CANCELED),
    description="Our calendar",
    secret="whsec_" + "A" * 32,
    created_at=AT,
    updated_at=AT,
)
_waiting = Dispatch(
    id=DispatchId(UUID("0195f3a0-0000-7000-8000-0000000000c1")),
    event_id=EventId(UUID("0195f3a0-0000-7000-8000-0000000000d1")),
    event_type=PING,
    channel=Channel.WEBHOOK,
    recipient=str(_subscription.id),
    subject_id=_subscription.id,
    payload={},
    status=DispatchStatus.WAITING,
    next_attempt_at=AT,
    created_at=AT,
)

subscription = subscription_view(_subscription)
with_secret = secret_view(_subscription)
ping = delivery_view(_waiting)
delivery = delivery_view(
    evolve(
        _waiting,
        event_type=EventType.BOOKING_CONFIRMED.value,
        status=DispatchStatus.PARKED,
        attempts=10,
        last_error="the receiver answered 503",
    )
)
