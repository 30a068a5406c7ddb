"""Service sessions: the time slots, and the only place where times live."""

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, field, frozen

from core.domain.catalogue import Service, ServiceType, Visibility
from core.domain.ids import ServiceId, SessionId, UserId
from core.domain.statuses import SessionStatus, transition
from core.domain.time import instant, optional_instant


class SessionType(StrEnum):
    INDIVIDUAL = "individual"
    WORKSHOP = "workshop"
    COURSE_SESSION = "course_session"


SESSION_TYPE_OF = {
    ServiceType.SESSION: SessionType.INDIVIDUAL,
    ServiceType.WORKSHOP: SessionType.WORKSHOP,
    ServiceType.COURSE: SessionType.COURSE_SESSION,
}

OPEN_STATUSES = (SessionStatus.DRAFT, SessionStatus.SCHEDULED)
"""A seat can be taken in these only; stores re-check it inside the commit."""

OCCUPYING_STATUSES = (SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS)
"""An individual session in one of these keeps its practitioner busy."""


REMINDERS = (timedelta(hours=24), timedelta(hours=1))
"""How long before a session begins its participants are reminded, the earliest first."""


def next_reminder(start_time: datetime, *, after: datetime) -> datetime | None:
    """The first reminder of a session after a moment; None when they are all past."""
    return next((due for notice in REMINDERS if (due := start_time - notice) > after), None)


@frozen(kw_only=True)
class ServiceSession:
    """A time slot of a service. `end_time` is exclusive; both times are None while unscheduled.

    `current_participants` counts confirmed and unpaid seats, `offered_seats` those held for somebody
    from the waitlist, `waiting_count` who still waits in it. All three are written once at insertion
    and afterwards moved only by `SeatChange`.

    `needs_review` keeps it from being completed by time alone: customers came and the practitioner
    never did. `called_off` tells a session that its practitioner canceled from one that went with its
    seat: no late payment brings it back. `next_reminder_at` follows the start time when it moves.
    """

    id: SessionId
    service_id: ServiceId
    practitioner_id: UserId
    session_type: SessionType
    visibility: Visibility
    status: SessionStatus
    start_time: datetime | None = field(default=None, converter=optional_instant)
    end_time: datetime | None = field(default=None, converter=optional_instant)
    actual_start_time: datetime | None = field(default=None, converter=optional_instant)
    actual_end_time: datetime | None = field(default=None, converter=optional_instant)
    timezone: str
    duration_minutes: int
    max_participants: int
    current_participants: int = 0
    offered_seats: int = 0
    waiting_count: int = 0
    sequence_number: int | None = None
    needs_review: bool = False
    called_off: bool = False
    next_reminder_at: datetime | None = field(default=None, converter=optional_instant)
    created_at: datetime = field(converter=instant)
    version: int = 1

    @property
    def unclaimed_seats(self) -> int:
        """Seats that are neither taken nor offered: the line's, where there is one."""
        return self.max_participants - self.current_participants - self.offered_seats

    @property
    def free_seats(self) -> int:
        """Seats that anybody may take: none while somebody waits."""
        return 0 if self.waiting_count > 0 else self.unclaimed_seats

    @property
    def has_line(self) -> bool:
        """Whether somebody waits for a seat, or has been offered one."""
        return self.waiting_count > 0 or self.offered_seats > 0


def private_session(
    service: Service,
    *,
    session_id: SessionId,
    start_time: datetime | None,
    timezone: str,
    now: datetime,
) -> ServiceSession:
    """A new session for one seat: a placeholder in draft without a time, scheduled with one.

    A scheduled one counts its seat as taken.
    """
    scheduled = start_time is not None
    return ServiceSession(
        id=session_id,
        service_id=service.id,
        practitioner_id=service.practitioner_id,
        session_type=SessionType.INDIVIDUAL,
        visibility=Visibility.PRIVATE,
        status=SessionStatus.SCHEDULED if scheduled else SessionStatus.DRAFT,
        start_time=start_time,
        end_time=None if start_time is None else start_time + timedelta(minutes=service.duration_minutes),
        timezone=timezone,
        duration_minutes=service.duration_minutes,
        max_participants=1,
        current_participants=1 if scheduled else 0,
        next_reminder_at=None if start_time is None else next_reminder(start_time, after=now),
        created_at=now,
    )


def moved(session: ServiceSession, move: str) -> ServiceSession:
    """The session's next version after a status move. Completed or canceled, it needs no review."""
    after = evolve(session, status=transition(session.status, move), version=session.version + 1)
    over = after.status in (SessionStatus.COMPLETED, SessionStatus.CANCELED)
    return evolve(after, needs_review=after.needs_review and not over)


def scheduled_at(session: ServiceSession, start_time: datetime, *, now: datetime) -> ServiceSession:
    """The session's next version, scheduled from `start_time` for its own duration."""
    return evolve(
        moved(session, "schedule"),
        start_time=start_time,
        end_time=start_time + timedelta(minutes=session.duration_minutes),
        next_reminder_at=next_reminder(start_time, after=now),
    )


def overlaps(session: ServiceSession, start_time: datetime, end_time: datetime) -> bool:
    """Whether an individual session keeps its practitioner busy in [start_time, end_time)."""
    return (
        session.session_type is SessionType.INDIVIDUAL
        and session.status in OCCUPYING_STATUSES
        and session.start_time is not None
        and session.end_time is not None
        and session.start_time < end_time
        and session.end_time > start_time
    )
