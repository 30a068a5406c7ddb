"""Bookings as seats: of which session, in which status, whether somebody was there.

Times live on sessions alone. A booking in a session of its own service keeps that one; every other gets a
private one with its own times, a draft where it has none.
"""

from datetime import datetime, timedelta

from attrs import evolve, field, frozen

from core.domain.bookings import Attendance
from core.domain.catalogue import Practitioner, Service, Visibility
from core.domain.ids import SessionId
from core.domain.legacy import words
from core.domain.legacy.appointments import ending
from core.domain.legacy.catalogue import zone_or_utc
from core.domain.legacy.findings import Finding, Reason, Unfit, adjusted
from core.domain.legacy.known import Known
from core.domain.legacy.naming import new_id
from core.domain.legacy.pieces import Tally
from core.domain.legacy.rows import OldBooking, Table
from core.domain.sessions import ServiceSession, SessionType, next_reminder
from core.domain.statuses import BookingStatus, SessionStatus

_DRAFT, _CONFIRMED, _CANCELED = BookingStatus.DRAFT, BookingStatus.CONFIRMED, BookingStatus.CANCELED
_SESSION_OF = {
    _DRAFT: SessionStatus.DRAFT,
    _CONFIRMED: SessionStatus.SCHEDULED,
    _CANCELED: SessionStatus.CANCELED,
}
_OVER = SessionStatus.COMPLETED


@frozen(kw_only=True)
class Sitting:
    """A booking's seat. `delivered_at` is when its session was over, None for one to come or canceled.
    `own_session` tells that the session was made for it.
    """

    old: OldBooking
    service: Service
    practitioner: Practitioner
    session: ServiceSession
    own_session: bool
    status: BookingStatus
    attendance: Attendance = Attendance.UNKNOWN
    delivered_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    tally: tuple[Tally, ...] = field(default=())

    @property
    def is_canceled(self) -> bool:
        """Whether the seat was given up."""
        return self.status is _CANCELED

    @property
    def is_to_come(self) -> bool:
        """Whether the seat has a time and is not delivered."""
        return self.status is _CONFIRMED and self.delivered_at is None


@frozen(kw_only=True)
class _Claim:
    """A booking that is to get a session."""

    old: OldBooking
    service: Service
    practitioner: Practitioner
    status: BookingStatus


def sit(old: OldBooking, known: Known, *, given_up: bool) -> Sitting:
    """The seat of a booking; of an order that was never paid it is `given_up`. Raises Unfit."""
    _require_words(old)
    by = (Table.BOOKINGS, old.id)
    service = known.service(old.service_id, by=by)
    seller_id = old.practitioner_id or known.practitioner_of(old.service_id)
    seller = known.practitioner(seller_id, by=by)
    if given_up and old.status in words.SEATED:
        detail = f"{old.status!r}, though its order was never paid"
        raise Unfit(*by, Reason.UNPAID_BUT_TAKEN, detail)
    if not given_up and old.status in words.UNPAID:
        raise Unfit(*by, Reason.UNPAID_BUT_TAKEN, f"{old.status!r}, though its order is paid")
    status = _CANCELED if given_up or old.status in words.CANCELED else _CONFIRMED
    if status is _CONFIRMED and old.status in words.DRAFTS:
        status = _DRAFT
    claim = _Claim(old=old, service=service, practitioner=seller, status=status)
    if old.service_session_id is not None and status is not _DRAFT:
        return _in_session(claim, old.service_session_id, known)
    return _in_private(claim, known)


def _require_words(old: OldBooking) -> None:
    for what, word, allowed in (
        ("status", old.status, words.BOOKINGS),
        ("payment status", old.payment_status, words.PAYMENTS),
    ):
        if word not in allowed:
            raise Unfit(Table.BOOKINGS, old.id, Reason.UNKNOWN_WORD, f"{what} {word!r} is unknown")


def _in_session(claim: _Claim, session_id: int, known: Known) -> Sitting:
    """A seat in an old session."""
    old, status = claim.old, claim.status
    by = (Table.BOOKINGS, old.id)
    session = known.met(session_id, by=by).session
    if status is _CONFIRMED and session.status is SessionStatus.CANCELED:
        detail = f"{old.status!r} in session {session_id}, which is canceled"
        raise Unfit(*by, Reason.SEAT_IN_CANCELED_SESSION, detail)
    if status is _CONFIRMED and session.start_time is None:
        detail = f"{old.status!r} in session {session_id}, which has no time now: a draft"
        moved_away = session_id in known.frame.unscheduled_sessions
        reason = Reason.DOUBLE_BOOKED if moved_away else Reason.WITHOUT_TIME
        placeholder = _in_private(_drafted(claim), known)
        return evolve(placeholder, findings=(adjusted(*by, reason, detail),))
    over = status is _CONFIRMED and session.status is _OVER
    return Sitting(
        old=old,
        service=claim.service,
        practitioner=claim.practitioner,
        session=session,
        own_session=False,
        status=status,
        attendance=_attendance(old, session_id, session, known) if over else Attendance.UNKNOWN,
        delivered_at=session.actual_end_time if over else None,
    )


def _attendance(old: OldBooking, session_id: int, session: ServiceSession, known: Known) -> Attendance:
    """What the room tells: was somebody in it, and was the customer, from a little before the start on."""
    if old.status == words.MISSED:
        return Attendance.NO_SHOW
    if not known.room_used(session_id) or session.start_time is None:
        return Attendance.UNKNOWN
    opens = session.start_time - known.frame.rules.room_opens
    came = any(one.left_at is None or one.left_at >= opens for one in known.presences(session_id))
    return Attendance.ATTENDED if came else Attendance.NO_SHOW


def _drafted(claim: _Claim) -> _Claim:
    return _Claim(old=claim.old, service=claim.service, practitioner=claim.practitioner, status=_DRAFT)


def _in_private(claim: _Claim, known: Known) -> Sitting:
    """A seat in a session for it alone."""
    old, service, seller = claim.old, claim.service, claim.practitioner
    start, findings = _start(claim, known)
    status = _DRAFT if claim.status is _CONFIRMED and start is None else claim.status
    delivered = status is _CONFIRMED and old.status in words.DELIVERED
    end = None if start is None else ending(start, old.end_time, service.duration_minutes)
    over = (old.completed_at or end) if delivered else None
    session = ServiceSession(
        id=SessionId(new_id(Table.BOOKINGS, old.id, "session")),
        service_id=service.id,
        practitioner_id=seller.id,
        session_type=SessionType.INDIVIDUAL,
        visibility=Visibility.PRIVATE,
        status=_OVER if delivered else _SESSION_OF[status],
        start_time=start,
        end_time=end,
        actual_start_time=start if delivered else None,
        actual_end_time=over,
        timezone=zone_or_utc(old.timezone or seller.timezone),
        duration_minutes=service.duration_minutes,
        max_participants=1,
        current_participants=1 if status is _CONFIRMED else 0,
        next_reminder_at=_reminder(start, status, known) if not delivered else None,
        created_at=old.created_at,
    )
    return Sitting(
        old=old,
        service=service,
        practitioner=seller,
        session=session,
        own_session=True,
        status=status,
        attendance=Attendance.NO_SHOW if delivered and old.status == words.MISSED else Attendance.UNKNOWN,
        delivered_at=over,
        findings=findings,
        tally=(Tally.SESSIONS_MADE,),
    )


def _reminder(start: datetime | None, status: BookingStatus, known: Known) -> datetime | None:
    scheduled = status is _CONFIRMED and start is not None
    return next_reminder(start, after=known.frame.at) if scheduled and start is not None else None


def _start(claim: _Claim, known: Known) -> tuple[datetime | None, tuple[Finding, ...]]:
    """When a private session begins, and what has to be said if that is not what the booking says."""
    old = claim.old
    if claim.status is _CONFIRMED and old.status in words.DELIVERED:
        return _delivered_start(claim), ()
    when = "no time" if old.start_time is None else old.start_time.isoformat(timespec="minutes")
    if claim.status is _CONFIRMED and old.id in known.frame.unscheduled_bookings:
        detail = f"another appointment of its practitioner's keeps {when}: it has no time now"
        return _untimed(old, Reason.DOUBLE_BOOKED, detail)
    said = old.status in (words.DRAFTS if old.start_time else words.BUSY_BOOKINGS)
    if said and claim.status is not _CANCELED:
        return _untimed(old, Reason.WITHOUT_TIME, f"{old.status!r} with {when}: a draft without")
    return None if claim.status is _DRAFT else old.start_time, ()


def _untimed(old: OldBooking, reason: Reason, detail: str) -> tuple[None, tuple[Finding, ...]]:
    return None, (adjusted(Table.BOOKINGS, old.id, reason, detail),)


def _delivered_start(claim: _Claim) -> datetime:
    old = claim.old
    if old.start_time is not None:
        return old.start_time
    if old.completed_at is None:
        detail = "completed at no time"
        raise Unfit(Table.BOOKINGS, old.id, Reason.COMPLETED_WITHOUT_TIME, detail)
    return old.completed_at - timedelta(minutes=claim.service.duration_minutes)


def counted_in(old: OldBooking) -> int | None:
    """The id of the old session that counts the booking among its seats."""
    return old.service_session_id if old.status in words.SEATED and not old.is_parent else None
