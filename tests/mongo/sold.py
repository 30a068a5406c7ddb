"""The commit that the fault tests make."""

from adapters.memory.testing.journal import make_credit_change, make_event, make_idempotency
from adapters.memory.testing.sales import Sale
from core.domain.changes import Changes


def sold(sale: Sale) -> Changes:
    """A sale with everything that is written with it."""
    return Changes(
        inserts=(*sale.rows, make_idempotency(key=str(sale.order.id))),
        credits=(make_credit_change(sale.order.user_id, 10),),
        events=(make_event(sale.order.id),),
    )
