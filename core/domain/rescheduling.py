"""A seat or a whole session moves to another time; payment and booking stay what they are.

Source: domain.md, "Scheduling". A holder may move a seat while its policy would still refund all of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain import sessions
from core.domain.bookings import Seat, SeatPayment
from core.domain.changes import Changes, SeatChange, summed_seats
from core.domain.earnings import Earnings
from core.domain.errors import IllegalTransition, Invalid, TooLateToReschedule
from core.domain.events import Event, EventType, event
from core.domain.ids import IdSource, OrderId, SessionId
from core.domain.offering import MAX_DURATION_MINUTES, numbered
from core.domain.orders import Order
from core.domain.planning import claim_of, require_available, require_free
from core.domain.refunds import refund_percent
from core.domain.scheduling import Scheduled, require_target, require_valid_time
from core.domain.sessions import ServiceSession, SessionType, next_reminder
from core.domain.statuses import BookingStatus, EarningsStatus, SessionStatus
from core.domain.taking import require_open, standing_offer, taken_seat, with_one_more
from core.domain.views import DeliveryView, ScheduleView


@frozen(kw_only=True)
class Rescheduled:
    """A session at its new time."""

    changes: Changes
    session: ServiceSession


def reschedule_seat(
    view: ScheduleView,
    *,
    start_time: datetime | None,
    session_id: SessionId | None,
    by_policy: bool,
    now: datetime,
    new_id: IdSource,
) -> Scheduled:
    """Move a scheduled seat to another time, or into another session of its group service.

    To where it is already it moves without a change. `by_policy` holds the holder to the notice
    that the policy asks for. Raises Invalid, IllegalTransition for a seat that is not scheduled
    or has begun, TooLateToReschedule, PackageExpired, SessionOverlap, OutsideAvailability or
    SessionFull.
    """
    _require_movable(view.seat)
    if session_id is not None and start_time is not None:
        raise Invalid("/session_id", "cannot be combined with start_time")
    if start_time is None and session_id is None:
        raise Invalid("/start_time", "is required, or session_id for a group service")
    if session_id == view.seat.session.id or start_time == view.seat.session.start_time:
        return Scheduled(changes=Changes(), seat=view.seat)
    if by_policy:
        _require_notice(view, now)
    if session_id is not None:
        return _into_another_session(view, session_id, now=now, new_id=new_id)
    if start_time is None:
        raise AssertionError("one of the two is given")
    return _to_another_time(view, start_time, now=now, new_id=new_id)


def _require_movable(seat: Seat) -> None:
    booking, session = seat.booking, seat.session
    if booking.status is not BookingStatus.CONFIRMED:
        raise IllegalTransition("booking", booking.status, "reschedule")
    if booking.payment_status is not SeatPayment.PAID:
        raise IllegalTransition("booking", "not paid", "reschedule")
    if session.status is not SessionStatus.SCHEDULED:
        raise IllegalTransition("session", session.status, "reschedule")


def _require_notice(view: ScheduleView, now: datetime) -> None:
    policy = view.order.terms.cancellation_policy
    if refund_percent(policy, start_time=view.seat.session.start_time, now=now) < 100:
        raise TooLateToReschedule("a seat can be moved only as long as canceling it would refund all of it")


def _to_another_time(
    view: ScheduleView, start_time: datetime, *, now: datetime, new_id: IdSource
) -> Scheduled:
    old = view.seat.session
    if old.session_type is not SessionType.INDIVIDUAL:
        raise Invalid("/start_time", "a seat in a group session moves into another one: name its session_id")
    require_valid_time(view, start_time, now=now, pointer="/start_time")
    session = _at(old, start_time, start_time + timedelta(minutes=old.duration_minutes), now=now)
    require_free(view.busy, session)
    require_available(view.availability, view.busy, session, now=now)

    seat = Seat(booking=view.seat.booking, session=session)
    changes = Changes(
        updates=(session, *_earnings_after(view, session)),
        slots=(claim_of(session, view.availability),),
        events=(_seat_moved(seat, now=now, new_id=new_id),),
    )
    return Scheduled(changes=changes, seat=seat)


def _into_another_session(
    view: ScheduleView, session_id: SessionId, *, now: datetime, new_id: IdSource
) -> Scheduled:
    target = require_target(view, session_id)
    if target.start_time is None:
        raise Invalid("/session_id", "this session has no time yet")
    require_valid_time(view, target.start_time, now=now, pointer="/session_id")
    offer = standing_offer(view.offer, target, now)
    require_open(target, now, offer=offer)

    old, booking = view.seat.session, view.seat.booking
    moved = evolve(booking, session_id=target.id, version=booking.version + 1)
    seat = Seat(booking=moved, session=with_one_more(target, offer))
    taken = taken_seat(target, offer, now)
    changes = Changes(
        updates=(_left(old), moved, *_earnings_after(view, target), *taken.updates),
        seats=summed_seats((SeatChange(session_id=old.id, seats=-1), *taken.seats)),
        events=(_seat_moved(seat, now=now, new_id=new_id),),
    )
    return Scheduled(changes=changes, seat=seat)


def _left(session: ServiceSession) -> ServiceSession:
    """The session that the seat leaves: a private one goes with it. Either way its version moves, so
    that it cannot be completed with this seat at the same time.
    """
    if session.session_type is SessionType.INDIVIDUAL:
        return sessions.moved(session, "cancel")
    return evolve(session, version=session.version + 1)


def _earnings_after(view: ScheduleView, session: ServiceSession) -> tuple[Earnings, ...]:
    return () if view.earnings is None else _following((view.earnings,), session, (view.order,))


def _following(
    earnings: Sequence[Earnings], session: ServiceSession, orders: Sequence[Order]
) -> tuple[Earnings, ...]:
    """Projected earnings, due after the session's new end plus their order's hold."""
    end = session.end_time
    if end is None:
        raise ValueError("a session without a time earns nothing")
    holds: dict[OrderId, int] = {order.id: order.terms.earnings_hold_hours for order in orders}
    return tuple(
        evolve(
            row,
            session_id=session.id,
            available_after=end + timedelta(hours=holds[row.order_id]),
            version=row.version + 1,
        )
        for row in earnings
        if row.status is EarningsStatus.PROJECTED
    )


def reschedule_session(
    view: DeliveryView,
    *,
    start_time: datetime,
    end_time: datetime | None,
    classes: Sequence[ServiceSession] = (),
    now: datetime,
    new_id: IdSource,
) -> Rescheduled:
    """Move a whole session, for its own duration unless `end_time` says otherwise; all seats come along.

    `classes` are a course's other classes, which number themselves anew. No notice is asked of a
    practitioner, and a package's `expires_at` does not hold it up. To where it is already it moves
    without a change. Raises Invalid, or IllegalTransition for a session that is not scheduled; an
    individual one claims its new time.
    """
    old = view.session
    if old.status is not SessionStatus.SCHEDULED:
        raise IllegalTransition("session", old.status, "reschedule")
    end = end_time or start_time + timedelta(minutes=old.duration_minutes)
    if (start_time, end) == (old.start_time, old.end_time):
        return Rescheduled(changes=Changes(), session=old)
    if start_time <= now:
        raise Invalid("/start_time", "must be in the future")
    if not timedelta(minutes=1) <= end - start_time <= timedelta(minutes=MAX_DURATION_MINUTES):
        raise Invalid("/end_time", "must be a minute to a day after the start")

    session = _at(old, start_time, end, now=now)
    renumbered: tuple[ServiceSession, ...] = ()
    if session.session_type is SessionType.COURSE_SESSION:
        session, renumbered = numbered(session, classes)
    changes = Changes(
        updates=(session, *renumbered, *_following(view.earnings, session, view.orders)),
        slots=(claim_of(session),) if session.session_type is SessionType.INDIVIDUAL else (),
        events=(
            _session_moved(old, session, now=now, new_id=new_id),
            *(
                _seat_moved(
                    Seat(booking=seat.booking, session=session), with_session=True, now=now, new_id=new_id
                )
                for seat in view.seats
            ),
        ),
    )
    return Rescheduled(changes=changes, session=session)


def _at(
    session: ServiceSession, start_time: datetime, end_time: datetime, *, now: datetime
) -> ServiceSession:
    return evolve(
        session,
        start_time=start_time,
        end_time=end_time,
        duration_minutes=(end_time - start_time) // timedelta(minutes=1),
        needs_review=False,
        next_reminder_at=next_reminder(start_time, after=now),
        version=session.version + 1,
    )


def _session_moved(old: ServiceSession, session: ServiceSession, *, now: datetime, new_id: IdSource) -> Event:
    return event(
        new_id,
        EventType.SESSION_RESCHEDULED,
        session.id,
        now,
        practitioner_id=session.practitioner_id,
        start_time=session.start_time,
        end_time=session.end_time,
        previous_start_time=old.start_time,
    )


def _seat_moved(seat: Seat, *, with_session: bool = False, now: datetime, new_id: IdSource) -> Event:
    """The event that tells when and where a seat takes place now; `with_session`: all of them moved."""
    return event(
        new_id,
        EventType.BOOKING_RESCHEDULED,
        seat.booking.id,
        now,
        user_id=seat.booking.user_id,
        practitioner_id=seat.booking.practitioner_id,
        order_id=seat.booking.order_id,
        session_id=seat.session.id,
        start_time=seat.session.start_time,
        with_session=int(with_session),
    )
