"""A package runs out: its holders are warned, then the seats that got no time are canceled.

Source: domain.md, "Expiry".
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain.bookings import Seat, SeatPayment
from core.domain.cancelling import cancel_as_quoted
from core.domain.catalogue import OnExpiry
from core.domain.changes import Changes
from core.domain.events import Event, EventType, event
from core.domain.ids import IdSource
from core.domain.ledger import EntryKind
from core.domain.money import percentage_of
from core.domain.orders import Destination, Order, Refund, RefundLine, next_look
from core.domain.refunds import RefundQuote, split_refund
from core.domain.statuses import BookingStatus, OrderStatus
from core.domain.views import OrderView

REASON = "expired"
"""What a booking and a refund give as their reason when a package ran out."""

DAY = timedelta(days=1)


@frozen(kw_only=True)
class Look:
    """What a look at an order's expiry came to: holders told, seats that ran out, and the refund if
    their value went back as credits.
    """

    changes: Changes
    order: Order
    warnings: int = 0
    expired: int = 0
    refund: Refund | None = None


def look(view: OrderView, *, now: datetime, new_id: IdSource) -> Look:
    """Do what is due by now about an order that expires. A second look changes nothing.

    Before `expires_at` each holder of unscheduled seats is told once how many days are left. From
    then on the unscheduled seats are canceled, their value forfeited or returned as credits, by the
    order's terms; seats that have a time stand. While the order is disputed nothing is returned: the end
    of the dispute sets the next look.
    """
    order = view.order
    if order.expiry_due_at is None or order.expiry_due_at > now:
        return Look(changes=Changes(), order=order)
    unscheduled = tuple(seat for seat in view.seats if _is_unscheduled(seat))
    if order.expires_at is None or order.status not in (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED):
        return _looked_at(order, None)
    if now < order.expires_at:
        told = _warnings(order, order.expires_at, unscheduled, now=now, new_id=new_id)
        return _looked_at(order, next_look(order.expires_at, now), told)
    if not unscheduled or _must_wait(order):
        return _looked_at(order, None)
    return _expired(view, unscheduled, now=now, new_id=new_id)


def _must_wait(order: Order) -> bool:
    """Whether value would go back that the buyer's bank may take as well."""
    return order.is_disputed and order.terms.on_expiry is OnExpiry.CREDITS


def _is_unscheduled(seat: Seat) -> bool:
    return seat.booking.status is BookingStatus.DRAFT and seat.booking.payment_status is SeatPayment.PAID


def _looked_at(order: Order, due_at: datetime | None, told: tuple[Event, ...] = ()) -> Look:
    """The order with its next look; nothing else changes."""
    after = evolve(order, expiry_due_at=due_at, version=order.version + 1)
    return Look(changes=Changes(updates=(after,), events=told), order=after, warnings=len(told))


def _warnings(
    order: Order, expires_at: datetime, seats: Sequence[Seat], *, now: datetime, new_id: IdSource
) -> tuple[Event, ...]:
    """One event for each holder; a day that has begun counts as a day left."""
    days_left = -((now - expires_at) // DAY)
    holders = Counter(seat.booking.user_id for seat in seats)
    return tuple(
        event(
            new_id,
            EventType.PACKAGE_EXPIRING,
            order.id,
            now,
            user_id=holder,
            order_id=order.id,
            expires_at=expires_at,
            days_left=days_left,
            sessions=sessions,
        )
        for holder, sessions in holders.items()
    )


def _expired(view: OrderView, seats: tuple[Seat, ...], *, now: datetime, new_id: IdSource) -> Look:
    figures = _figures(view.order, seats)
    gone = cancel_as_quoted(
        view, figures, destination=Destination.CREDITS, reason=REASON, now=now, new_id=new_id
    )
    order = evolve(gone.order, sessions_expired=gone.order.sessions_expired + len(seats), expiry_due_at=None)
    told = event(
        new_id,
        EventType.PACKAGE_EXPIRED,
        order.id,
        now,
        user_id=order.user_id,
        order_id=order.id,
        sessions=len(seats),
        credits_cents=figures.credits_cents,
        forfeited_cents=figures.forfeited_cents,
    )
    changes = evolve(
        gone.changes,
        updates=tuple(order if row is gone.order else row for row in gone.changes.updates),
        events=(*gone.changes.events, told),
    )
    return Look(changes=changes, order=order, expired=len(seats), refund=gone.refund)


def _figures(order: Order, seats: Sequence[Seat]) -> RefundQuote:
    """All of the seats' value back as credits, or none of it, as the order's terms say."""
    percent = 100 if order.terms.on_expiry is OnExpiry.CREDITS else 0
    lines = tuple(
        RefundLine(
            booking_id=seat.booking.id,
            value_cents=seat.booking.session_value_cents,
            refund_percent=percent,
            refund_cents=percentage_of(seat.booking.session_value_cents, percent),
        )
        for seat in seats
    )
    returned = sum(line.refund_cents for line in lines)
    _, paid_by_card = split_refund(order, returned)
    return RefundQuote(
        lines=lines,
        refund_value_cents=returned,
        credits_cents=returned,
        card_cents=0,
        forfeited_cents=sum(line.value_cents for line in lines) - returned,
        card_to_credits_cents=paid_by_card,
        forfeit_as=EntryKind.EXPIRY,
    )
