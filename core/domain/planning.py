"""Which seats a purchase takes, in which sessions, and what each is worth.

Source: domain.md, "Buying".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from core.domain.availability import Availability
from core.domain.catalogue import Service, ServiceType
from core.domain.changes import SlotClaim
from core.domain.errors import (
    Conflict,
    CourseStarted,
    Invalid,
    NotFound,
    OutsideAvailability,
    SessionOverlap,
)
from core.domain.ids import IdSource, ServiceId, SessionId, UserId
from core.domain.pricing import seat_values
from core.domain.sessions import ServiceSession, overlaps, private_session
from core.domain.slots import is_free_start, spans_of
from core.domain.statuses import SessionStatus
from core.domain.taking import require_open, standing_offer
from core.domain.views import CheckoutView
from core.domain.waitlist import WaitlistEntry


@frozen(kw_only=True)
class Checkout:
    """Buy a service. `start_time` goes with a session, `session_id` with a workshop.

    `credits_to_apply_cents` caps the credits (and asks for them by itself).
    """

    user_id: UserId
    service_id: ServiceId
    payment_method_id: str | None = None
    apply_credits: bool = False
    credits_to_apply_cents: int | None = None
    start_time: datetime | None = None
    session_id: SessionId | None = None
    client_notes: str = ""


@frozen(kw_only=True)
class PlannedSeat:
    """A seat to be bought: of which service, in which session (new or existing), worth what.

    `offer` is the waitlist's offer that is accepted with it.
    """

    service: Service
    session: ServiceSession
    new_session: bool
    value_cents: int
    offer: WaitlistEntry | None = None


def plan(
    view: CheckoutView, command: Checkout, *, now: datetime, new_id: IdSource
) -> tuple[PlannedSeat, ...]:
    """The seats that buying the service makes or takes, in order. Their values sum to its price, or
    with late entry to the price's part for the classes to come.

    Raises Invalid for a field that is missing or does not fit, NotFound, SessionFull,
    SessionOverlap, OutsideAvailability, CourseStarted, or Conflict for a course or package with
    nothing in it.
    """
    match view.service.service_type:
        case ServiceType.SESSION:
            return _plan_individual(view, command, now=now, new_id=new_id)
        case ServiceType.WORKSHOP:
            return _plan_workshop(view, command, now=now)
        case ServiceType.COURSE:
            return _plan_course(view, now=now)
        case _:
            return _plan_placeholders(view, now=now, new_id=new_id)


def _plan_individual(
    view: CheckoutView, command: Checkout, *, now: datetime, new_id: IdSource
) -> tuple[PlannedSeat, ...]:
    if command.start_time is None:
        raise Invalid("/start_time", "is required for a session")
    if command.start_time <= now:
        raise Invalid("/start_time", "must be in the future")

    session = private_session(
        view.service,
        session_id=SessionId(new_id()),
        start_time=command.start_time,
        timezone=view.practitioner.timezone,
        now=now,
    )
    require_free(view.busy, session)
    require_available(view.availability, view.busy, session, now=now)
    return (
        PlannedSeat(
            service=view.service, session=session, new_session=True, value_cents=view.service.price_cents
        ),
    )


def _plan_workshop(view: CheckoutView, command: Checkout, *, now: datetime) -> tuple[PlannedSeat, ...]:
    if command.session_id is None:
        raise Invalid("/session_id", "is required for a workshop")
    if not view.sessions:
        raise NotFound("session", command.session_id)

    session = view.sessions[0]
    offer = standing_offer(view.offer, session, now)
    require_open(session, now, offer=offer)
    return (
        PlannedSeat(
            service=view.service,
            session=session,
            new_session=False,
            value_cents=view.service.price_cents,
            offer=offer,
        ),
    )


def _plan_course(view: CheckoutView, *, now: datetime) -> tuple[PlannedSeat, ...]:
    if not view.sessions:
        raise Conflict("the course has no classes yet")
    begun = {session.id for session in view.sessions if has_begun(session, now)}
    if begun and not view.service.allow_late_entry:
        raise CourseStarted("the course has started and is sold as a whole only")
    if len(begun) == len(view.sessions):
        raise CourseStarted("no class of the course is still to come")

    values = seat_values(view.service, [view.service] * len(view.sessions))
    planned = tuple(
        PlannedSeat(service=view.service, session=session, new_session=False, value_cents=value)
        for session, value in zip(view.sessions, values, strict=True)
        if session.id not in begun
    )
    for seat in planned:
        require_open(seat.session, now)
    return planned


def _plan_placeholders(view: CheckoutView, *, now: datetime, new_id: IdSource) -> tuple[PlannedSeat, ...]:
    parts = {part.id: part for part in view.parts}
    services = [parts[c.service_id] for c in view.service.parts for _ in range(c.quantity)]
    if not services:
        raise Conflict("the package has no sessions")

    values = seat_values(view.service, services)
    return tuple(
        PlannedSeat(
            service=service,
            session=private_session(
                service,
                session_id=SessionId(new_id()),
                start_time=None,
                timezone=view.practitioner.timezone,
                now=now,
            ),
            new_session=True,
            value_cents=value,
        )
        for service, value in zip(services, values, strict=True)
    )


def require_free(busy: Sequence[ServiceSession], session: ServiceSession) -> None:
    """SessionOverlap if any of the practitioner's sessions is in the way of `session`'s time."""
    if session.start_time is None or session.end_time is None:
        return
    if any(overlaps(other, session.start_time, session.end_time) for other in busy if other.id != session.id):
        raise SessionOverlap(session.start_time, session.end_time)


def require_available(
    availability: Availability | None,
    busy: Sequence[ServiceSession],
    session: ServiceSession,
    *,
    now: datetime,
) -> None:
    """OutsideAvailability unless the session's start is one of the practitioner's free start times.

    Without an availability any time will do.
    """
    if availability is None or session.start_time is None or session.end_time is None:
        return
    others = spans_of(other for other in busy if other.id != session.id)
    if not is_free_start(availability, session.start_time, session.end_time, busy=others, now=now):
        raise OutsideAvailability(session.start_time)


def has_begun(session: ServiceSession, now: datetime) -> bool:
    """Whether a class is under way or over, by the clock or because it was started before its time."""
    due = session.start_time is not None and session.start_time <= now
    return due or session.status in (SessionStatus.IN_PROGRESS, SessionStatus.COMPLETED)


def claim_of(session: ServiceSession, availability: Availability | None = None) -> SlotClaim:
    """The claim on the practitioner's time that a scheduled individual session makes, buffers included."""
    if session.start_time is None or session.end_time is None:
        raise ValueError("a session without a time claims none")
    buffer = timedelta(minutes=0 if availability is None else availability.buffer_minutes)
    return SlotClaim(
        practitioner_id=session.practitioner_id,
        session_id=session.id,
        start_time=session.start_time - buffer,
        end_time=session.end_time + buffer,
    )
