"""`/waitlist`: waiting for a seat in a full workshop."""

from typing import Annotated, Final
from uuid import UUID

from litestar import delete, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented, posted
from adapters.http.idempotency import Work, perform, told
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.requests import ApiRequest
from adapters.http.views.waitlist import (
    LinePage,
    PlacePage,
    WaitlistEntryView,
    place_view,
    waitlist_entry_view,
)
from core.domain.ids import SessionId, WaitlistId
from core.domain.statuses import WaitlistStatus
from core.domain.waitlist import WaitlistEntry
from core.usecases.waitlist import decline_offer, join_waitlist, leave_waitlist, read_line


@post(
    "/sessions/{session_id:uuid}/waitlist",
    summary="Wait for a seat in a full workshop session",
    description=(
        "The first in line is offered a seat that comes free (`waitlist.offered`), held until "
        "`offer_expires_at`; it is taken by an ordinary checkout, or by scheduling a package's seat into "
        "the session. Then it passes on. 409 `seats_free` where a seat can be booked, `already_waiting`, "
        "`already_booked`, or `waitlist_closed` for a session that is not to come any more."
    ),
    **posted(returns=WaitlistEntryView, example=examples.waitlist_entry, status=201, problems=(403, 404)),
)
async def join(request: ApiRequest, session_id: FromPath[UUID]) -> Response[bytes]:
    work: Work[WaitlistEntry] = Work(
        act=lambda claim: join_waitlist(
            SessionId(session_id), actor=request.actor, ports=request.ports, claim=claim
        ),
        render=lambda entry: told(201, waitlist_entry_view(entry)),
    )
    return await perform(request, work)


@delete(
    "/sessions/{session_id:uuid}/waitlist",
    summary="Stop waiting, or decline the offered seat; a second call changes nothing",
    **documented(returns=None, example=None, status=204, problems=(403, 404, 409)),
)
async def leave(request: ApiRequest, session_id: FromPath[UUID]) -> Response[None]:
    await leave_waitlist(SessionId(session_id), actor=request.actor, ports=request.ports)
    return Response(None, status_code=204)


@get(
    "/sessions/{session_id:uuid}/waitlist",
    summary="Who waits for a seat or is offered one, in order; for the session's practitioner and admins",
    **documented(
        returns=LinePage, example=examples.listed(examples.waitlist_entry), problems=(400, 403, 404)
    ),
)
async def line(
    request: ApiRequest,
    session_id: FromPath[UUID],
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    found = await read_line(
        SessionId(session_id), page(limit, cursor), actor=request.actor, ports=request.ports
    )
    return shown(items(found, waitlist_entry_view))


@get(
    "/waitlist",
    summary="One's own places in lines, newest first",
    **documented(returns=PlacePage, example=examples.listed(examples.place), problems=(400,)),
)
async def listing(
    request: ApiRequest,
    *,
    wanted: Annotated[WaitlistStatus | None, QueryParameter(name="state")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    found = await request.ports.store.places(
        page(limit, cursor), user_id=request.actor.user_id, status=wanted
    )
    return shown(items(found, place_view))


@post(
    "/waitlist/{entry_id:uuid}/decline",
    summary="Decline an offered seat, which passes on to the next in line",
    **posted(returns=WaitlistEntryView, example=examples.waitlist_entry, problems=(404,)),
)
async def decline(request: ApiRequest, entry_id: FromPath[UUID]) -> Response[bytes]:
    work: Work[WaitlistEntry] = Work(
        act=lambda claim: decline_offer(
            WaitlistId(entry_id), actor=request.actor, ports=request.ports, claim=claim
        ),
        render=lambda entry: told(200, waitlist_entry_view(entry)),
    )
    return await perform(request, work)


ROUTES: Final = (join, leave, line, listing, decline)
