"""A gateway's answer reaches its order: from the request, a webhook or the repair sweep alike."""

from attrs import frozen

from core.domain.availability import Availability
from core.domain.bookings import Seat
from core.domain.errors import (
    InsufficientCredits,
    NotFound,
    OutsideAvailability,
    SessionFull,
    SessionOverlap,
)
from core.domain.gateway import ChargeOutcome, Succeeded
from core.domain.ids import PaymentId
from core.domain.orders import Order, Payment
from core.domain.settling import Settlement, is_late, return_late_payment, settle
from core.domain.statuses import OrderStatus
from core.domain.views import OrderView
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, closing
from core.usecases.context import Ports
from core.usecases.lines import pass_on
from core.usecases.settle_refund import send_refund
from ports.errors import AlreadyExists, ConcurrencyConflict


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
    by_hand: bool = False,
    claim: Claim[Receipt] | None = None,
) -> Receipt:
    """Apply the gateway's answer, once. `view` spares the first load when it is known already. `by_hand`:
    somebody gives the order up, who must not find it paid later.
    """
    known = [view] if view is not None else []

    async def attempt() -> Settlement:
        loaded = known.pop() if known else await load(payment_id, ports)
        return await _settle(loaded, payment_id, outcome, ports=ports, by_hand=by_hand, claim=claim)

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
    by_hand: bool,
    claim: Claim[Receipt] | None,
) -> Settlement:
    late = is_late(view, payment_id, outcome)
    availability = await _availability(view, ports) if late else None
    try:
        settlement = settle(
            view,
            payment_id,
            outcome,
            availability=availability,
            by_hand=by_hand,
            now=ports.clock.now(),
            new_id=ports.ids,
        )
        await _commit(settlement, ports=ports, claim=claim)
    except (SessionFull, SessionOverlap, OutsideAvailability, InsufficientCredits, AlreadyExists) as error:
        # AlreadyExists: the buyer has bought the same seat again meanwhile.
        if view.order.status is OrderStatus.PENDING_PAYMENT:
            # What it holds is gone only if somebody else has settled it: look again.
            raise ConcurrencyConflict("the order was settled meanwhile") from error
        if not late or not isinstance(outcome, Succeeded):
            raise
        settlement = return_late_payment(view, payment_id, outcome, now=ports.clock.now(), new_id=ports.ids)
        await _commit(settlement, ports=ports, claim=claim)
    return settlement


async def _availability(view: OrderView, ports: Ports) -> Availability | None:
    """When the practitioner of an order's seats may be booked now; they all have the same one."""
    if not view.seats:
        return None
    practitioner = await ports.store.practitioner(view.seats[0].booking.practitioner_id)
    return None if practitioner is None else practitioner.availability


async def _commit(settlement: Settlement, *, ports: Ports, claim: Claim[Receipt] | None) -> None:
    changes = closing(settlement.changes, claim, settlement.order.id, receipt_of(settlement))
    await ports.store.commit(changes)


def receipt_of(settlement: Settlement) -> Receipt:
    """The settlement as its buyer sees it."""
    return Receipt(order=settlement.order, seats=settlement.seats, payment=settlement.payment)
