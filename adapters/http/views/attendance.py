"""Attendance as practitioners read it."""

from uuid import UUID

from msgspec import Struct

from adapters.http.fields import Instant
from core.domain.attendance import AttendanceSheet


class ParticipantView(Struct, frozen=True, kw_only=True):
    """A user's presence in the session's room."""

    user_id: UUID
    joined_at: Instant
    left_at: Instant | None
    duration_seconds: int


class AttendanceView(Struct, frozen=True, kw_only=True):
    """Who has a seat, who was there and who was not. Those in neither list are unknown."""

    session_id: UUID
    booked: list[UUID]
    attended: list[UUID]
    no_shows: list[UUID]
    participants: list[ParticipantView]


def attendance_view(sheet: AttendanceSheet) -> AttendanceView:
    """The sheet as it is sent."""
    return AttendanceView(
        session_id=sheet.session_id,
        booked=list(sheet.booked),
        attended=list(sheet.attended),
        no_shows=list(sheet.no_shows),
        participants=[
            ParticipantView(
                user_id=one.user_id,
                joined_at=one.joined_at,
                left_at=one.left_at,
                duration_seconds=one.duration_seconds,
            )
            for one in sheet.participants
        ],
    )
