"""A session is called off: every live seat of it goes back in full, each to its own order.

Source: domain.md, "Cancelling and refunding".
"""

from datetime import datetime

from attrs import evolve, frozen

from core.domain import sessions
from core.domain.awaiting import cancel_and_wait
from core.domain.bookings import Seat
from core.domain.cancelling import Cancellation, cancel_in_full
from core.domain.changes import Changes, merged
from core.domain.errors import Conflict
from core.domain.events import EventType, event
from core.domain.ids import IdSource
from core.domain.orders import Order, Payment, Refund
from core.domain.sessions import ServiceSession
from core.domain.statuses import OrderStatus, SessionStatus
from core.domain.views import CancellationView, OrderView


@frozen(kw_only=True)
class CalledOff:
    """A canceled session. `refunds` are those whose card part is still to go through the gateway, each
    with the payment that it goes back to.
    """

    changes: Changes
    session: ServiceSession
    refunds: tuple[tuple[Refund, Payment], ...] = ()


def unpaid(view: CancellationView) -> tuple[Payment, ...]:
    """The payments that must be given up first: those of the orders that still wait for their money."""
    waiting = {order.id for order in view.orders if order.status is OrderStatus.PENDING_PAYMENT}
    return tuple(payment for payment in view.payments if payment.order_id in waiting)


def call_off(view: CancellationView, *, reason: str | None, now: datetime, new_id: IdSource) -> CalledOff:
    """Cancel a session with all of its seats, at 100 %. A second time changes nothing.

    What a bank may still take goes back once it has decided: see `awaiting`.

    A session that went with its lapsed seat is marked, so that the seat's late payment goes back.
    Raises IllegalTransition for a completed session, and Conflict while a seat's payment is
    still undecided.
    """
    if view.session.called_off:
        return CalledOff(changes=Changes(), session=view.session)
    canceled = evolve(sessions.moved(view.session, "cancel"), called_off=True)
    if view.session.status is SessionStatus.CANCELED:
        return CalledOff(changes=Changes(updates=(canceled,)), session=canceled)
    if unpaid(view):
        raise Conflict("a seat of this session still waits for its payment")

    parts = tuple(
        _canceled(_part_of(view, order, canceled), reason=reason, now=now, new_id=new_id)
        for order in view.orders
    )
    told = event(
        new_id,
        EventType.SESSION_CANCELED,
        canceled.id,
        now,
        practitioner_id=canceled.practitioner_id,
        seats=len(view.seats),
    )
    own = Changes(updates=(canceled,), events=(told,))
    emptied = sum(1 for seat in view.seats if seat.occupied)
    return CalledOff(
        changes=merged((own, *(part.changes for part in parts))),
        session=evolve(canceled, current_participants=canceled.current_participants - emptied),
        refunds=tuple(sent for part in parts for sent in _to_send(view, part)),
    )


def _canceled(part: OrderView, *, reason: str | None, now: datetime, new_id: IdSource) -> Cancellation:
    act = cancel_and_wait if part.order.is_disputed else cancel_in_full
    return act(part, reason=reason, now=now, new_id=new_id)


def _part_of(view: CancellationView, order: Order, session: ServiceSession) -> OrderView:
    """The order with its seats in this session alone; as the session goes only once, it is gone already."""
    seats = tuple(
        Seat(booking=seat.booking, session=session)
        for seat in view.seats
        if seat.booking.order_id == order.id
    )
    taken = {seat.booking.id for seat in seats}
    return OrderView(
        order=order,
        seats=seats,
        payments=tuple(payment for payment in view.payments if payment.order_id == order.id),
        earnings=tuple(row for row in view.earnings if row.booking_id in taken),
    )


def _to_send(view: CancellationView, part: Cancellation) -> tuple[tuple[Refund, Payment], ...]:
    made = part.refund
    if made is None or made.card_cents == 0:
        return ()
    return tuple((made, payment) for payment in view.payments if payment.id == made.payment_id)
