"""`/dev/rooms`: a room service to play with, where no real one can be. Only beside a fake gateway."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.fields import Moment, Token, require_moment
from adapters.http.idempotency import Work, perform, told
from adapters.http.requests import ApiRequest
from adapters.http.views.seats import SessionView, session_view
from core.domain.ids import SessionId, UserId
from core.domain.presence import RoomEventKind
from core.domain.sessions import ServiceSession
from core.usecases.note_room_event import note_room_event
from ports.rooms import RoomReport


class RoomEventBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What happened in the room. An `id` that is known changes nothing."""

    id: Token
    kind: RoomEventKind
    user_id: UUID | None = None
    occurred_at: Moment


@post(
    "/dev/rooms/{session_id:uuid}/events",
    summary="Play the room service that tells of a session's room",
    **posted(
        returns=SessionView,
        example=examples.session,
        request=RoomEventBody(
            id="EV_1",
            kind=RoomEventKind.PARTICIPANT_JOINED,
            user_id=examples.CLIENT,
            occurred_at=examples.AT,
        ),
        problems=(403, 404),
    ),
)
async def tell(
    request: ApiRequest, session_id: FromPath[UUID], data: JSONBody[RoomEventBody]
) -> Response[bytes]:
    report = RoomReport(
        id=data.id,
        session_id=SessionId(session_id),
        user_id=None if data.user_id is None else UserId(data.user_id),
        kind=data.kind,
        occurred_at=require_moment(data.occurred_at, "/occurred_at"),
    )
    work: Work[ServiceSession] = Work(
        act=lambda claim: note_room_event(report, actor=request.actor, ports=request.ports, claim=claim),
        render=lambda session: told(200, session_view(session, request.actor)),
    )
    return await perform(request, work)


ROUTES: Final = (tell,)
