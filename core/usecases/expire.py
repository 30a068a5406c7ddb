"""Packages that run out: one unit of work per order, however many sweeps come by."""

from core.domain.errors import NotFound
from core.domain.expiring import Look, look
from core.domain.ids import OrderId
from core.usecases.attempts import retrying
from core.usecases.context import Ports


async def look_at_expiry(order_id: OrderId, *, ports: Ports) -> Look:
    """Warn an order's holders, or cancel what ran out; nothing if it is not due or was done already."""

    async def attempt() -> Look:
        view = await ports.store.load_order(order_id)
        if view is None:
            raise NotFound("order", order_id)
        looked = look(view, now=ports.clock.now(), new_id=ports.ids)
        if looked.changes.updates:
            await ports.store.commit(looked.changes)
        return looked

    return await retrying(attempt, clock=ports.clock)
