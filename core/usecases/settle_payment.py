"""A gateway's answer reaches its order: from the request, a webhook or the repair sweep alike."""

from attrs import frozen

from core.domain.bookings import Seat
from core.domain.errors import InsufficientCredits, NotFound, SessionFull, SessionOverlap
from core.domain.gateway import ChargeOutcome, Succeeded
from core.domain.ids import PaymentId
from core.domain.orders import Order, Payment
from core.domain.settling import Settlement, return_late_payment, settle
from core.domain.statuses import OrderStatus
from core.domain.views import OrderView
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, closing
from core.usecases.context import Ports
from core.usecases.lines import pass_on
from core.usecases.settle_refund import send_refund
from ports.errors import AlreadyExists


@frozen(kw_only=True)
class Receipt:
    """What a purchase came to. A declined card shows as a failed payment of a canceled order."""

    order: Order
    seats: tuple[Seat, ...]
    payment: Payment | None


async def settle_payment(
    payment_id: PaymentId,
    outcome: ChargeOutcome,
    *,
    ports: Ports,
    view: OrderView | None = None,
    claim: Claim[Receipt] | None = None,
) -> Receipt:
    """Apply the gateway's answer, once. `view` spares the first load when it is known already."""
    known = [view] if view is not None else []

    async def attempt() -> Settlement:
        loaded = known.pop() if known else await load(payment_id, ports)
        return await _settle(loaded, payment_id, outcome, ports=ports, claim=claim)

    settlement = await retrying(attempt, clock=ports.clock)
    await pass_on(settlement.changes, (seat.session for seat in settlement.seats), ports=ports)
    if settlement.refund is not None:
        await send_refund(settlement.refund, settlement.payment, ports=ports)
    return receipt_of(settlement)


async def load(payment_id: PaymentId, ports: Ports) -> OrderView:
    """The order of a payment, or NotFound."""
    view = await ports.store.load_payment(payment_id)
    if view is None:
        raise NotFound("payment", payment_id)
    return view


async def _settle(
    view: OrderView,
    payment_id: PaymentId,
    outcome: ChargeOutcome,
    *,
    ports: Ports,
    claim: Claim[Receipt] | None,
) -> Settlement:
    try:
        settlement = settle(view, payment_id, outcome, now=ports.clock.now(), new_id=ports.ids)
        await _commit(settlement, ports=ports, claim=claim)
    except (SessionFull, SessionOverlap, InsufficientCredits, AlreadyExists):
        # AlreadyExists: the buyer has bought the same seat again meanwhile.
        if not isinstance(outcome, Succeeded) or view.order.status is not OrderStatus.CANCELED:
            raise
        settlement = return_late_payment(view, payment_id, outcome, now=ports.clock.now(), new_id=ports.ids)
        await _commit(settlement, ports=ports, claim=claim)
    return settlement


async def _commit(settlement: Settlement, *, ports: Ports, claim: Claim[Receipt] | None) -> None:
    changes = closing(settlement.changes, claim, settlement.order.id, receipt_of(settlement))
    await ports.store.commit(changes)


def receipt_of(settlement: Settlement) -> Receipt:
    """The settlement as its buyer sees it."""
    return Receipt(order=settlement.order, seats=settlement.seats, payment=settlement.payment)
