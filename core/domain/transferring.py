"""The remaining sessions of a package go to somebody else; the order and its money stay the buyer's."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from attrs import evolve, frozen

from core.domain.analytics import PACKAGE_TYPES
from core.domain.bookings import Seat, SeatPayment
from core.domain.changes import Changes
from core.domain.errors import (
    IllegalTransition,
    Invalid,
    NothingToTransfer,
    NotTransferable,
    PackageExpired,
)
from core.domain.events import EventType, event
from core.domain.ids import BookingId, IdSource, UserId
from core.domain.orders import Order
from core.domain.refunds import chosen
from core.domain.statuses import BookingStatus, OrderStatus, SessionStatus
from core.domain.views import OrderView


@frozen(kw_only=True)
class Transferred:
    """The seats that changed hands, oldest first."""

    changes: Changes
    order: Order
    seats: tuple[Seat, ...]


def held_by(view: OrderView, user_id: UserId) -> OrderView:
    """The order with the seats of one holder alone: nobody else decides on what was given away."""
    return evolve(view, seats=tuple(seat for seat in view.seats if seat.booking.user_id == user_id))


def transfer(
    view: OrderView,
    *,
    to: UserId,
    booking_ids: Collection[BookingId] | None,
    now: datetime,
    new_id: IdSource,
) -> Transferred:
    """Give seats of a package (all that remain with None) to another user.

    They keep their payment, value, session, policy and expiry. Raises NotTransferable for other
    orders than packages and bundles, IllegalTransition for one that is unpaid or refunded,
    PackageExpired, Invalid for a seat that is not among the view's or is the user's already, and
    NothingToTransfer if one of those named, or each of them, is canceled, over or has begun.
    """
    _require_transferable(view.order, now)
    seats = chosen(view, booking_ids)
    if seats and any(seat.booking.user_id == to for seat in seats if booking_ids is not None):
        raise Invalid("/user_id", "holds one of these seats already")

    remaining = tuple(seat for seat in seats if _remains(seat, now) and seat.booking.user_id != to)
    if not remaining or (booking_ids is not None and len(remaining) < len(seats)):
        raise NothingToTransfer("only seats that are paid and have not begun can go to somebody else")
    after = tuple(_given(seat, to) for seat in remaining)
    givers = Counter(seat.booking.user_id for seat in remaining)
    told = tuple(
        event(
            new_id,
            EventType.PACKAGE_TRANSFERRED,
            view.order.id,
            now,
            order_id=view.order.id,
            from_user_id=giver,
            to_user_id=to,
            seats=count,
        )
        for giver, count in givers.items()
    )
    changes = Changes(updates=tuple(seat.booking for seat in after), events=told)
    return Transferred(changes=changes, order=view.order, seats=after)


def _require_transferable(order: Order, now: datetime) -> None:
    if order.order_type not in PACKAGE_TYPES:
        raise NotTransferable("only the sessions of packages and bundles can go to somebody else")
    if order.status not in (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED):
        raise IllegalTransition("order", order.status, "transfer")
    if order.expires_at is not None and order.expires_at <= now:
        raise PackageExpired(order.expires_at)


def _remains(seat: Seat, now: datetime) -> bool:
    """Whether the seat is paid and still to come: without a time, or with one that has not come."""
    booking, session = seat.booking, seat.session
    if booking.payment_status is not SeatPayment.PAID:
        return False
    if booking.status is BookingStatus.DRAFT:
        return True
    to_come = session.start_time is not None and session.start_time > now
    return booking.status is BookingStatus.CONFIRMED and session.status is SessionStatus.SCHEDULED and to_come


def _given(seat: Seat, to: UserId) -> Seat:
    booking = evolve(seat.booking, user_id=to, version=seat.booking.version + 1)
    return Seat(booking=booking, session=seat.session)
