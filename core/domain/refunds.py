"""What giving up seats returns: by policy, seat by seat, in the proportion in which it was paid.

A quote runs the same code as the act, so the two cannot differ.
Source: domain.md, "Cancelling and refunding".
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from core.domain.bookings import Attendance, Seat, SeatPayment
from core.domain.catalogue import CancellationTier
from core.domain.errors import Invalid
from core.domain.ids import BookingId
from core.domain.ledger import EntryKind
from core.domain.money import credit_share, percentage_of
from core.domain.orders import Destination, Order, RefundLine
from core.domain.statuses import (
    BookingStatus,
    SessionStatus,
)
from core.domain.views import OrderView


@frozen(kw_only=True)
class RefundQuote:
    """What canceling seats would give back: `refund_value` = `credits` + `card`; the seats' values
    = `refund_value` + `forfeited`. `card_to_credits_cents` of the credits had been paid by card.
    `forfeit_as` is what the entry is called where nothing goes back.
    """

    lines: tuple[RefundLine, ...]
    refund_value_cents: int
    credits_cents: int
    card_cents: int
    forfeited_cents: int
    card_to_credits_cents: int = 0
    forfeit_as: EntryKind = EntryKind.FORFEIT


def refund_percent(policy: Sequence[CancellationTier], *, start_time: datetime | None, now: datetime) -> int:
    """The percentage that a cancellation at `now` returns: the best tier whose notice is met.

    An unscheduled seat returns everything; less notice than every tier asks for returns nothing.
    """
    if start_time is None:
        return 100
    notice = start_time - now
    met = [t.refund_percent for t in policy if notice >= timedelta(hours=t.min_notice_hours)]
    return max(met, default=0)


def is_refundable(seat: Seat, *, in_full: bool) -> bool:
    """Whether the seat still has value to give back: paid, not canceled, its session not over.

    A seat that its holder missed gives nothing, unless the session is called off (`in_full`).
    """
    missed = seat.booking.attendance is Attendance.NO_SHOW
    return (
        seat.booking.status in (BookingStatus.DRAFT, BookingStatus.CONFIRMED)
        and seat.booking.payment_status is SeatPayment.PAID
        and seat.session.status is not SessionStatus.COMPLETED
        and (in_full or not missed)
    )


def is_returnable(seat: Seat) -> bool:
    """Whether a delivered or missed seat still has value that the platform can give back as goodwill."""
    booking = seat.booking
    return seat.completed and booking.payment_status is SeatPayment.PAID and booking.session_value_cents > 0


def awaits_refund(seat: Seat) -> bool:
    """Whether the seat is canceled and its money still waits for the end of a dispute: see `awaiting`."""
    booking = seat.booking
    return booking.status is BookingStatus.CANCELED and booking.payment_status is SeatPayment.PAID


def quote(
    view: OrderView,
    *,
    booking_ids: Collection[BookingId] | None,
    in_full: bool,
    destination: Destination,
    now: datetime,
    delivered_too: bool = False,
) -> RefundQuote:
    """What giving up these seats (all of the order's with None) would return.

    `in_full`: the practitioner or the platform cancels, every seat returns 100 %. Canceled and
    refunded seats give nothing and have no line, nor do unscheduled ones whose package has run out:
    what becomes of those its terms say. Completed ones do with `delivered_too` alone: the platform takes
    the delivery back. Raises Invalid for a seat that is not the order's.
    """
    seats = chosen(view, booking_ids)
    lines = tuple(
        _line(view.order, seat, in_full=in_full, now=now)
        for seat in seats
        if (is_refundable(seat, in_full=in_full) and (in_full or not has_run_out(view.order, seat, now)))
        or (delivered_too and is_returnable(seat))
    )
    return _figures(view.order, lines, destination)


def quote_awaiting(view: OrderView) -> RefundQuote:
    """What the seats whose money waited for a dispute return once it may: everything, as it was paid."""
    lines = tuple(_whole(seat) for seat in view.seats if awaits_refund(seat))
    return _figures(view.order, lines, Destination.ORIGINAL)


def _whole(seat: Seat) -> RefundLine:
    value = seat.booking.session_value_cents
    return RefundLine(booking_id=seat.booking.id, value_cents=value, refund_percent=100, refund_cents=value)


def _figures(order: Order, lines: tuple[RefundLine, ...], destination: Destination) -> RefundQuote:
    value = sum(line.refund_cents for line in lines)
    in_credits, card = split_refund(order, value)
    moved = card if destination is Destination.CREDITS else 0
    return RefundQuote(
        lines=lines,
        refund_value_cents=value,
        credits_cents=in_credits + moved,
        card_cents=card - moved,
        forfeited_cents=sum(line.value_cents for line in lines) - value,
        card_to_credits_cents=moved,
    )


def has_run_out(order: Order, seat: Seat, now: datetime) -> bool:
    """Whether the seat got no time before its package expired: only the expiry may decide on it then."""
    expired = order.expires_at is not None and order.expires_at <= now
    return expired and seat.booking.status is BookingStatus.DRAFT


def chosen(view: OrderView, booking_ids: Collection[BookingId] | None) -> tuple[Seat, ...]:
    """The order's seats with these ids, or all of them."""
    if booking_ids is None:
        return view.seats
    known = {seat.booking.id for seat in view.seats}
    for booking_id in booking_ids:
        if booking_id not in known:
            raise Invalid("/booking_ids", f"booking {booking_id} is not part of this order")
    wanted = set(booking_ids)
    return tuple(seat for seat in view.seats if seat.booking.id in wanted)


def _line(order: Order, seat: Seat, *, in_full: bool, now: datetime) -> RefundLine:
    percent = (
        100
        if in_full
        else refund_percent(order.terms.cancellation_policy, start_time=seat.session.start_time, now=now)
    )
    value = seat.booking.session_value_cents
    return RefundLine(
        booking_id=seat.booking.id,
        value_cents=value,
        refund_percent=percent,
        refund_cents=percentage_of(value, percent),
    )


def split_refund(order: Order, value_cents: int) -> tuple[int, int]:
    """The credits and card parts of the order's next refund, in the proportion in which it was paid.

    Cumulative, so that many partial refunds never drift: the credits returned so far are always
    floor(everything returned so far x credits applied / subtotal). What a lost dispute took back counts
    as returned by card.
    """
    returned_before = order.refunded_credits_cents - order.card_to_credits_cents
    returned_after = credit_share(
        order.returned_cents + value_cents,
        credits_cents=order.credits_applied_cents,
        subtotal_cents=order.subtotal_amount_cents,
    )
    in_credits = max(0, min(returned_after - returned_before, value_cents))
    return in_credits, value_cents - in_credits
