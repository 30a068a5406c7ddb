"""`/checkout`: one way to buy everything."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.fields import Cents, Moment, Notes, Token, optional_moment
from adapters.http.idempotency import Work, perform
from adapters.http.receipts import answer_receipt, retell_receipt
from adapters.http.requests import ApiRequest
from adapters.http.views.purchases import ReceiptView
from core.domain.actors import Role
from core.domain.ids import ServiceId, SessionId
from core.domain.planning import Checkout
from core.usecases.checkout import checkout
from core.usecases.settle_payment import Receipt


class CheckoutBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """`start_time` goes with a session, `session_id` with a workshop.

    `credits_to_apply_cents` caps the credits and asks for them by itself.
    """

    service_id: UUID
    payment_method_id: Token | None = None
    apply_credits: bool = False
    credits_to_apply_cents: Cents | None = None
    start_time: Moment | None = None
    session_id: UUID | None = None
    client_notes: Notes = ""


@post(
    "/checkout",
    summary="Buy a service",
    description=(
        "A session, workshop, course, package or bundle: one order, its bookings, and a card payment "
        "for what credits do not cover. A declined card is 402 and leaves nothing held. A payment that "
        "needs the customer answers 201 with `order.status` pending_payment."
    ),
    **posted(
        returns=ReceiptView,
        example=examples.receipt,
        status=201,
        request=CheckoutBody(
            service_id=examples.PACKAGE_SERVICE, payment_method_id="pm_card_visa", apply_credits=True
        ),
        problems=(402, 403, 404),
    ),
)
async def buy(request: ApiRequest, data: JSONBody[CheckoutBody]) -> Response[bytes]:
    ports, path = request.ports, request.scope["path"]
    command = Checkout(
        user_id=request.require(Role.CLIENT).user_id,
        service_id=ServiceId(data.service_id),
        payment_method_id=data.payment_method_id,
        apply_credits=data.apply_credits,
        credits_to_apply_cents=data.credits_to_apply_cents,
        start_time=optional_moment(data.start_time, "/start_time"),
        session_id=None if data.session_id is None else SessionId(data.session_id),
        client_notes=data.client_notes,
    )
    work: Work[Receipt] = Work(
        act=lambda claim: checkout(command, ports=ports, claim=claim),
        render=lambda receipt: answer_receipt(receipt, path),
        retell=lambda order_id: retell_receipt(order_id, ports=ports),
    )
    return await perform(request, work)


ROUTES: Final = (buy,)
