"""`/sessions/{id}/cancel` and `/reschedule`: a practitioner calls a session off, or moves it."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.fields import Moment, optional_moment, require_moment
from adapters.http.idempotency import Work, perform, told
from adapters.http.requests import ApiRequest
from adapters.http.resources.bookings import NO_REASON, CancelBody
from adapters.http.views.seats import SessionView, session_view
from core.domain.ids import SessionId
from core.domain.sessions import ServiceSession
from core.usecases.call_off import cancel_session
from core.usecases.reschedule import reschedule_session


@post(
    "/sessions/{session_id:uuid}/cancel",
    summary="Cancel a session and refund each of its seats in full",
    description=(
        "Credits are back at once, card refunds go through the gateway right after it. An order that "
        "still waits for its payment is given up as a whole. A second call changes nothing."
    ),
    **posted(
        returns=SessionView,
        example=examples.session,
        request=CancelBody(reason="I am ill"),
        optional_body=True,
        problems=(403, 404),
    ),
)
async def cancel(
    request: ApiRequest, session_id: FromPath[UUID], data: JSONBody[CancelBody] = NO_REASON
) -> Response[bytes]:
    work: Work[ServiceSession] = Work(
        act=lambda claim: cancel_session(
            SessionId(session_id),
            actor=request.actor,
            reason=data.reason,
            ports=request.ports,
            claim=claim,
        ),
        render=lambda session: told(200, session_view(session, request.actor)),
    )
    return await perform(request, work)


class RescheduleBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The new time; without an end the session keeps its duration."""

    start_time: Moment
    end_time: Moment | None = None


@post(
    "/sessions/{session_id:uuid}/reschedule",
    summary="Move a session with all of its seats",
    description="Projected earnings follow; everyone with a seat is told by a `booking.rescheduled` event.",
    **posted(
        returns=SessionView,
        example=examples.session,
        request=RescheduleBody(start_time=examples.AT),
        problems=(403, 404),
    ),
)
async def reschedule(
    request: ApiRequest, session_id: FromPath[UUID], data: JSONBody[RescheduleBody]
) -> Response[bytes]:
    start_time = require_moment(data.start_time, "/start_time")
    end_time = optional_moment(data.end_time, "/end_time")
    work: Work[ServiceSession] = Work(
        act=lambda claim: reschedule_session(
            SessionId(session_id),
            start_time=start_time,
            end_time=end_time,
            actor=request.actor,
            ports=request.ports,
            claim=claim,
        ),
        render=lambda session: told(200, session_view(session, request.actor)),
    )
    return await perform(request, work)


ROUTES: Final = (cancel, reschedule)
