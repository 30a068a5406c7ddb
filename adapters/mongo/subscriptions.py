"""Webhook subscriptions, and what is sent to them: each read is one query."""

from collections.abc import Sequence

from adapters.mongo.indexes import ACTIVE_SUBSCRIPTION, LIVE_SUBSCRIPTION
from adapters.mongo.outbox import Outbox
from adapters.mongo.pages import after, both, only, order_by, page_of
from core.domain.dispatches import Channel, Dispatch
from core.domain.ids import SubscriptionId, UserId
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import Subscription
from ports.queries import Items, Page


class Subscriptions(Outbox):
    """What `ports.queries.Queries` tells of subscriptions, and of what is sent to them."""

    async def subscription(self, subscription_id: SubscriptionId) -> Subscription | None:
        return await self._connection.get(Subscription, subscription_id)

    async def subscriptions(self, page: Page, *, owner_id: UserId | None) -> Items[Subscription]:
        """An owner's subscriptions that are not deleted, newest first; everybody's with None."""
        found = await self._connection.find(
            Subscription,
            both(LIVE_SUBSCRIPTION | only(owner_id=owner_id), after(page, "created_at")),
            sort=order_by("created_at"),
            limit=page.limit + 1,
        )
        return page_of(found, page, lambda row: (row.created_at, row.id))

    async def subscriptions_about(self, practitioner_id: UserId | None) -> Sequence[Subscription]:
        """The active subscriptions to the practitioner's events and to everybody's."""
        whose = {"practitioner_id": {"$in": list({None, practitioner_id})}}
        return await self._connection.find(Subscription, ACTIVE_SUBSCRIPTION | whose)

    async def dispatches_to(
        self, page: Page, *, channel: Channel, recipient: str, status: DispatchStatus | None = None
    ) -> Items[Dispatch]:
        """What was planned for the recipient on that channel, newest first."""
        theirs = only(channel=channel.value, recipient=recipient, status=status)
        found = await self._connection.find(
            Dispatch,
            both(theirs, after(page, "created_at")),
            sort=order_by("created_at"),
            limit=page.limit + 1,
        )
        return page_of(found, page, lambda row: (row.created_at, row.id))
