"""Giving a paid seat its time. Source: domain.md, "Scheduling"."""

from datetime import datetime

from attrs import evolve, frozen

from core.domain import bookings
from core.domain.bookings import Seat, SeatPayment
from core.domain.changes import Changes, SeatChange
from core.domain.confirming import booking_confirmed
from core.domain.errors import IllegalTransition, Invalid, NotFound, PackageExpired
from core.domain.ids import IdSource, SessionId
from core.domain.planning import claim_of, require_available, require_free
from core.domain.sessions import ServiceSession, SessionType, scheduled_at
from core.domain.statuses import BookingStatus
from core.domain.taking import require_open, standing_offer, taken_seat, with_one_more
from core.domain.views import ScheduleView


@frozen(kw_only=True)
class Scheduled:
    """A seat with its time."""

    changes: Changes
    seat: Seat


def schedule(
    view: ScheduleView,
    *,
    start_time: datetime | None,
    session_id: SessionId | None,
    now: datetime,
    new_id: IdSource,
) -> Scheduled:
    """Schedule a draft seat at a free time, or into a public session of its group service.

    Raises Invalid unless exactly one of the two is given and lies in the future,
    IllegalTransition for a seat that is not a paid draft, PackageExpired, SessionOverlap,
    OutsideAvailability or SessionFull.
    """
    _require_schedulable(view)
    if session_id is not None and start_time is not None:
        raise Invalid("/session_id", "cannot be combined with start_time")
    if session_id is not None:
        return _into_public_session(view, session_id, now=now, new_id=new_id)
    if start_time is None:
        raise Invalid("/start_time", "is required, or session_id for a group service")
    return _at_free_time(view, start_time, now=now, new_id=new_id)


def _require_schedulable(view: ScheduleView) -> None:
    booking = view.seat.booking
    if booking.status is not BookingStatus.DRAFT:
        raise IllegalTransition("booking", booking.status, "schedule")
    if booking.payment_status is not SeatPayment.PAID:
        raise IllegalTransition("booking", "not paid yet", "schedule")


def require_valid_time(view: ScheduleView, start_time: datetime, *, now: datetime, pointer: str) -> None:
    """Invalid for a time that has passed, PackageExpired for one that the order does not reach."""
    if start_time <= now:
        raise Invalid(pointer, "must be in the future")
    expires_at = view.order.expires_at
    if expires_at is not None and (expires_at <= now or start_time >= expires_at):
        raise PackageExpired(expires_at)


def _at_free_time(view: ScheduleView, start_time: datetime, *, now: datetime, new_id: IdSource) -> Scheduled:
    require_valid_time(view, start_time, now=now, pointer="/start_time")
    session = scheduled_at(view.seat.session, start_time, now=now)
    require_free(view.busy, session)
    require_available(view.availability, view.busy, session, now=now)

    booking = bookings.moved(view.seat.booking, "confirm")
    seat = Seat(booking=booking, session=evolve(session, current_participants=1))
    changes = Changes(
        updates=(session, booking),
        seats=(SeatChange(session_id=session.id, seats=1),),
        slots=(claim_of(session, view.availability),),
        events=(booking_confirmed(seat, now=now, new_id=new_id),),
    )
    return Scheduled(changes=changes, seat=seat)


def _into_public_session(
    view: ScheduleView, session_id: SessionId, *, now: datetime, new_id: IdSource
) -> Scheduled:
    target = require_target(view, session_id)
    if target.start_time is None:
        raise Invalid("/session_id", "this session has no time yet")
    require_valid_time(view, target.start_time, now=now, pointer="/session_id")
    offer = standing_offer(view.offer, target, now)
    require_open(target, now, offer=offer)

    booking = evolve(bookings.moved(view.seat.booking, "confirm"), session_id=target.id)
    seat = Seat(booking=booking, session=with_one_more(target, offer))
    taken = taken_seat(target, offer, now)
    changes = evolve(
        taken,
        updates=(booking, *taken.updates),
        removals=(view.seat.session.id,),
        events=(booking_confirmed(seat, now=now, new_id=new_id),),
    )
    return Scheduled(changes=changes, seat=seat)


def require_target(view: ScheduleView, session_id: SessionId) -> ServiceSession:
    """The session asked for: NotFound, or Invalid for one that is not of the seat's own group service."""
    target = view.target
    if target is None:
        raise NotFound("session", session_id)
    group = target.session_type in (SessionType.WORKSHOP, SessionType.COURSE_SESSION)
    if not group or target.service_id != view.seat.booking.service_id:
        raise Invalid("/session_id", "is not a session of this seat's service")
    return target
