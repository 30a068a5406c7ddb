"""What is undecided at the gateway is asked about when its time has come, and not before."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from core.domain.earnings import Payout
from core.domain.ids import PaymentId, PayoutId, RefundId
from core.domain.lookups import next_lookup
from core.domain.orders import Refund
from core.usecases.checkout import resolve_payment
from core.usecases.context import Ports
from core.usecases.payout import load_payout, repair_payout
from core.usecases.settle_payment import Receipt
from core.usecases.settle_refund import load as load_refund
from core.usecases.settle_refund import repair_refund

T = TypeVar("T")


class Undecided(Protocol):
    """A payment, refund or payout."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...


async def look_up_payment(payment_id: PaymentId, *, ports: Ports) -> Receipt | None:
    """Ask what became of a payment and settle it; None while it is too early to ask again."""
    payment = await ports.store.payment(payment_id)
    return await _when_due(payment, lambda: resolve_payment(payment_id, ports=ports), ports)


async def look_up_refund(refund_id: RefundId, *, ports: Ports) -> Refund | None:
    """Ask what became of a refund and settle it; None while it is too early to ask again."""
    made = (await load_refund(refund_id, ports)).refund
    return await _when_due(made, lambda: repair_refund(refund_id, ports=ports), ports)


async def look_up_payout(payout_id: PayoutId, *, ports: Ports) -> Payout | None:
    """Ask what became of a payout and settle it; None while it is too early to ask again."""
    payout = (await load_payout(payout_id, ports)).payout
    return await _when_due(payout, lambda: repair_payout(payout_id, ports=ports), ports)


async def _when_due(made: Undecided | None, look: Callable[[], Awaitable[T]], ports: Ports) -> T | None:
    first = timedelta(seconds=ports.lookup_seconds)
    if made is not None and next_lookup(made.created_at, made.updated_at, first=first) > ports.clock.now():
        return None
    return await look()
