"""`/dev/payments/{id}/dispute`: a bank to play with, where no real one can be. Only beside a fake gateway."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.documented import posted
from adapters.http.idempotency import Work, noting, perform, told
from adapters.http.requests import ApiRequest
from adapters.http.views.disputes import DisputeView, dispute_view
from core.domain.disputes import Dispute
from core.domain.errors import Conflict, Invalid, NotFound
from core.domain.ids import PaymentId
from core.domain.orders import Payment
from core.domain.statuses import DisputeStatus, PaymentStatus
from core.usecases.claims import Claim
from core.usecases.note_dispute import note_dispute


class DisputeBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """What the bank does. `amount_cents` counts when the dispute is opened: all that was paid if left out."""

    status: DisputeStatus = DisputeStatus.OPEN
    amount_cents: int | None = None


OPENED: Final = DisputeBody()


@post(
    "/dev/payments/{payment_id:uuid}/dispute",
    summary="Play the bank that opens a dispute about a payment, or decides on it",
    **posted(
        returns=DisputeView,
        example=examples.dispute,
        request=DisputeBody(status=DisputeStatus.LOST, amount_cents=30_000),
        optional_body=True,
        problems=(404,),
    ),
)
async def play(
    request: ApiRequest, payment_id: FromPath[UUID], data: JSONBody[DisputeBody] = OPENED
) -> Response[bytes]:
    ports, bank = request.ports, request.config.dev_dispute

    async def act(claim: Claim[Dispute] | None) -> Dispute:
        payment = await ports.store.payment(PaymentId(payment_id))
        if payment is None or bank is None or not request.actor.owns(payment.user_id):
            raise NotFound("payment", payment_id)
        if data.amount_cents is not None and not 0 < data.amount_cents <= payment.amount_cents:
            raise Invalid("/amount_cents", f"must be between 1 and {payment.amount_cents}, what was paid")
        report = await bank(_charge_of(payment), data.status, data.amount_cents)
        noted = await note_dispute(report, ports=ports)
        if noted is None:
            raise AssertionError("the fake bank only tells of disputes, never of inquiries")
        return await noting(claim, noted, ports=ports)

    work = Work(act=act, render=lambda dispute: told(200, dispute_view(dispute)))
    return await perform(request, work)


def _charge_of(payment: Payment) -> str:
    if payment.gateway_ref is None or payment.status is not PaymentStatus.SUCCEEDED:
        raise Conflict("only a payment that succeeded can be disputed")
    return payment.gateway_ref


ROUTES: Final = (play,)
