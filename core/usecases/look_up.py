"""What is undecided at the gateway is asked about when its time has come, and not before."""

from datetime import datetime, timedelta

from core.domain.earnings import Payout
from core.domain.errors import NotFound
from core.domain.ids import PaymentId, PayoutId, RefundId
from core.domain.lookups import next_lookup
from core.domain.orders import Refund
from core.usecases.checkout import mend_payment
from core.usecases.context import Ports
from core.usecases.payout import load_payout, mend_payout
from core.usecases.settle_payment import Receipt
from core.usecases.settle_refund import load as load_refund
from core.usecases.settle_refund import mend_refund


async def look_up_payment(payment_id: PaymentId, *, ports: Ports) -> Receipt | None:
    """Ask what became of a payment and settle it; None while it is too early to ask again."""
    payment = await ports.store.payment(payment_id)
    if payment is None:
        raise NotFound("payment", payment_id)
    if _is_early(payment.created_at, payment.updated_at, ports):
        return None
    return await mend_payment(payment, ports=ports)


async def look_up_refund(refund_id: RefundId, *, ports: Ports) -> Refund | None:
    """Ask what became of a refund and settle it; None while it is too early to ask again."""
    view = await load_refund(refund_id, ports)
    if _is_early(view.refund.asked_at, view.refund.updated_at, ports):
        return None
    return await mend_refund(view, ports=ports)


async def look_up_payout(payout_id: PayoutId, *, ports: Ports) -> Payout | None:
    """Ask what became of a payout and settle it; None while it is too early to ask again."""
    payout = (await load_payout(payout_id, ports)).payout
    if _is_early(payout.created_at, payout.updated_at, ports):
        return None
    return await mend_payout(payout, ports=ports)


def _is_early(asked_at: datetime, looked_at: datetime, ports: Ports) -> bool:
    first = timedelta(seconds=ports.lookup_seconds)
    return next_lookup(asked_at, looked_at, first=first) > ports.clock.now()
