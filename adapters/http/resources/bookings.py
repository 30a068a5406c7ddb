"""`/bookings`: seats, their times, and giving one up."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Final, Protocol
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented, posted
from adapters.http.fields import Moment, Reason, optional_moment
from adapters.http.idempotency import Work, perform, told
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.requests import ApiRequest, sees
from adapters.http.resources.orders import buyer
from adapters.http.resources.refunds import settled_refund
from adapters.http.views.refunds import CanceledView, canceled_view
from adapters.http.views.seats import BookingPage, BookingView, booking_view
from core.domain.actors import Actor
from core.domain.bookings import Seat
from core.domain.errors import NotFound
from core.domain.ids import BookingId, OrderId, SessionId
from core.usecases.claims import Claim
from core.usecases.context import Ports
from core.usecases.refund import CanceledSeat, cancel_booking
from core.usecases.reschedule import reschedule_booking
from core.usecases.schedule import schedule
from ports.queries import BookingState


class ScheduleBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A free time, or a public session of a group service."""

    start_time: Moment | None = None
    session_id: UUID | None = None


class CancelBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Why, if one likes to say."""

    reason: Reason | None = None


NO_REASON: Final = CancelBody()


class _Place(Protocol):
    """Gives a seat a time, or a place in a public session."""

    def __call__(
        self,
        booking_id: BookingId,
        *,
        actor: Actor,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
        ports: Ports,
        claim: Claim[Seat] | None = None,
    ) -> Awaitable[Seat]: ...


async def _placed(
    request: ApiRequest, booking_id: UUID, data: ScheduleBody, place: _Place
) -> Response[bytes]:
    start_time = optional_moment(data.start_time, "/start_time")
    session_id = None if data.session_id is None else SessionId(data.session_id)
    work: Work[Seat] = Work(
        act=lambda claim: place(
            BookingId(booking_id),
            actor=request.actor,
            start_time=start_time,
            session_id=session_id,
            ports=request.ports,
            claim=claim,
        ),
        render=lambda seat: told(200, booking_view(seat)),
    )
    return await perform(request, work)


@get(
    "/bookings",
    summary="One's bookings, newest first; an admin may name another user",
    **documented(returns=BookingPage, example=examples.listed(examples.booking), problems=(400, 403)),
)
async def listing(
    request: ApiRequest,
    *,
    wanted: Annotated[BookingState | None, QueryParameter(name="state")] = None,
    order_id: Annotated[UUID | None, QueryParameter()] = None,
    session_id: Annotated[UUID | None, QueryParameter()] = None,
    user_id: Annotated[UUID | None, QueryParameter()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    found = await request.ports.store.seats(
        page(limit, cursor),
        user_id=buyer(request, user_id) or request.actor.user_id,
        now=request.ports.clock.now(),
        state=wanted,
        order_id=None if order_id is None else OrderId(order_id),
        session_id=None if session_id is None else SessionId(session_id),
    )
    return shown(items(found, booking_view))


@get(
    "/bookings/{booking_id:uuid}",
    summary="One booking",
    **documented(returns=BookingView, example=examples.booking, problems=(404,)),
)
async def read(request: ApiRequest, booking_id: FromPath[UUID]) -> Response[bytes]:
    seat = await request.ports.store.seat(BookingId(booking_id))
    if seat is None or not sees(request.actor, seat.booking.user_id, seat.booking.practitioner_id):
        raise NotFound("booking", booking_id)
    return shown(booking_view(seat))


@post(
    "/bookings/{booking_id:uuid}/schedule",
    summary="Give a paid seat its time",
    **posted(
        returns=BookingView,
        example=examples.booking,
        request=ScheduleBody(start_time=examples.AT),
        problems=(404,),
    ),
)
async def give_time(
    request: ApiRequest, booking_id: FromPath[UUID], data: JSONBody[ScheduleBody]
) -> Response[bytes]:
    return await _placed(request, booking_id, data, schedule)


@post(
    "/bookings/{booking_id:uuid}/cancel",
    summary="Give up a seat: by policy for its holder, in full for its practitioner and admins",
    **posted(
        returns=CanceledView,
        example=examples.canceled,
        request=CancelBody(reason="moving away"),
        optional_body=True,
        problems=(404,),
    ),
)
async def cancel(
    request: ApiRequest, booking_id: FromPath[UUID], data: JSONBody[CancelBody] = NO_REASON
) -> Response[bytes]:
    ports = request.ports
    work: Work[CanceledSeat] = Work(
        act=lambda claim: cancel_booking(
            BookingId(booking_id), actor=request.actor, reason=data.reason, ports=ports, claim=claim
        ),
        render=lambda canceled: told(200, canceled_view(canceled)),
        retell=lambda refund_id: _retell(BookingId(booking_id), refund_id, ports=ports),
    )
    return await perform(request, work)


async def _retell(booking_id: BookingId, refund_id: UUID, *, ports: Ports) -> CanceledSeat | None:
    refund = await settled_refund(refund_id, ports=ports)
    seat = await ports.store.seat(booking_id)
    return None if refund is None or seat is None else CanceledSeat(seat=seat, refund=refund)


@post(
    "/bookings/{booking_id:uuid}/reschedule",
    summary="Move a scheduled seat to another time, or into another session of its group service",
    description=(
        "As long as the policy frozen with the order would refund the seat in full, then 409 "
        "`too_late_to_reschedule`; admins are not held to it. The same checks as for scheduling."
    ),
    **posted(
        returns=BookingView,
        example=examples.booking,
        request=ScheduleBody(start_time=examples.AT),
        problems=(404,),
    ),
)
async def move(
    request: ApiRequest, booking_id: FromPath[UUID], data: JSONBody[ScheduleBody]
) -> Response[bytes]:
    return await _placed(request, booking_id, data, reschedule_booking)


ROUTES: Final = (listing, read, give_time, cancel, move)
