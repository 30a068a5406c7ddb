"""What a late cancellation keeps back: the platform's, or its practitioner's where the terms say so.

Source: domain.md, "Cancelling and refunding".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain import earnings as earnings_rules
from core.domain.bookings import Seat
from core.domain.earnings import Earnings, earnings_for
from core.domain.ids import BookingId, EarningsId, IdSource
from core.domain.ledger import PLATFORM_COMMISSION, Posting, PostingType, posting, practitioner_account
from core.domain.orders import Order, RefundLine
from core.domain.statuses import EarningsStatus
from core.domain.views import OrderView


@frozen(kw_only=True)
class EarningsAfter:
    """Earnings of canceled seats: what to insert and update; `kept` are those that the practitioner has
    from what customers forfeited.
    """

    inserts: tuple[Earnings, ...] = ()
    updates: tuple[Earnings, ...] = ()
    kept: tuple[Earnings, ...] = ()


def keeps(order: Order, seat: Seat, line: RefundLine) -> bool:
    """Whether the practitioner earns what this canceled seat does not give back.

    Only a seat that had a time: nobody kept one free for a seat without.
    """
    return (
        order.terms.pay_practitioner_on_late_cancel
        and seat.session.start_time is not None
        and line.value_cents > line.refund_cents
    )


def earnings_after(
    view: OrderView,
    seats: Sequence[Seat],
    lines: Mapping[BookingId, RefundLine],
    *,
    now: datetime,
    new_id: IdSource,
) -> EarningsAfter:
    """Reverse what canceled seats would have earned, but for the part that the practitioner keeps:
    its value not given back less commission, pending at once and available after the hold.
    """
    existing = {row.booking_id: row for row in view.earnings}
    inserts: list[Earnings] = []
    updates: list[Earnings] = []
    kept: list[Earnings] = []
    for seat in seats:
        line, row = lines[seat.booking.id], existing.get(seat.booking.id)
        if keeps(view.order, seat, line):
            earned = _kept(view.order, seat, line, row, now=now, new_id=new_id)
            kept.append(earned)
            (inserts if row is None else updates).append(earned)
        elif row is not None:
            updates.append(earnings_rules.moved(row, "reverse"))
    return EarningsAfter(inserts=tuple(inserts), updates=tuple(updates), kept=tuple(kept))


def _kept(
    order: Order, seat: Seat, line: RefundLine, row: Earnings | None, *, now: datetime, new_id: IdSource
) -> Earnings:
    earned = earnings_for(
        order,
        seat.booking,
        earnings_id=EarningsId(new_id()) if row is None else row.id,
        status=EarningsStatus.PENDING,
        available_after=now + timedelta(hours=order.terms.earnings_hold_hours),
        now=now,
        kept_cents=line.value_cents - line.refund_cents,
    )
    if row is None:
        return earned
    pending = earnings_rules.moved(row, "deliver")
    return evolve(earned, status=pending.status, version=pending.version, created_at=row.created_at)


def kept_postings(earned: Earnings, new_id: IdSource) -> tuple[Posting, ...]:
    """What a practitioner keeps of one canceled seat, and the commission on it."""
    return (
        posting(
            new_id,
            practitioner_account(earned.practitioner_id),
            PostingType.EARNINGS,
            earned.net_amount_cents,
            booking_id=earned.booking_id,
        ),
        posting(new_id, PLATFORM_COMMISSION, PostingType.COMMISSION, earned.commission_amount_cents),
    )
