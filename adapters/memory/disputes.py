"""Disputes in the memory store."""

from collections.abc import Sequence

from adapters.memory.pages import created, page_of, place
from adapters.memory.queries import MemoryQueries
from adapters.memory.tables import ALL
from core.domain.disputes import Dispute
from core.domain.ids import OrderId
from core.domain.statuses import DisputeStatus
from ports.queries import Items, Page


class MemoryDisputes(MemoryQueries):
    """What `ports.queries.Queries` tells of disputes."""

    async def order_disputes(self, order_id: OrderId) -> Sequence[Dispute]:
        """An order's disputes, oldest first."""
        await self._turn()
        tables = self._tables
        return list(tables.disputes.at(tables.orders_disputes.ascending(order_id.int)))

    async def disputes(self, page: Page, *, status: DisputeStatus | None = None) -> Items[Dispute]:
        """Everybody's disputes, newest first."""
        await self._turn()
        tables = self._tables
        rows = tables.disputes.at(tables.all_disputes.descending(ALL, place(page)))
        return page_of((row for row in rows if status in (None, row.status)), page, created)
