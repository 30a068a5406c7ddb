"""`/sessions/{id}/room-token`: the way into an online session's room."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Response

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.idempotency import Work, noting, perform, told
from adapters.http.requests import ApiRequest
from adapters.http.views.rooms import RoomTokenView, room_token_view
from core.domain.ids import SessionId
from core.usecases.claims import Claim
from core.usecases.enter_room import Entry, enter_room


@post(
    "/sessions/{session_id:uuid}/room-token",
    summary="Get a token for an online session's room",
    description=(
        "For holders of a confirmed seat and the session's practitioner, from a while before the start "
        "until a while after the end. 409 `room_closed` at other times, `no_room` where the session takes "
        "place in person, `rooms_not_configured` where there is no room service."
    ),
    **posted(returns=RoomTokenView, example=examples.room_token, status=201, problems=(403, 404)),
)
async def enter(request: ApiRequest, session_id: FromPath[UUID]) -> Response[bytes]:
    ports = request.ports

    async def act(claim: Claim[Entry] | None) -> Entry:
        entry = await enter_room(SessionId(session_id), actor=request.actor, ports=ports)
        return await noting(claim, entry, ports=ports)

    return await perform(request, Work(act=act, render=lambda entry: told(201, room_token_view(entry))))


ROUTES: Final = (enter,)
