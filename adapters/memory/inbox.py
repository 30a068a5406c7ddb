"""What webhooks told, in the memory store."""

from adapters.memory.pages import page_of, place
from adapters.memory.queries import MemoryQueries
from adapters.memory.tables import ALL
from core.domain.ids import InboxId
from core.domain.inbox import InboxItem
from core.domain.statuses import InboxStatus
from ports.queries import Cursor, Items, Page


class MemoryInbox(MemoryQueries):
    """What `ports.queries.Queries` tells of the inbox."""

    async def inbox_item(self, item_id: InboxId) -> InboxItem | None:
        await self._turn()
        return self._tables.inbox.get(item_id)

    async def inbox_items(self, page: Page, *, status: InboxStatus | None = None) -> Items[InboxItem]:
        """What webhooks told, newest first; with a status those alone."""
        await self._turn()
        tables = self._tables
        if status is None:
            keys = tables.notices_by_time.descending(ALL, place(page))
        else:
            keys = tables.notices_by_status.descending(status, place(page))
        return page_of(tables.inbox.at(keys), page, lambda item: Cursor(at=item.received_at, id=item.id))
