"""What webhooks told."""

from adapters.mongo.lists import Lists
from adapters.mongo.pages import after, both, only, order_by, page_of
from core.domain.ids import InboxId
from core.domain.inbox import InboxItem
from core.domain.statuses import InboxStatus
from ports.queries import Items, Page


class Inbox(Lists):
    """What `ports.queries.Queries` tells of the inbox."""

    async def inbox_item(self, item_id: InboxId) -> InboxItem | None:
        return await self._connection.get(InboxItem, item_id)

    async def inbox_items(self, page: Page, *, status: InboxStatus | None = None) -> Items[InboxItem]:
        """What webhooks told, newest first; with a status those alone."""
        found = await self._connection.find(
            InboxItem,
            both(only(status=None if status is None else status.value), after(page, "received_at")),
            sort=order_by("received_at"),
            limit=page.limit + 1,
        )
        return page_of(found, page, lambda item: (item.received_at, item.id))
