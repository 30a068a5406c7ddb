"""`/orders/{id}/refunds`: seats given back, and what that would return."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Meta, Struct

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented, posted
from adapters.http.fields import Reason
from adapters.http.idempotency import Work, noting, perform, told
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page, sliced
from adapters.http.requests import ApiRequest
from adapters.http.resources.orders import own_order
from adapters.http.views.refunds import QuoteView, RefundPage, RefundView, quote_view, refund_view
from core.domain.ids import BookingId, OrderId, RefundId
from core.domain.offering import MAX_SEATS_PER_ORDER
from core.domain.orders import Destination, Refund
from core.domain.refunds import RefundQuote
from core.domain.statuses import RefundStatus
from core.usecases.claims import Claim
from core.usecases.context import Ports
from core.usecases.refund import quote_refund, refund_order
from core.usecases.settle_refund import retry_refund
from ports.queries import Cursor

Seats = Annotated[
    list[UUID],
    Meta(min_length=1, max_length=MAX_SEATS_PER_ORDER, description="Some of the order's seats."),
]


class RefundBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Which seats to give back (all of the order's if left out), and where the money goes."""

    booking_ids: Seats | None = None
    destination: Destination = Destination.ORIGINAL
    reason: Reason | None = None

    @property
    def chosen(self) -> list[BookingId] | None:
        """The seats by the domain's name."""
        return None if self.booking_ids is None else [BookingId(i) for i in self.booking_ids]


EVERYTHING: Final = RefundBody()
"""What no body at all means."""


@post(
    "/orders/{order_id:uuid}/refund-quotes",
    summary="What giving back seats would return; nothing moves",
    **posted(
        returns=QuoteView,
        example=examples.quote,
        request=RefundBody(booking_ids=[examples.BOOKING]),
        optional_body=True,
        problems=(404,),
    ),
)
async def quote(
    request: ApiRequest, order_id: FromPath[UUID], data: JSONBody[RefundBody] = EVERYTHING
) -> Response[bytes]:
    ports = request.ports
    order = await own_order(request, order_id)

    async def act(claim: Claim[RefundQuote] | None) -> RefundQuote:
        quoted = await quote_refund(
            order.id,
            actor=request.actor,
            booking_ids=data.chosen,
            destination=data.destination,
            ports=ports,
        )
        return await noting(claim, quoted, ports=ports)

    return await perform(
        request, Work(act=act, render=lambda quoted: told(200, quote_view(quoted, order.currency)))
    )


@post(
    "/orders/{order_id:uuid}/refunds",
    summary="Give back seats for their money",
    description="By policy for the buyer, in full for an admin. Credits are back at once.",
    **posted(
        returns=RefundView,
        example=examples.refund,
        status=201,
        request=RefundBody(booking_ids=[examples.BOOKING], reason="moving away"),
        optional_body=True,
        problems=(404,),
    ),
)
async def refund(
    request: ApiRequest, order_id: FromPath[UUID], data: JSONBody[RefundBody] = EVERYTHING
) -> Response[bytes]:
    ports = request.ports
    work: Work[Refund] = Work(
        act=lambda claim: refund_order(
            OrderId(order_id),
            actor=request.actor,
            booking_ids=data.chosen,
            destination=data.destination,
            reason=data.reason,
            ports=ports,
            claim=claim,
        ),
        render=lambda made: told(201, refund_view(made)),
        retell=lambda refund_id: settled_refund(refund_id, ports=ports),
    )
    return await perform(request, work)


@post(
    "/refunds/{refund_id:uuid}/retry",
    summary="Send a failed refund once more",
    description=(
        "For admins, once what stood in the way is mended. The gateway is asked about the last attempt "
        "first: one that succeeded after all is settled instead, and 409 `refund_undecided` while it does "
        "not tell."
    ),
    **posted(returns=RefundView, example=examples.refund, problems=(403, 404)),
)
async def retry(request: ApiRequest, refund_id: FromPath[UUID]) -> Response[bytes]:
    ports = request.ports
    work: Work[Refund] = Work(
        act=lambda claim: retry_refund(RefundId(refund_id), actor=request.actor, ports=ports, claim=claim),
        render=lambda again: told(200, refund_view(again)),
        retell=lambda again_id: settled_refund(again_id, ports=ports),
    )
    return await perform(request, work)


async def settled_refund(refund_id: UUID, *, ports: Ports) -> Refund | None:
    """The refund, once the gateway's answer to it is known."""
    found = await ports.store.refund(RefundId(refund_id))
    return None if found is None or found.status is RefundStatus.PENDING else found


@get(
    "/orders/{order_id:uuid}/refunds",
    summary="An order's refunds, oldest first",
    **documented(returns=RefundPage, example=examples.listed(examples.refund), problems=(400, 404)),
)
async def listing(
    request: ApiRequest, order_id: FromPath[UUID], *, limit: Limit = DEFAULT_LIMIT, cursor: After = None
) -> Response[bytes]:
    order = await own_order(request, order_id)
    refunds = await request.ports.store.refunds(order.id)
    found = sliced(refunds, page(limit, cursor), lambda made: Cursor(at=made.created_at, id=made.id))
    return shown(items(found, refund_view))


ROUTES: Final = (quote, refund, retry, listing)
