"""Sessions of the old system: as they are, with the seats that its bookings take.

Completion belongs to the session: one with a completed booking is completed, whatever it says itself.
"""

from attrs import evolve, frozen

from core.domain.catalogue import Service, Visibility
from core.domain.changes import Changes
from core.domain.ids import SessionId
from core.domain.legacy import words
from core.domain.legacy.appointments import ending
from core.domain.legacy.catalogue import service_of, zone_or_utc
from core.domain.legacy.findings import Finding, Reason, Unfit, adjusted, left_out
from core.domain.legacy.naming import new_id
from core.domain.legacy.pieces import Frame, Piece
from core.domain.legacy.rows import Meeting, OldSession, Table
from core.domain.sessions import ServiceSession, SessionType, next_reminder
from core.domain.statuses import SessionStatus

_DRAFT, _SCHEDULED, _COMPLETED = SessionStatus.DRAFT, SessionStatus.SCHEDULED, SessionStatus.COMPLETED


@frozen(kw_only=True)
class Met:
    """A session as it will be, but for its count of participants, and what was changed of it."""

    session: ServiceSession
    findings: tuple[Finding, ...] = ()


def meet(meeting: Meeting, frame: Frame) -> Met:
    """What a session becomes. Raises Unfit."""
    old = meeting.session
    service = _held_for(meeting, frame)
    status, findings = _status(meeting, frame)
    moved_away = status is _DRAFT and old.id in frame.unscheduled_sessions
    start = None if moved_away else old.start_time
    end = None if start is None else ending(start, old.end_time, service.duration_minutes)
    kind = words.SESSION_TYPES[service.service_type]
    individual = kind is SessionType.INDIVIDUAL
    session = ServiceSession(
        id=SessionId(new_id(Table.SESSIONS, old.id)),
        service_id=service.id,
        practitioner_id=service.practitioner_id,
        session_type=kind,
        visibility=_visibility(old, Visibility.PRIVATE if individual else Visibility.PUBLIC),
        status=status,
        start_time=start,
        end_time=end,
        actual_start_time=(old.actual_start_time or start) if status is _COMPLETED else old.actual_start_time,
        actual_end_time=(old.actual_end_time or end) if status is _COMPLETED else None,
        timezone=zone_or_utc(old.timezone),
        duration_minutes=service.duration_minutes,
        max_participants=max(1, old.max_participants),
        sequence_number=_sequence_number(meeting, kind),
        next_reminder_at=None
        if start is None or status is not _SCHEDULED
        else next_reminder(start, after=frame.at),
        created_at=service.created_at,
    )
    return Met(session=session, findings=findings)


def _held_for(meeting: Meeting, frame: Frame) -> Service:
    old = meeting.session
    if meeting.offer is None:
        detail = f"its service {old.service_id} is missing"
        raise Unfit(Table.SESSIONS, old.id, Reason.ROW_MISSING, detail)
    try:
        return service_of(meeting.offer, frame)
    except Unfit as unfit:
        raise Unfit(Table.SESSIONS, old.id, Reason.SERVICE_QUARANTINED, str(unfit)) from unfit


def _status(meeting: Meeting, frame: Frame) -> tuple[SessionStatus, tuple[Finding, ...]]:
    old = meeting.session
    status = words.SESSIONS.get(old.status)
    if status is None:
        raise Unfit(Table.SESSIONS, old.id, Reason.UNKNOWN_WORD, f"status {old.status!r} is unknown")
    if meeting.completed > 0 and status is not _COMPLETED:
        detail = f"{old.status!r}, though {meeting.completed} of its bookings are completed"
        if old.start_time is None:
            raise Unfit(Table.SESSIONS, old.id, Reason.COMPLETED_WITHOUT_TIME, detail)
        return _COMPLETED, (adjusted(Table.SESSIONS, old.id, Reason.COMPLETED_BY_A_SEAT, detail),)
    if old.id in frame.unscheduled_sessions:
        detail = f"another one of its practitioner's keeps {_time(old)}: it has no time now"
        return _DRAFT, (adjusted(Table.SESSIONS, old.id, Reason.DOUBLE_BOOKED, detail),)
    if old.start_time is None and status is _COMPLETED:
        detail = "completed at no time"
        raise Unfit(Table.SESSIONS, old.id, Reason.COMPLETED_WITHOUT_TIME, detail)
    if old.start_time is None and status is not SessionStatus.CANCELED and status is not _DRAFT:
        detail = f"{old.status!r} without a time: a draft"
        return _DRAFT, (adjusted(Table.SESSIONS, old.id, Reason.WITHOUT_TIME, detail),)
    return status, ()


def _time(old: OldSession) -> str:
    return "" if old.start_time is None else old.start_time.isoformat(timespec="minutes")


def _visibility(old: OldSession, default: Visibility) -> Visibility:
    return words.VISIBILITIES.get(old.visibility or "", default)


def _sequence_number(meeting: Meeting, kind: SessionType) -> int | None:
    """The class's number in its course, by time where the old system has none."""
    given = meeting.session.sequence_number
    if given is not None or kind is not SessionType.COURSE_SESSION:
        return given
    return meeting.position or None


def held(meeting: Meeting, seat_shift: int, frame: Frame) -> Piece:
    """A session with its seats: those of its old bookings, and `seat_shift` more that they turn out to take.

    A session that was oversold is widened: everybody keeps their seat.
    """
    old = meeting.session
    try:
        met = meet(meeting, frame)
    except Unfit as unfit:
        return Piece(findings=(left_out(unfit.table, unfit.id, unfit.reason, unfit.detail),))
    taken = meeting.occupied + seat_shift
    room = max(taken, met.session.max_participants)
    session = evolve(met.session, current_participants=taken, max_participants=room)
    findings = met.findings
    if room != met.session.max_participants:
        detail = f"{taken} seats are taken of {old.max_participants}"
        findings = (*findings, adjusted(Table.SESSIONS, old.id, Reason.SESSION_WIDENED, detail))
    return Piece(changes=Changes(inserts=(session,)), mapped=((Table.SESSIONS, old.id),), findings=findings)
