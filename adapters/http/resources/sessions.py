"""`/sessions`: the time slots, offered and held."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.auth import Access
from adapters.http.documented import documented, posted
from adapters.http.fields import Count, Moment, Zone, moment_in, optional_moment, require_moment
from adapters.http.idempotency import Work, perform, told
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.requests import ApiRequest, sees
from adapters.http.views.seats import SessionPage, SessionView, session_view
from core.domain.actors import Actor
from core.domain.catalogue import Visibility
from core.domain.errors import NotFound
from core.domain.ids import ServiceId, SessionId
from core.domain.sessions import ServiceSession
from core.usecases.catalogue import NewSession, create_session
from core.usecases.claims import Claim
from core.usecases.deliver import complete_session, start_session
from ports.queries import Page

RFC_3339: Final = {"format": "date-time"}

Since = Annotated[
    str | None, QueryParameter(name="from", description="Starts then or later.", schema_extra=RFC_3339)
]
Until = Annotated[str | None, QueryParameter(name="to", description="Starts earlier.", schema_extra=RFC_3339)]


class NewSessionBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A workshop's date or a class of a course. Left out, the service and its practitioner decide."""

    start_time: Moment
    end_time: Moment | None = None
    timezone: Zone | None = None
    max_participants: Count | None = None
    visibility: Visibility = Visibility.PUBLIC


@post(
    "/services/{service_id:uuid}/sessions",
    summary="Offer a session of a workshop or course",
    **posted(
        returns=SessionView,
        example=examples.session,
        status=201,
        request=NewSessionBody(start_time=examples.AT, max_participants=12),
        problems=(403, 404),
    ),
)
async def offer(
    request: ApiRequest, service_id: FromPath[UUID], data: JSONBody[NewSessionBody]
) -> Response[bytes]:
    command = NewSession(
        service_id=ServiceId(service_id),
        start_time=require_moment(data.start_time, "/start_time"),
        end_time=optional_moment(data.end_time, "/end_time"),
        timezone=data.timezone,
        max_participants=data.max_participants,
        visibility=data.visibility,
    )
    work: Work[ServiceSession] = Work(
        act=lambda claim: create_session(command, actor=request.actor, ports=request.ports, claim=claim),
        render=lambda session: told(201, session_view(session, request.actor)),
    )
    return await perform(request, work)


@get(
    "/sessions",
    summary="Public sessions, the earliest first",
    **documented(
        returns=SessionPage,
        example=examples.listed(examples.session),
        problems=(400,),
        access=Access.OPTIONAL,
    ),
)
async def listing(
    request: ApiRequest,
    *,
    service_id: Annotated[UUID | None, QueryParameter()] = None,
    start: Since = None,
    end: Until = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    found = await request.ports.store.sessions(
        page(limit, cursor),
        service_id=None if service_id is None else ServiceId(service_id),
        start=moment_in(start, "/from"),
        end=moment_in(end, "/to"),
    )
    return shown(items(found, lambda session: session_view(session, request.caller)))


@get(
    "/sessions/{session_id:uuid}",
    summary="One session",
    **documented(returns=SessionView, example=examples.session, problems=(404,), access=Access.OPTIONAL),
)
async def read(request: ApiRequest, session_id: FromPath[UUID]) -> Response[bytes]:
    found = await request.ports.store.session(SessionId(session_id))
    if found is None or not await _may_see(found, request):
        raise NotFound("session", session_id)
    return shown(session_view(found, request.caller))


@post(
    "/sessions/{session_id:uuid}/start",
    summary="Start a session",
    **posted(returns=SessionView, example=examples.session, problems=(403, 404)),
)
async def start_now(request: ApiRequest, session_id: FromPath[UUID]) -> Response[bytes]:
    return await _moved(request, SessionId(session_id), start_session)


@post(
    "/sessions/{session_id:uuid}/complete",
    summary="Complete a session and earn its seats",
    **posted(returns=SessionView, example=examples.session, problems=(403, 404)),
)
async def complete_now(request: ApiRequest, session_id: FromPath[UUID]) -> Response[bytes]:
    return await _moved(request, SessionId(session_id), complete_session)


async def _moved(
    request: ApiRequest, session_id: SessionId, move: Callable[..., Awaitable[ServiceSession]]
) -> Response[bytes]:
    actor: Actor = request.actor

    def act(claim: Claim[ServiceSession] | None) -> Awaitable[Any]:
        return move(session_id, actor=actor, ports=request.ports, claim=claim)

    return await perform(
        request, Work(act=act, render=lambda session: told(200, session_view(session, actor)))
    )


async def _may_see(session: ServiceSession, request: ApiRequest) -> bool:
    """Everyone a public or unlisted session; its practitioner, whoever has or had a seat, and admins a
    private one, a placeholder without a time too.
    """
    if session.visibility is not Visibility.PRIVATE:
        return True
    caller = request.caller
    if caller is None or sees(caller, session.practitioner_id):
        return caller is not None
    ports = request.ports
    held = await ports.store.seats(
        Page(limit=1), user_id=caller.user_id, now=ports.clock.now(), session_id=session.id
    )
    return bool(held.items)


ROUTES: Final = (offer, listing, read, start_now, complete_now)
