"""`/disputes`: card payments that customers take back through their banks. For admins alone."""

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
from adapters.http.views.disputes import DisputePage, dispute_view
from core.domain.actors import Role
from core.domain.errors import NotFound
from core.domain.ids import OrderId
from core.domain.statuses import DisputeStatus
from ports.queries import Cursor


@get(
    "/disputes",
    summary="Everybody's disputes, newest first; for admins",
    description=(
        "While one is open, its order's earnings that are not paid out are frozen, and the order is not "
        "refunded. Won or withdrawn, they go on; lost, exactly what it covers is taken back."
    ),
    **documented(returns=DisputePage, example=examples.listed(examples.dispute), problems=(400, 403)),
)
async def listing(
    request: ApiRequest,
    *,
    status: Annotated[DisputeStatus | None, QueryParameter()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    request.require(Role.ADMIN)
    found = await request.ports.store.disputes(page(limit, cursor), status=status)
    return shown(items(found, dispute_view))


@get(
    "/orders/{order_id:uuid}/disputes",
    summary="The disputes about an order's payments, oldest first; for admins",
    **documented(returns=DisputePage, example=examples.listed(examples.dispute), problems=(400, 403, 404)),
)
async def of_order(
    request: ApiRequest, order_id: FromPath[UUID], *, limit: Limit = DEFAULT_LIMIT, cursor: After = None
) -> Response[bytes]:
    request.require(Role.ADMIN)
    order = await request.ports.store.order(OrderId(order_id))
    if order is None:
        raise NotFound("order", order_id)
    disputes = await request.ports.store.order_disputes(order.id)
    found = sliced(disputes, page(limit, cursor), lambda each: Cursor(at=each.created_at, id=each.id))
    return shown(items(found, dispute_view))


ROUTES: Final = (listing, of_order)
