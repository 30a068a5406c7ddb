"""`/webhooks/livekit`: what the room service tells. Not in the document: nobody else may call it."""

from typing import Final

import structlog
from litestar import post
from litestar.response import Response

from adapters.http.auth import Access, Unauthorized
from adapters.http.problems import BadRequest
from adapters.http.requests import ApiRequest
from core.domain.errors import Conflict, IllegalTransition, NotFound
from core.usecases.note_room_event import note_room_event
from ports.errors import Unavailable
from ports.rooms import RoomReport, Unproven

MEDIA_TYPE: Final = "application/webhook+json"
MAX_BODY_BYTES: Final = 1_048_576

log = structlog.get_logger("estuary.http")


@post(
    "/webhooks/livekit",
    status_code=204,
    include_in_schema=False,
    opt={"access": Access.ANYONE},
    request_max_body_size=MAX_BODY_BYTES,
)
async def livekit(request: ApiRequest) -> Response[None]:
    report = await _report(request)
    if report is not None:
        await _note(report, request)
    return Response(None, status_code=204)


async def _report(request: ApiRequest) -> RoomReport | None:
    """What is told, with proof, or a 4xx."""
    read = request.config.room_events
    if read is None:
        raise NotFound("room service", "livekit")
    kind, _, _ = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != MEDIA_TYPE:
        raise BadRequest(415, "unsupported_media_type", f"the body must be {MEDIA_TYPE}")
    try:
        return read(await request.body(), request.headers.get("authorization", ""), request.ports.clock.now())
    except Unproven as error:
        log.warning("room_event_refused", reason=error.detail)
        raise Unauthorized("the event is not proven to be the room service's", error=None) from error


async def _note(report: RoomReport, request: ApiRequest) -> None:
    """Note what is told. What no session wants to know is ignored: telling it again would not help."""
    try:
        await note_room_event(report, actor=None, ports=request.ports)
    except (NotFound, IllegalTransition) as error:
        log.info("room_event_ignored", kind=report.kind, reason=error.detail)
    except Conflict as error:
        raise Unavailable(error.detail) from error


ROUTES: Final = (livekit,)
