"""`/payouts`: available earnings on their way to their practitioner."""

from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented, posted
from adapters.http.fields import PositiveCents
from adapters.http.idempotency import Work, perform, told
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.requests import ApiRequest
from adapters.http.resources.earnings import Whose, seller
from adapters.http.views.money import PayoutPage, PayoutView, payout_view
from core.domain.earnings import Payout
from core.domain.ids import PayoutId, UserId
from core.domain.statuses import PayoutStatus
from core.usecases.claims import Claim
from core.usecases.context import Ports
from core.usecases.payout import pay_out, reverse_payout


class PayoutBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to pay: oneself if left out."""

    practitioner_id: UUID | None = None


ONESELF: Final = PayoutBody()


class ReversalBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """How much to take back: all that is left of it if left out."""

    amount_cents: PositiveCents | None = None


ALL_OF_IT: Final = ReversalBody()


@post(
    "/payouts",
    summary="Transfer everything available to a practitioner",
    description=(
        "409 `payouts_not_enabled` while the gateway says that the practitioner's account cannot be paid; it "
        "is asked again each time."
    ),
    **posted(
        returns=PayoutView,
        example=examples.payout,
        status=201,
        request=PayoutBody(practitioner_id=examples.PRACTITIONER),
        optional_body=True,
        problems=(403, 404),
    ),
)
async def pay(request: ApiRequest, data: JSONBody[PayoutBody] = ONESELF) -> Response[bytes]:
    actor, ports = request.actor, request.ports
    whom = actor.user_id if data.practitioner_id is None else UserId(data.practitioner_id)
    work: Work[Payout] = Work(
        act=lambda claim: pay_out(whom, actor=actor, ports=ports, claim=claim),
        render=lambda payout: told(201, payout_view(payout)),
        retell=lambda payout_id: _answered(PayoutId(payout_id), ports=ports),
    )
    return await perform(request, work)


async def _answered(payout_id: PayoutId, *, ports: Ports) -> Payout | None:
    """The payout, once the gateway has taken or refused the transfer."""
    view = await ports.store.load_payout(payout_id)
    return None if view is None or view.payout.status is PayoutStatus.PENDING else view.payout


@post(
    "/payouts/{payout_id:uuid}/reversals",
    summary="Take a paid payout back, or a part of it",
    description=(
        "For admins: when a clawback will not be made up by later earnings. What comes back is owed to the "
        "practitioner again, so that it makes the clawback up. 409 `reversal_refused` if the account it went "
        "to has too little."
    ),
    **posted(
        returns=PayoutView,
        example=examples.payout,
        request=ReversalBody(amount_cents=6800),
        optional_body=True,
        problems=(403, 404),
    ),
)
async def reverse(
    request: ApiRequest, payout_id: FromPath[UUID], data: JSONBody[ReversalBody] = ALL_OF_IT
) -> Response[bytes]:
    actor, ports = request.actor, request.ports

    async def act(claim: Claim[Payout] | None) -> Payout:
        return await reverse_payout(
            PayoutId(payout_id), amount_cents=data.amount_cents, actor=actor, ports=ports, claim=claim
        )

    return await perform(request, Work(act=act, render=lambda payout: told(200, payout_view(payout))))


@get(
    "/payouts",
    summary="One's payouts, newest first; an admin sees everybody's",
    **documented(returns=PayoutPage, example=examples.listed(examples.payout), problems=(400, 403)),
)
async def listing(
    request: ApiRequest, practitioner_id: Whose = None, limit: Limit = DEFAULT_LIMIT, cursor: After = None
) -> Response[bytes]:
    found = await request.ports.store.payouts(
        page(limit, cursor), practitioner_id=seller(request, practitioner_id)
    )
    return shown(items(found, payout_view))


ROUTES: Final = (pay, reverse, listing)
