"""`/sessions/{id}/cancel`: a practitioner calls a session off."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.idempotency import Work, perform, told
from adapters.http.requests import ApiRequest
from adapters.http.resources.bookings import NO_REASON, CancelBody
from adapters.http.views.seats import SessionView, session_view
from core.domain.ids import SessionId
from core.domain.sessions import ServiceSession
from core.usecases.call_off import cancel_session


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
        render=lambda session: told(200, session_view(session)),
    )
    return await perform(request, work)


ROUTES: Final = (cancel,)
