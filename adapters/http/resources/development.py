"""`/dev`: what only a fake gateway can do. These routes do not exist where payments are real."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Response

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.idempotency import Work, noting, perform
from adapters.http.receipts import answer_receipt
from adapters.http.requests import ApiRequest
from adapters.http.views.purchases import ReceiptView
from core.domain.errors import Conflict, NotFound
from core.domain.ids import PaymentId
from core.usecases.claims import Claim
from core.usecases.settle_payment import Receipt, settle_payment


@post(
    "/dev/payments/{payment_id:uuid}/confirm",
    summary="Play the customer who authenticates a payment",
    **posted(returns=ReceiptView, example=examples.receipt, status=201, problems=(402, 404)),
)
async def confirm(request: ApiRequest, payment_id: FromPath[UUID]) -> Response[bytes]:
    ports, play = request.ports, request.config.dev_confirm

    async def act(claim: Claim[Receipt] | None) -> Receipt:
        payment = await ports.store.payment(PaymentId(payment_id))
        if payment is None or play is None or not request.actor.owns(payment.user_id):
            raise NotFound("payment", payment_id)
        if payment.gateway_ref is None:
            raise Conflict("the gateway does not know this payment yet")
        outcome = await play(payment.gateway_ref)
        return await noting(claim, await settle_payment(payment.id, outcome, ports=ports), ports=ports)

    path = request.scope["path"]
    return await perform(request, Work(act=act, render=lambda receipt: answer_receipt(receipt, path)))


ROUTES: Final = (confirm,)
