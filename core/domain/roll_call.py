"""What the events of a session's room say of its attendance, as long as nobody has said it by hand.

Source: domain.md, "Delivering and earning".
"""

from collections.abc import Set as AbstractSet
from datetime import timedelta

from attrs import evolve

from core.domain.bookings import Attendance, Booking
from core.domain.ids import UserId
from core.domain.presence import stays
from core.domain.statuses import BookingStatus
from core.domain.views import DeliveryView


def present(view: DeliveryView, *, room_opens: timedelta) -> frozenset[UserId]:
    """Who was in the room while it was the session's: from `room_opens` before its start.

    A try-out on another day, or before the session was moved, is no presence.
    """
    start = view.session.start_time
    if start is None:
        return frozenset()
    found = stays(view.room_events, ended_at=None)
    return frozenset(
        stay.user_id for stay in found if stay.left_at is None or stay.left_at >= start - room_opens
    )


def practitioner_is_missing(view: DeliveryView, came: AbstractSet[UserId]) -> bool:
    """Whether somebody with a seat came and the practitioner never did."""
    if view.session.practitioner_id in came:
        return False
    return any(
        seat.booking.user_id in came for seat in view.seats if seat.booking.status is BookingStatus.CONFIRMED
    )


def called(booking: Booking, came: AbstractSet[UserId]) -> Booking:
    """The booking with the attendance that the room tells of; its next version if that says anything new.

    A room that nobody used tells nothing. What was said by hand stands, also that it is unknown.
    """
    by_hand = booking.attendance is not Attendance.UNKNOWN or booking.attendance_reason is not None
    if by_hand or not came:
        return booking
    told = Attendance.ATTENDED if booking.user_id in came else Attendance.NO_SHOW
    return evolve(booking, attendance=told, version=booking.version + 1)
