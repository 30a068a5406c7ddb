"""`/orders`: what was bought."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page, sliced
from adapters.http.requests import ApiRequest
from adapters.http.views.money import TransactionPage, transaction_view
from adapters.http.views.purchases import OrderPage, OrderView, ProgressView, order_view, progress_view
from adapters.http.views.seats import BookingPage, booking_view
from core.domain.errors import Forbidden, NotFound
from core.domain.ids import OrderId, UserId
from core.domain.orders import Order, OrderType
from core.domain.statuses import OrderStatus
from ports.queries import Cursor


@get(
    "/orders",
    summary="One's orders; an admin sees everybody's, or those of `user_id`",
    **documented(returns=OrderPage, example=examples.listed(examples.order), problems=(400, 403)),
)
async def listing(
    request: ApiRequest,
    *,
    order_type: Annotated[OrderType | None, QueryParameter()] = None,
    status: Annotated[OrderStatus | None, QueryParameter()] = None,
    user_id: Annotated[UUID | None, QueryParameter()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    found = await request.ports.store.orders(
        page(limit, cursor), user_id=buyer(request, user_id), order_type=order_type, status=status
    )
    return shown(items(found, order_view))


def buyer(request: ApiRequest, user_id: UUID | None) -> UserId | None:
    """Whose things are listed: one's own, or for an admin anyone's (None: everybody's)."""
    actor = request.actor
    if user_id is None:
        return None if actor.is_admin else actor.user_id
    if not actor.owns(UserId(user_id)):
        raise Forbidden("only an admin sees what others bought")
    return UserId(user_id)


@get(
    "/orders/{order_id:uuid}",
    summary="One order",
    **documented(returns=OrderView, example=examples.order, problems=(404,)),
)
async def read(request: ApiRequest, order_id: FromPath[UUID]) -> Response[bytes]:
    return shown(order_view(await own_order(request, order_id)))


@get(
    "/orders/{order_id:uuid}/bookings",
    summary="The seats of an order, oldest first",
    **documented(returns=BookingPage, example=examples.listed(examples.booking), problems=(400, 404)),
)
async def bookings(
    request: ApiRequest, order_id: FromPath[UUID], *, limit: Limit = DEFAULT_LIMIT, cursor: After = None
) -> Response[bytes]:
    order = await own_order(request, order_id)
    seats = await request.ports.store.order_seats(order.id)
    found = sliced(
        seats, page(limit, cursor), lambda seat: Cursor(at=seat.booking.created_at, id=seat.booking.id)
    )
    return shown(items(found, booking_view))


@get(
    "/orders/{order_id:uuid}/transactions",
    summary="The postings on the user's behalf, oldest first",
    **documented(returns=TransactionPage, example=examples.listed(examples.transaction), problems=(400, 404)),
)
async def transactions(
    request: ApiRequest, order_id: FromPath[UUID], *, limit: Limit = DEFAULT_LIMIT, cursor: After = None
) -> Response[bytes]:
    order = await own_order(request, order_id)
    postings = await request.ports.store.order_transactions(order.id)
    found = sliced(postings, page(limit, cursor), lambda made: Cursor(at=made.occurred_at, id=made.id))
    return shown(items(found, transaction_view))


@get(
    "/orders/{order_id:uuid}/progress",
    summary="How far an order has been delivered",
    **documented(returns=ProgressView, example=examples.progress, problems=(404,)),
)
async def progress(request: ApiRequest, order_id: FromPath[UUID]) -> Response[bytes]:
    order = await own_order(request, order_id)
    return shown(progress_view(order, await request.ports.store.order_seats(order.id)))


async def own_order(request: ApiRequest, order_id: UUID) -> Order:
    """The caller's order; NotFound for anybody else's."""
    order = await request.ports.store.order(OrderId(order_id))
    if order is None or not request.actor.owns(order.user_id):
        raise NotFound("order", order_id)
    return order


ROUTES: Final = (listing, read, bookings, transactions, progress)
