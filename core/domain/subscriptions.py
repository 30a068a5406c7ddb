"""Webhook subscriptions: who wants to be told of which events, at which address, and what is told.

A subscription hears of everybody's events if an admin made it, else of those that name its
practitioner. Its secret signs what is sent to it; after a rotation the one before signs as well
for a while, so that the receiver can change over.
"""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from attrs import evolve, field, frozen

from core.domain.actors import Actor
from core.domain.dispatches import Channel, Dispatch, Notice, Payload
from core.domain.errors import Conflict, Invalid
from core.domain.events import Event, EventType
from core.domain.ids import DispatchId, EventId, IdSource, SubscriptionId, UserId
from core.domain.statuses import DispatchStatus
from core.domain.time import instant, optional_instant

PING: Final = "webhook.ping"
"""The type of the test event, which one subscription alone is told of."""

BODY: Final = "body"
"""Where a webhook's notice keeps the JSON text that is sent, the same at every attempt."""

FORGOTTEN: Final = ""
"""What a deleted subscription keeps of its secret and address."""


class SubscriptionStatus(StrEnum):
    """`disabled` is sent nothing until it is active again. `deleted` is for ever, and nobody sees it."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


LIVE_SUBSCRIPTIONS: Final = (SubscriptionStatus.ACTIVE, SubscriptionStatus.DISABLED)
"""Those that their owner sees."""


class TooManySubscriptions(Conflict):
    """The owner has as many subscriptions as the deployment allows."""

    code = "too_many_subscriptions"


class SubscriptionDisabled(Conflict):
    """Nothing is sent to a disabled subscription."""

    code = "subscription_disabled"


@frozen(kw_only=True)
class Subscription:
    """Who is told of what, and where.

    `practitioner_id` is whose events it hears of; None: everybody's. `event_types` are those that it
    wants; none: all. `previous_secret` signs too until `previous_secret_until` (exclusive).
    `disabled_reason` is set when it was not its owner who disabled it.
    """

    id: SubscriptionId
    owner_id: UserId
    practitioner_id: UserId | None
    url: str
    event_types: tuple[EventType, ...] = ()
    description: str = ""
    secret: str = field(repr=False)
    previous_secret: str | None = field(default=None, repr=False)
    previous_secret_until: datetime | None = field(default=None, converter=optional_instant)
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    disabled_reason: str | None = None
    created_at: datetime = field(converter=instant)
    updated_at: datetime = field(converter=instant)
    version: int = 1

    @property
    def is_active(self) -> bool:
        """Whether anything is sent to it."""
        return self.status is SubscriptionStatus.ACTIVE

    @property
    def is_live(self) -> bool:
        """Whether its owner sees it."""
        return self.status in LIVE_SUBSCRIPTIONS

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """What a message is signed with now: the current secret, then one that is being given up."""
        if self.previous_secret is None or self.previous_secret_until is None:
            return (self.secret,)
        return (self.secret, self.previous_secret) if now < self.previous_secret_until else (self.secret,)


@frozen(kw_only=True)
class NewSubscription:
    """What is asked for. `secret` was made at random for it."""

    url: str
    event_types: tuple[EventType, ...] = ()
    description: str = ""
    secret: str = field(repr=False)


def subscribed(wanted: NewSubscription, actor: Actor, *, now: datetime, new_id: IdSource) -> Subscription:
    """The subscription that the caller gets: an admin's hears of everybody, others' of their owner."""
    return Subscription(
        id=SubscriptionId(new_id()),
        owner_id=actor.user_id,
        practitioner_id=None if actor.is_admin else actor.user_id,
        url=wanted.url,
        event_types=_each_once(wanted.event_types),
        description=wanted.description,
        secret=wanted.secret,
        created_at=now,
        updated_at=now,
    )


def changed(subscription: Subscription, changes: dict[str, Any], *, now: datetime) -> Subscription:
    """The subscription with these fields changed; it is told of what happens from now on."""
    if "event_types" in changes:
        changes = {**changes, "event_types": _each_once(changes["event_types"])}
    if "status" in changes:
        if changes["status"] not in LIVE_SUBSCRIPTIONS:
            raise Invalid("/status", "must be active or disabled")
        changes = {**changes, "disabled_reason": None}
    return _next(subscription, now, **changes)


def rotated(subscription: Subscription, secret: str, *, now: datetime, overlap: timedelta) -> Subscription:
    """The subscription with another secret; the one so far signs too for `overlap`, any before it no more."""
    return _next(
        subscription,
        now,
        secret=secret,
        previous_secret=subscription.secret,
        previous_secret_until=now + overlap,
    )


def disabled(subscription: Subscription, reason: str, *, now: datetime) -> Subscription:
    """The subscription after its receiver said that it is gone; one that is not active stays as it is."""
    if not subscription.is_active:
        return subscription
    return _next(subscription, now, status=SubscriptionStatus.DISABLED, disabled_reason=reason)


def deleted(subscription: Subscription, *, now: datetime) -> Subscription:
    """What is left of a deleted subscription: whose it was, and that there was one."""
    return _next(
        subscription,
        now,
        status=SubscriptionStatus.DELETED,
        url=FORGOTTEN,
        secret=FORGOTTEN,
        previous_secret=None,
        previous_secret_until=None,
    )


def wants(subscription: Subscription, event: Event) -> bool:
    """Whether the subscription is to be told of the event."""
    if not subscription.is_active or (
        subscription.event_types and event.type not in subscription.event_types
    ):
        return False
    return subscription.practitioner_id in (None, concerned(event))


def concerned(event: Event) -> UserId | None:
    """The practitioner whom the event names."""
    named = event.payload.get("practitioner_id")
    return UserId(UUID(named)) if isinstance(named, str) else None


def told(subscription: Subscription, event: Event) -> Notice:
    """What the subscription is told of the event."""
    text = body(event.id, event.type.value, occurred_at=event.occurred_at, data=event.payload)
    return Notice(channel=Channel.WEBHOOK, recipient=str(subscription.id), payload={BODY: text})


def ping(subscription: Subscription, *, now: datetime, new_id: IdSource) -> Dispatch:
    """A test event for this subscription alone, due at once."""
    require_active(subscription)
    event_id = EventId(new_id())
    text = body(event_id, PING, occurred_at=now, data={"subscription_id": str(subscription.id)})
    return Dispatch(
        id=DispatchId(new_id()),
        event_id=event_id,
        event_type=PING,
        channel=Channel.WEBHOOK,
        recipient=str(subscription.id),
        subject_id=subscription.id,
        payload={BODY: text},
        status=DispatchStatus.WAITING,
        next_attempt_at=now,
        created_at=now,
    )


def require_active(subscription: Subscription) -> None:
    """SubscriptionDisabled unless something is sent to it."""
    if not subscription.is_active:
        raise SubscriptionDisabled("the subscription is disabled: set its status to active first")


def body(event_id: EventId, kind: str, *, occurred_at: datetime, data: Payload) -> str:
    """What is sent, as JSON text: `{id, type, occurred_at, data}`."""
    at = instant(occurred_at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    message = {"id": str(event_id), "type": kind, "occurred_at": at, "data": dict(data)}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _each_once(types: tuple[EventType, ...]) -> tuple[EventType, ...]:
    return tuple(dict.fromkeys(types))


def _next(subscription: Subscription, now: datetime, **changes: Any) -> Subscription:
    return evolve(subscription, **changes, updated_at=now, version=subscription.version + 1)
