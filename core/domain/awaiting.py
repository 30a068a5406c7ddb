"""Seats that go while their payment is disputed: canceled at once, their money when the bank has decided.

What is refunded to a card that its bank then takes the money back for is paid twice. So a seat of a disputed
order that is called off is canceled, and stays paid: its value stays with the order. A dispute that is lost
takes its share of it as of any seat to come (`charging_back`); one that is won or withdrawn lets it go back
in full (`refund_awaiting`).
Source: domain.md, "Cancelling and refunding"; ADR 13.
"""

from datetime import datetime

from attrs import evolve

from core.domain import bookings, earnings
from core.domain.bookings import Seat, SeatPayment
from core.domain.cancelling import Cancellation, cancel_as_quoted, told_of_seat
from core.domain.changes import Changes, SeatChange, summed_seats
from core.domain.ids import IdSource
from core.domain.orders import Destination
from core.domain.refunds import RefundQuote, awaits_refund, is_refundable, quote_awaiting
from core.domain.settling import canceled_private, changed_sessions, counted
from core.domain.views import OrderView

NOTHING = RefundQuote(lines=(), refund_value_cents=0, credits_cents=0, card_cents=0, forfeited_cents=0)


def cancel_and_wait(view: OrderView, *, reason: str | None, now: datetime, new_id: IdSource) -> Cancellation:
    """Cancel every seat of the view that can be; nothing of a disputed order goes back yet."""
    before = tuple(seat for seat in view.seats if is_refundable(seat, in_full=True))
    after = tuple(_canceled(seat, reason, now) for seat in before)
    order = evolve(
        view.order,
        sessions_canceled=view.order.sessions_canceled + len(before),
        version=view.order.version + 1,
    )
    gone = {seat.booking.id for seat in before}
    changes = Changes(
        updates=(
            order,
            *(seat.booking for seat in after),
            *changed_sessions(before, after),
            *(earnings.moved(row, "reverse") for row in view.earnings if row.booking_id in gone),
        ),
        seats=summed_seats(SeatChange(session_id=s.session.id, seats=-1) for s in before if s.occupied),
        events=tuple(told_of_seat(seat, now=now, new_id=new_id) for seat in after),
    )
    return Cancellation(
        changes=changes, quote=NOTHING, order=order, seats=counted(before, after), refund=None
    )


def _canceled(seat: Seat, reason: str | None, now: datetime) -> Seat:
    """A seat that was worth nothing has nothing to wait for."""
    booking = evolve(bookings.moved(seat.booking, "cancel"), cancel_reason=reason, canceled_at=now)
    if booking.session_value_cents == 0:
        booking = evolve(booking, payment_status=SeatPayment.REFUNDED)
    return Seat(booking=booking, session=canceled_private(seat.session))


def refund_awaiting(view: OrderView, *, now: datetime, new_id: IdSource) -> Cancellation | None:
    """Give back in full what waited for the disputes of an order that has none any more; None for nothing."""
    if view.order.is_disputed or not any(awaits_refund(seat) for seat in view.seats):
        return None
    return cancel_as_quoted(
        view,
        quote_awaiting(view),
        destination=Destination.ORIGINAL,
        reason="the session was called off while its payment was disputed",
        now=now,
        new_id=new_id,
    )
