"""What webhooks told: each read is one statement."""

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.engine import Engine
from adapters.sql.lists import get, page_of
from adapters.sql.rows import INBOX
from adapters.sql.tables import inbox
from core.domain.ids import InboxId
from core.domain.inbox import InboxItem
from core.domain.statuses import InboxStatus
from ports.queries import Cursor, Items, Page


class SqlInbox:
    """What `ports.queries.Queries` tells of the inbox."""

    _engine: Engine

    async def inbox_item(self, item_id: InboxId) -> InboxItem | None:
        """The item with that id."""
        return await self._engine.read(get, INBOX, item_id)

    async def inbox_items(self, page: Page, *, status: InboxStatus | None = None) -> Items[InboxItem]:
        """What webhooks told, newest first; with a status those alone."""
        return await self._engine.read(_items, page, status)


def _items(connection: Connection, page: Page, status: InboxStatus | None) -> Items[InboxItem]:
    told = sa.select(inbox)
    return page_of(
        connection,
        told if status is None else told.where(inbox.c.status == status),
        page,
        at=inbox.c.received_at,
        key=inbox.c.id,
        read=INBOX.read,
        place=lambda item: Cursor(at=item.received_at, id=item.id),
    )
