"""`/sessions/{id}/attendance`: who was there."""

from typing import Final
from uuid import UUID

from litestar import get, put
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented
from adapters.http.fields import Reason
from adapters.http.requests import ApiRequest
from adapters.http.views.attendance import AttendanceView, attendance_view
from core.domain.bookings import Attendance
from core.domain.ids import SessionId, UserId
from core.usecases.attendance import read_attendance, set_attendance


class AttendanceBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Whether somebody was there, and why that is said by hand."""

    attendance: Attendance
    reason: Reason | None = None


@get(
    "/sessions/{session_id:uuid}/attendance",
    summary="Who has a seat, who was there and who was not",
    **documented(returns=AttendanceView, example=examples.attendance, problems=(403, 404)),
)
async def read(request: ApiRequest, session_id: FromPath[UUID]) -> Response[bytes]:
    sheet = await read_attendance(SessionId(session_id), actor=request.actor, ports=request.ports)
    return shown(attendance_view(sheet))


@put(
    "/sessions/{session_id:uuid}/attendance/{user_id:uuid}",
    summary="Set whether somebody was there",
    description=(
        "Until the session is completed it is noted, and completion earns by it. Afterwards it corrects "
        "what was earned, with new ledger entries; what was paid out already comes off the next payout. "
        "409 `payout_under_way` while a payout of it is not settled."
    ),
    **documented(
        returns=AttendanceView,
        example=examples.attendance,
        request=AttendanceBody(attendance=Attendance.NO_SHOW, reason="did not come"),
        problems=(403, 404, 409),
    ),
)
async def save(
    request: ApiRequest, session_id: FromPath[UUID], user_id: FromPath[UUID], data: JSONBody[AttendanceBody]
) -> Response[bytes]:
    sheet = await set_attendance(
        SessionId(session_id),
        UserId(user_id),
        data.attendance,
        reason=data.reason,
        actor=request.actor,
        ports=request.ports,
    )
    return shown(attendance_view(sheet))


ROUTES: Final = (read, save)
