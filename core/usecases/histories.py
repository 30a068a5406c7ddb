"""What happened to an order before, for decisions that take something back."""

from core.domain.errors import NotFound
from core.domain.ids import OrderId, UserId
from core.domain.views import History
from core.usecases.context import Ports


async def load_history(order_id: OrderId, practitioner_id: UserId, ports: Ports) -> History:
    """An order's entries and its practitioner.

    Entries that come later move the order's version, and whatever else is carried the
    practitioner's: a decision made on this misses its commit then.
    """
    practitioner = await ports.store.practitioner(practitioner_id)
    if practitioner is None:
        raise NotFound("practitioner", practitioner_id)
    entries = await ports.store.order_entries(order_id)
    return History(practitioner=practitioner, entries=tuple(entries))
