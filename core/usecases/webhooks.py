"""Subscribing to events, and looking after what is sent because of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from core.domain.actors import Actor, Role
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch
from core.domain.errors import Invalid, NotFound
from core.domain.ids import DispatchId, SubscriptionId
from core.domain.outbox import redelivered
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import (
    NewSubscription,
    Subscription,
    TooManySubscriptions,
    changed,
    deleted,
    disabled,
    ping,
    require_active,
    rotated,
    subscribed,
)
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, finishing
from core.usecases.context import Ports
from ports.queries import Items, Page


async def subscribe(
    wanted: NewSubscription, *, actor: Actor, ports: Ports, claim: Claim[Subscription] | None = None
) -> Subscription:
    """Tell the URL of events from now on: an admin of everybody's, a practitioner of their own.

    Raises Invalid for a URL that nothing is sent to, and TooManySubscriptions; of requests at the very
    same time each counts those before it alone.
    """
    _require_role(actor)
    await _require_endpoint(wanted.url, ports)

    async def attempt() -> Subscription:
        limit = ports.rules.webhooks_per_owner
        found = await ports.store.subscriptions(Page(limit=limit), owner_id=actor.user_id)
        if len(found.items) >= limit:
            raise TooManySubscriptions(f"there are {limit} subscriptions already: delete one first")
        made = subscribed(wanted, actor, now=ports.clock.now(), new_id=ports.ids)
        await ports.store.commit(finishing(Changes(inserts=(made,)), claim, made))
        return made

    return await retrying(attempt, clock=ports.clock)


async def change_subscription(
    subscription_id: SubscriptionId, changes: dict[str, Any], *, actor: Actor, ports: Ports
) -> Subscription:
    """Change `url`, `event_types`, `description` or `status`. Raises Invalid as `subscribe` does."""
    if "url" in changes:
        await read_subscription(subscription_id, actor=actor, ports=ports)
        await _require_endpoint(changes["url"], ports)
    return await _move(
        subscription_id,
        lambda found: changed(found, changes, now=ports.clock.now()),
        actor=actor,
        ports=ports,
    )


async def rotate_secret(
    subscription_id: SubscriptionId,
    secret: str,
    *,
    actor: Actor,
    ports: Ports,
    claim: Claim[Subscription] | None = None,
) -> Subscription:
    """Sign with this secret from now on; the one so far signs too until the overlap has passed."""
    overlap = timedelta(hours=ports.rules.webhook_secret_overlap_hours)
    return await _move(
        subscription_id,
        lambda found: rotated(found, secret, now=ports.clock.now(), overlap=overlap),
        actor=actor,
        ports=ports,
        claim=claim,
    )


async def unsubscribe(subscription_id: SubscriptionId, *, actor: Actor, ports: Ports) -> None:
    """Send nothing more, and forget the secret. A second time there is nothing (NotFound)."""
    await _move(
        subscription_id, lambda found: deleted(found, now=ports.clock.now()), actor=actor, ports=ports
    )


async def disable_gone(subscription_id: SubscriptionId, reason: str, *, ports: Ports) -> None:
    """Send nothing more to a receiver that said it is gone."""

    async def attempt() -> None:
        found = await ports.store.subscription(subscription_id)
        if found is not None and found.is_active:
            await ports.store.commit(Changes(updates=(disabled(found, reason, now=ports.clock.now()),)))

    await retrying(attempt, clock=ports.clock)


async def read_subscription(subscription_id: SubscriptionId, *, actor: Actor, ports: Ports) -> Subscription:
    """One's own subscription; any of them for admins."""
    _require_role(actor)
    found = await ports.store.subscription(subscription_id)
    if found is None or not found.is_live or not actor.owns(found.owner_id):
        raise NotFound("webhook subscription", subscription_id)
    return found


async def list_subscriptions(page: Page, *, actor: Actor, ports: Ports) -> Items[Subscription]:
    """One's own subscriptions, newest first; everybody's for admins."""
    _require_role(actor)
    return await ports.store.subscriptions(page, owner_id=None if actor.is_admin else actor.user_id)


async def send_ping(
    subscription_id: SubscriptionId, *, actor: Actor, ports: Ports, claim: Claim[Dispatch] | None = None
) -> Dispatch:
    """Have a test event sent. Raises SubscriptionDisabled."""
    found = await read_subscription(subscription_id, actor=actor, ports=ports)
    made = ping(found, now=ports.clock.now(), new_id=ports.ids)
    await ports.store.commit(finishing(Changes(inserts=(made,)), claim, made))
    return made


async def list_deliveries(
    subscription_id: SubscriptionId,
    page: Page,
    *,
    status: DispatchStatus | None = None,
    actor: Actor,
    ports: Ports,
) -> Items[Dispatch]:
    """What was and is to be sent to the subscription, newest first."""
    found = await read_subscription(subscription_id, actor=actor, ports=ports)
    return await ports.store.dispatches_to(
        page, channel=Channel.WEBHOOK, recipient=str(found.id), status=status
    )


async def redeliver(
    subscription_id: SubscriptionId,
    dispatch_id: DispatchId,
    *,
    actor: Actor,
    ports: Ports,
    claim: Claim[Dispatch] | None = None,
) -> Dispatch:
    """Have a parked or sent delivery sent again, with all its attempts before it.

    One that waits stays as it is. Raises SubscriptionDisabled, and IllegalTransition for a dropped one.
    """

    async def attempt() -> Dispatch:
        subscription = await read_subscription(subscription_id, actor=actor, ports=ports)
        found = await ports.store.load_dispatches([dispatch_id])
        if not found or (found[0].channel, found[0].recipient) != (Channel.WEBHOOK, str(subscription.id)):
            raise NotFound("delivery", dispatch_id)
        require_active(subscription)
        again = redelivered(found[0], now=ports.clock.now())
        updates = () if again == found[0] else (again,)
        await ports.store.commit(finishing(Changes(updates=updates), claim, again))
        return again

    return await retrying(attempt, clock=ports.clock)


async def _move(
    subscription_id: SubscriptionId,
    move: Callable[[Subscription], Subscription],
    *,
    actor: Actor,
    ports: Ports,
    claim: Claim[Subscription] | None = None,
) -> Subscription:
    async def attempt() -> Subscription:
        after = move(await read_subscription(subscription_id, actor=actor, ports=ports))
        await ports.store.commit(finishing(Changes(updates=(after,)), claim, after))
        return after

    return await retrying(attempt, clock=ports.clock)


def _require_role(actor: Actor) -> None:
    actor.require(Role.PRACTITIONER, Role.ADMIN)


async def _require_endpoint(url: str, ports: Ports) -> None:
    objection = await ports.endpoints.objection(url)
    if objection is not None:
        raise Invalid("/url", objection)
