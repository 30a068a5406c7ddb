"""Earnings: what a practitioner is owed for one delivered seat, and when."""

from datetime import datetime

from attrs import evolve, field, frozen

from core.domain.bookings import Booking
from core.domain.errors import NothingToPayOut
from core.domain.ids import BookingId, EarningsId, OrderId, PayoutId, SessionId, UserId
from core.domain.money import commission_of
from core.domain.orders import Order, OrderType
from core.domain.statuses import EarningsStatus, PayoutStatus, transition
from core.domain.time import instant


@frozen(kw_only=True)
class Earnings:
    """One row per seat: `net` = `gross` - `commission`, at the rate frozen with the seat.

    `available_after` ends the hold. `payout_id` names the payout that takes it. While it is `frozen`, by
    a dispute about its order's payment, it is neither released nor paid out.
    """

    id: EarningsId
    practitioner_id: UserId
    booking_id: BookingId
    order_id: OrderId
    session_id: SessionId
    gross_amount_cents: int
    commission_bps: int
    commission_amount_cents: int
    net_amount_cents: int
    currency: str
    status: EarningsStatus
    available_after: datetime = field(converter=instant)
    payout_id: PayoutId | None = None
    frozen: bool = False
    created_at: datetime = field(converter=instant)
    version: int = 1


@frozen(kw_only=True)
class Payout:
    """A transfer of available earnings to their practitioner.

    `amount_cents` = the net amounts of its earnings + `carried_cents` (what corrections of earlier
    payouts carried into this one, mostly clawbacks, so below 0). `reversed_cents` of it were taken back
    at the gateway since, and are owed to the practitioner again.
    """

    id: PayoutId
    practitioner_id: UserId
    status: PayoutStatus
    amount_cents: int
    currency: str
    earnings_count: int
    carried_cents: int = 0
    reversed_cents: int = 0
    destination: str | None = None
    idempotency_key: str
    gateway_ref: str | None = None
    failure_code: str | None = None
    created_at: datetime = field(converter=instant)
    updated_at: datetime = field(converter=instant)
    version: int = 1


def projects_earnings(order: Order) -> bool:
    """Whether the order's seats show projected earnings at once (packages and bundles do not)."""
    return order.order_type in (OrderType.DIRECT, OrderType.COURSE)


def earns(order: Order, booking: Booking) -> bool:
    """Whether delivering this seat owes the practitioner anything."""
    return booking.session_value_cents > 0 or order.terms.complimentary_earnings_cents > 0


def earnings_for(
    order: Order,
    booking: Booking,
    *,
    earnings_id: EarningsId,
    status: EarningsStatus,
    available_after: datetime,
    now: datetime,
    kept_cents: int | None = None,
) -> Earnings:
    """The earnings of one seat: its own value less commission, rounded down.

    A seat of value 0 earns the order's complimentary amount, without commission. `kept_cents` is the
    part of the value that counts where the rest went back to the customer.
    """
    complimentary = booking.session_value_cents == 0
    value = booking.session_value_cents if kept_cents is None else kept_cents
    gross = order.terms.complimentary_earnings_cents if complimentary else value
    rate = 0 if complimentary else booking.commission_bps
    commission = commission_of(gross, rate)
    return Earnings(
        id=earnings_id,
        practitioner_id=booking.practitioner_id,
        booking_id=booking.id,
        order_id=order.id,
        session_id=booking.session_id,
        gross_amount_cents=gross,
        commission_bps=rate,
        commission_amount_cents=commission,
        net_amount_cents=gross - commission,
        currency=order.currency,
        status=status,
        available_after=available_after,
        frozen=order.is_disputed,
        created_at=now,
    )


def moved(earnings: Earnings, move: str) -> Earnings:
    """The earnings' next version after a status move."""
    return evolve(earnings, status=transition(earnings.status, move), version=earnings.version + 1)


def payable(earnings: tuple[Earnings, ...], *, carried_cents: int, minimum_cents: int) -> int:
    """The sum a payout of these available earnings, and of what is carried into it, would transfer.

    Raises NothingToPayOut for none, for less than the minimum, and where a clawback takes it all.
    """
    total = sum(e.net_amount_cents for e in earnings) + carried_cents
    if total <= 0 and carried_cents < 0:
        raise NothingToPayOut(f"{-carried_cents} of earlier payouts were clawed back and come off first")
    if total <= 0:
        raise NothingToPayOut("no earnings are available")
    if total < minimum_cents:
        raise NothingToPayOut(f"{total} available, the minimum payout is {minimum_cents}")
    return total


def payout_key(payout_id: PayoutId) -> str:
    """The gateway's idempotency key for a payout's transfer."""
    return f"tr:{payout_id}"
