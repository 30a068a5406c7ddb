"""`/orders/{id}/cancel`: everything of an order that is still to come is given up."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.fields import Reason
from adapters.http.idempotency import Work, perform, told
from adapters.http.requests import ApiRequest
from adapters.http.resources.refunds import settled_refund
from adapters.http.views.refunds import CanceledOrderView, canceled_order_view
from core.domain.ids import OrderId
from core.domain.orders import Destination
from core.usecases.cancel_order import CanceledOrder, cancel_order
from core.usecases.context import Ports


class CancelOrderBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Where the money goes, and why."""

    destination: Destination = Destination.ORIGINAL
    reason: Reason | None = None


NO_WISHES: Final = CancelOrderBody()
"""What no body at all means."""


@post(
    "/orders/{order_id:uuid}/cancel",
    summary="Cancel all that is left of an order: by policy for its buyer, in full for others",
    description=(
        "Each seat that is not delivered yet is canceled, also where its policy gives nothing back. An order "
        "that waits for its payment is given up. A second time changes nothing. Its practitioner and admins "
        "cancel it in full."
    ),
    **posted(
        returns=CanceledOrderView,
        example=examples.canceled_order,
        request=CancelOrderBody(reason="moving away"),
        optional_body=True,
        problems=(404,),
    ),
)
async def cancel(
    request: ApiRequest, order_id: FromPath[UUID], data: JSONBody[CancelOrderBody] = NO_WISHES
) -> Response[bytes]:
    ports = request.ports
    work: Work[CanceledOrder] = Work(
        act=lambda claim: cancel_order(
            OrderId(order_id),
            actor=request.actor,
            destination=data.destination,
            reason=data.reason,
            ports=ports,
            claim=claim,
        ),
        render=lambda canceled: told(200, canceled_order_view(canceled)),
        retell=lambda refund_id: _retell(OrderId(order_id), refund_id, ports=ports),
    )
    return await perform(request, work)


async def _retell(order_id: OrderId, refund_id: UUID, *, ports: Ports) -> CanceledOrder | None:
    refund = await settled_refund(refund_id, ports=ports)
    order = await ports.store.order(order_id)
    if refund is None or order is None:
        return None
    return CanceledOrder(order=order, refund=refund)


ROUTES: Final = (cancel,)
