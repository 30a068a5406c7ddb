"""Disputes: each list is one statement."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.engine import Engine
from adapters.sql.lists import page_of
from adapters.sql.literals import is_word
from adapters.sql.rows import DISPUTE
from adapters.sql.tables import disputes
from adapters.sql.views import wanted_id
from core.domain.disputes import Dispute
from core.domain.ids import OrderId
from core.domain.statuses import DisputeStatus
from ports.queries import Cursor, Items, Page


class SqlDisputes:
    """What `ports.queries.Queries` tells of disputes."""

    _engine: Engine

    async def order_disputes(self, order_id: OrderId) -> Sequence[Dispute]:
        """An order's disputes, oldest first."""
        return await self._engine.read(_of_order, order_id)

    async def disputes(self, page: Page, *, status: DisputeStatus | None = None) -> Items[Dispute]:
        """Everybody's disputes, newest first."""
        return await self._engine.read(_page, page, status)


OF_ORDER = (
    sa.select(disputes)
    .where(disputes.c.order_id == wanted_id("order"))
    .order_by(disputes.c.created_at, disputes.c.id)
)


def _of_order(connection: Connection, order_id: OrderId) -> Sequence[Dispute]:
    return DISPUTE.read_all(connection.execute(OF_ORDER, {"order": order_id}))


def _page(connection: Connection, page: Page, status: DisputeStatus | None) -> Items[Dispute]:
    wanted = sa.select(disputes)
    if status is not None:
        wanted = wanted.where(is_word(disputes.c.status, status))
    return page_of(
        connection,
        wanted,
        page,
        at=disputes.c.created_at,
        key=disputes.c.id,
        read=DISPUTE.read,
        place=lambda dispute: Cursor(at=dispute.created_at, id=dispute.id),
    )
