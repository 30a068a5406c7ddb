"""What practitioners are told by mail of their own sessions: by whom they are booked, moved and canceled.

What they did themselves they are not told. A course that somebody buys is one mail, and
so is what somebody cancels at once.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from core.domain.bookings import Seat
from core.domain.events import Event, EventType
from core.domain.ids import BookingId, SessionId
from core.domain.notifications import NotificationKind
from core.domain.sessions import SessionType
from core.domain.statuses import BookingStatus
from core.usecases.notices import Fact, Notices, Planner, notice, seat_facts
from ports.store import Store


async def _seat_booked(event: Event, store: Store) -> Notices:
    seat = await _seat_of_another(event, store)
    if seat is None or seat.booking.status is not BookingStatus.CONFIRMED:
        return ()
    together = [seat]
    if seat.session.session_type is SessionType.COURSE_SESSION:
        bought = await store.order_seats(seat.booking.order_id)
        together = [one for one in bought if one.booking.status is BookingStatus.CONFIRMED]
    return _told_once(NotificationKind.SEAT_BOOKED, seat, together)


async def _seat_moved(event: Event, store: Store) -> Notices:
    seat = await _seat_of_another(event, store)
    if (
        seat is None
        or seat.booking.status is not BookingStatus.CONFIRMED
        or event.payload.get("with_session")
    ):
        return ()
    return _told_once(NotificationKind.SEAT_MOVED, seat, [seat])


async def _seat_canceled(event: Event, store: Store) -> Notices:
    """Nothing of seats that had no time: nobody kept one free."""
    if event.payload.get("by_practitioner"):
        return ()
    seat = await _seat_of_another(event, store)
    if seat is None or seat.session.called_off or seat.session.start_time is None:
        return ()
    together = [seat]
    if seat.booking.refund_id is not None:
        bought = await store.order_seats(seat.booking.order_id)
        together = [one for one in bought if _went_with(one, seat)]
    return _told_once(NotificationKind.SEAT_CANCELED, seat, together)


def _went_with(one: Seat, seat: Seat) -> bool:
    had_time = one.session.start_time is not None
    return had_time and one.booking.refund_id == seat.booking.refund_id and not one.completed


async def _session_review(event: Event, store: Store) -> Notices:
    session = await store.session(SessionId(event.subject_id))
    service = None if session is None else await store.service(session.service_id)
    if session is None or service is None or not session.needs_review:
        return ()
    return (
        notice(
            NotificationKind.SESSION_REVIEW,
            str(session.practitioner_id),
            service_name=service.name,
            session_id=session.id,
            start_time=session.start_time,
            seats=event.payload["seats"],
        ),
    )


async def _seat_of_another(event: Event, store: Store) -> Seat | None:
    """The event's seat; None if its practitioner holds it, who hears of it as every holder does."""
    seat = await store.seat(BookingId(event.subject_id))
    if seat is None or seat.booking.user_id == seat.booking.practitioner_id:
        return None
    return seat


def _told_once(kind: NotificationKind, seat: Seat, together: Sequence[Seat]) -> Notices:
    """One mail for all of these, because of the first of them."""
    if together[0].booking.id != seat.booking.id:
        return ()
    session = seat.session
    facts: dict[str, Fact] = {
        "sessions": len(together),
        "taken": session.current_participants,
        "seats": session.max_participants,
    }
    return (notice(kind, str(seat.booking.practitioner_id), **facts, **seat_facts(seat)),)


FOR_PRACTITIONERS: Final[Mapping[EventType, Planner]] = {
    EventType.BOOKING_CONFIRMED: _seat_booked,
    EventType.BOOKING_RESCHEDULED: _seat_moved,
    EventType.BOOKING_CANCELED: _seat_canceled,
    EventType.SESSION_REVIEW_NEEDED: _session_review,
}
