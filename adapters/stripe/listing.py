"""Everything of ours that Stripe has, for an audit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import stripe

from adapters.stripe.outcomes import charge_outcome, refund_outcome, transfer_outcome
from adapters.stripe.words import KEY
from core.domain.gateway import ChargeOutcome, GatewayKind, GatewayMovement, TransferOutcome

LARGEST_PAGE: Final = 100

Page = Callable[[dict[str, Any]], Awaitable[Any]]
"""Asks for a page of a list by Stripe's parameters."""


async def every(page: Page, *, since: int | None, size: int = LARGEST_PAGE) -> AsyncIterator[Any]:
    """The objects of a list from a moment on, in Unix seconds by Stripe's clock; newest first."""
    params: dict[str, Any] = {"limit": size}
    if since is not None:
        params["created"] = {"gte": max(0, since)}
    while True:
        listed = await page(params)
        for item in listed.data:
            yield item
        if not listed.has_more:
            return
        params = {**params, "starting_after": listed.data[-1].id}


def listed_charge(intent: stripe.PaymentIntent) -> GatewayMovement | None:
    """A payment intent of ours; None for others'."""
    return _listed(GatewayKind.CHARGE, intent, charge_outcome(intent))


def listed_refund(refund: stripe.Refund) -> GatewayMovement | None:
    """A refund of ours; None for others'."""
    return _listed(GatewayKind.REFUND, refund, refund_outcome(refund))


def listed_transfer(transfer: stripe.Transfer) -> GatewayMovement | None:
    """A transfer of ours; None for others'."""
    return _listed(GatewayKind.TRANSFER, transfer, transfer_outcome(transfer))


def _listed(kind: GatewayKind, item: Any, outcome: ChargeOutcome | TransferOutcome) -> GatewayMovement | None:
    metadata = item.metadata
    if metadata is None or KEY not in metadata:
        return None
    return GatewayMovement(
        kind=kind,
        ref=item.id,
        idempotency_key=metadata[KEY],
        amount_cents=item.amount,
        currency=item.currency,
        outcome=outcome,
    )
