"""`/calendar`: a practitioner's days, and the feed that calendar programs subscribe to."""

import asyncio
from secrets import token_urlsafe
from typing import Annotated, Final
from uuid import UUID

from litestar import delete, get, post
from litestar.params import QueryParameter
from litestar.response import Response

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.auth import Access
from adapters.http.documented import documented, posted
from adapters.http.fields import required_moment
from adapters.http.idempotency import Work, perform, told
from adapters.http.requests import ApiRequest
from adapters.http.views.calendar import CalendarView, FeedView, calendar_item_view
from adapters.http.views.icalendar import icalendar
from core.domain.ids import UserId
from core.usecases.calendar import close_feed, open_feed, read_calendar, read_feed

ICALENDAR: Final = "text/calendar"
TOKEN_BYTES: Final = 32
FEED_FILE: Final = "calendar.ics"

RFC_3339: Final = {"format": "date-time"}

From = Annotated[str, QueryParameter(name="from", description="The start.", schema_extra=RFC_3339)]
To = Annotated[
    str, QueryParameter(name="to", description="The end, which is not included.", schema_extra=RFC_3339)
]
Whose = Annotated[UUID | None, QueryParameter(description="An admin may name a practitioner.")]


@get(
    "/calendar",
    summary="One's sessions of at most 62 days, by start; an admin sees everybody's",
    **documented(returns=CalendarView, example=examples.calendar, problems=(400, 403)),
)
async def listing(
    request: ApiRequest, *, start: From, end: To, practitioner_id: Whose = None
) -> Response[bytes]:
    found = await read_calendar(
        required_moment(start, "/from"),
        required_moment(end, "/to"),
        practitioner_id=None if practitioner_id is None else UserId(practitioner_id),
        actor=request.actor,
        ports=request.ports,
    )
    return shown(CalendarView([calendar_item_view(item) for item in found]))


@post(
    "/calendar/feed",
    summary="Make a new secret address of one's calendar; the old one stops working",
    **posted(returns=FeedView, example=examples.feed, status=201, problems=(403, 404)),
)
async def subscribe(request: ApiRequest) -> Response[bytes]:
    fresh = token_urlsafe(TOKEN_BYTES)
    base = f"{request.base_url}".rstrip("/") + request.scope["path"].removesuffix("/calendar/feed")
    work: Work[str] = Work(
        act=lambda claim: open_feed(fresh, actor=request.actor, ports=request.ports, claim=claim),
        render=lambda token: told(201, FeedView(url=f"{base}/{FEED_FILE}?token={token}", token=token)),
    )
    return await perform(request, work)


@delete(
    "/calendar/feed",
    summary="Let no address open one's calendar any more",
    **documented(returns=None, example=None, status=204, problems=(403,)),
)
async def unsubscribe(request: ApiRequest) -> Response[None]:
    await close_feed(actor=request.actor, ports=request.ports)
    return Response(None, status_code=204)


@get(
    f"/{FEED_FILE}",
    summary="The calendar that a token opens, as an iCalendar file: 90 days back, a year ahead",
    **documented(
        returns=str,
        example=examples.icalendar_file,
        media_type="text/calendar",
        problems=(400, 404),
        access=Access.ANYONE,
    ),
)
async def feed(
    request: ApiRequest,
    token: Annotated[str, QueryParameter(description="The feed's secret.", max_length=255)],
) -> Response[bytes]:
    found = await read_feed(token, ports=request.ports)
    # A year of a busy practice takes a while to write, and others are waiting.
    return Response(await asyncio.to_thread(icalendar, found), media_type=ICALENDAR)


ROUTES: Final = (listing, subscribe, unsubscribe, feed)
