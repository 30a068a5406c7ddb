"""Webhook subscriptions in the memory store."""

from collections.abc import Sequence

from adapters.memory.outbox import MemoryOutbox
from adapters.memory.pages import created, page_of, place
from adapters.memory.tables import ALL
from core.domain.dispatches import Channel, Dispatch
from core.domain.ids import SubscriptionId, UserId
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import Subscription
from ports.queries import Items, Page


class MemorySubscriptions(MemoryOutbox):
    """What `ports.queries.Queries` tells of subscriptions, and of what is sent to them."""

    async def subscription(self, subscription_id: SubscriptionId) -> Subscription | None:
        await self._turn()
        return self._tables.subscriptions.get(subscription_id)

    async def subscriptions(self, page: Page, *, owner_id: UserId | None) -> Items[Subscription]:
        """An owner's subscriptions that are not deleted, newest first; everybody's with None."""
        await self._turn()
        tables = self._tables
        if owner_id is None:
            keys = tables.live_subscriptions.descending(ALL, place(page))
        else:
            keys = tables.owners_subscriptions.descending(owner_id.int, place(page))
        return page_of(tables.subscriptions.at(keys), page, created)

    async def subscriptions_about(self, practitioner_id: UserId | None) -> Sequence[Subscription]:
        """The active subscriptions to the practitioner's events and to everybody's."""
        await self._turn()
        tables = self._tables
        return [
            row
            for group in dict.fromkeys((None, practitioner_id))
            for row in tables.subscriptions.at(tables.active_subscriptions.ascending(group))
        ]

    async def dispatches_to(
        self, page: Page, *, channel: Channel, recipient: str, status: DispatchStatus | None = None
    ) -> Items[Dispatch]:
        """What was planned for the recipient on that channel, newest first."""
        await self._turn()
        tables = self._tables
        rows = tables.dispatches.at(
            tables.recipients_dispatches.descending((channel, recipient), place(page))
        )
        return page_of((row for row in rows if status in (None, row.status)), page, created)
