"""`/credits`: what the platform owes a user."""

from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.params import JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented, posted
from adapters.http.fields import PositiveCents, Reason, Token
from adapters.http.idempotency import Work, perform, told
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.receipts import answer_receipt, retell_receipt
from adapters.http.requests import ApiRequest
from adapters.http.views.money import (
    CreditsView,
    CreditTransactionPage,
    credit_transaction_view,
    credits_view,
)
from adapters.http.views.purchases import ReceiptView
from core.domain.actors import Role
from core.domain.credits import CreditAccount
from core.domain.ids import UserId
from core.domain.purchasing import BuyCredits
from core.usecases.checkout import buy_credits
from core.usecases.credits import account_of, grant_credits
from core.usecases.settle_payment import Receipt


class PurchaseBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """How much, and with which card."""

    amount_cents: PositiveCents
    payment_method_id: Token


class GrantBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """To whom, how much, and why."""

    user_id: UUID
    amount_cents: PositiveCents
    reason: Reason


@get(
    "/credits",
    summary="One's credits",
    **documented(returns=CreditsView, example=examples.credit_account),
)
async def balance(request: ApiRequest) -> Response[bytes]:
    return shown(credits_view(await account_of(request.actor.user_id, ports=request.ports)))


@get(
    "/credits/transactions",
    summary="What moved one's credits, newest first",
    **documented(
        returns=CreditTransactionPage,
        example=examples.listed(examples.credit_transaction),
        problems=(400,),
    ),
)
async def transactions(
    request: ApiRequest, limit: Limit = DEFAULT_LIMIT, cursor: After = None
) -> Response[bytes]:
    found = await request.ports.store.credit_transactions(page(limit, cursor), user_id=request.actor.user_id)
    return shown(items(found, credit_transaction_view))


@post(
    "/credits/purchases",
    summary="Buy credits by card",
    description="An order of type credit; the balance grows when the payment succeeds.",
    **posted(
        returns=ReceiptView,
        example=examples.receipt,
        status=201,
        request=PurchaseBody(amount_cents=10_000, payment_method_id="pm_card_visa"),
        problems=(402, 403),
    ),
)
async def buy(request: ApiRequest, data: JSONBody[PurchaseBody]) -> Response[bytes]:
    ports, path = request.ports, request.scope["path"]
    command = BuyCredits(
        user_id=request.require(Role.CLIENT).user_id,
        amount_cents=data.amount_cents,
        payment_method_id=data.payment_method_id,
    )
    work: Work[Receipt] = Work(
        act=lambda claim: buy_credits(command, ports=ports, claim=claim),
        render=lambda receipt: answer_receipt(receipt, path),
        retell=lambda order_id: retell_receipt(order_id, ports=ports),
    )
    return await perform(request, work)


@post(
    "/credits/grants",
    summary="Give a user credits",
    **posted(
        returns=CreditsView,
        example=examples.credit_account,
        status=201,
        request=GrantBody(user_id=examples.CLIENT, amount_cents=2000, reason="sorry for the wait"),
        problems=(403,),
    ),
)
async def grant(request: ApiRequest, data: JSONBody[GrantBody]) -> Response[bytes]:
    work: Work[CreditAccount] = Work(
        act=lambda claim: grant_credits(
            UserId(data.user_id),
            data.amount_cents,
            reason=data.reason,
            actor=request.actor,
            ports=request.ports,
            claim=claim,
        ),
        render=lambda account: told(201, credits_view(account)),
    )
    return await perform(request, work)


ROUTES: Final = (balance, transactions, buy, grant)
