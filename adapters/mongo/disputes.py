"""Disputes: lists."""

from collections.abc import Sequence

from adapters.mongo.lists import OLDEST_FIRST, Lists
from adapters.mongo.pages import only
from core.domain.disputes import Dispute
from core.domain.ids import OrderId
from core.domain.statuses import DisputeStatus
from ports.queries import Items, Page


class Disputes(Lists):
    """What `ports.queries.Queries` tells of disputes."""

    async def order_disputes(self, order_id: OrderId) -> Sequence[Dispute]:
        """An order's disputes, oldest first."""
        return await self._connection.find(Dispute, {"order_id": order_id}, sort=OLDEST_FIRST)

    async def disputes(self, page: Page, *, status: DisputeStatus | None = None) -> Items[Dispute]:
        """Everybody's disputes, newest first."""
        return await self._newest(Dispute, only(status=status), page)
