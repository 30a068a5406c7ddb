"""Our requests in Stripe's words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from stripe.params import (
    PaymentIntentCreateParams,
    RefundCreateParams,
    TransferCreateParams,
    TransferCreateReversalParams,
)

from core.domain.gateway import ChargeRequest, RefundRequest, ReversalRequest, TransferRequest

KEY: Final = "idempotency_key"
"""The metadata that a lookup recognises an object by."""


def intent_params(request: ChargeRequest, method_types: Sequence[str]) -> PaymentIntentCreateParams:
    """Create and confirm in one call.

    Without a choice of method types Stripe offers what the account has enabled, except methods that would
    send the customer to another site: nobody would be there to bring them back. `payment_method_types` is
    known to the version that the gateway asks for; versions from 2026-09-30 have
    `allowed_payment_method_types` in its place, and the library's types with them.
    """
    params: dict[str, Any] = {
        "amount": request.amount_cents,
        "currency": request.currency,
        "payment_method": request.payment_method_id,
        "confirm": True,
        "metadata": _metadata(request),
    }
    if method_types:
        params["payment_method_types"] = list(method_types)
    else:
        params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}
        params["use_stripe_sdk"] = True  # what is left to do, the customer does through Stripe.js
    return cast("PaymentIntentCreateParams", params)


def refund_params(request: RefundRequest) -> RefundCreateParams:
    """A part of a payment intent. Stripe takes the currency from the charge."""
    return {
        "payment_intent": request.charge_ref,
        "amount": request.amount_cents,
        "metadata": _metadata(request),
    }


def transfer_params(request: TransferRequest, destination: str) -> TransferCreateParams:
    """Money for a connected account. The group is the key: transfers can be listed by it, exactly."""
    return {
        "amount": request.amount_cents,
        "currency": request.currency,
        "destination": destination,
        "transfer_group": request.idempotency_key,
        "metadata": _metadata(request),
    }


def reversal_params(request: ReversalRequest) -> TransferCreateReversalParams:
    """A part of a transfer. Stripe takes the currency from the transfer."""
    return {"amount": request.amount_cents, "metadata": _metadata(request)}


def _metadata(request: ChargeRequest | RefundRequest | ReversalRequest | TransferRequest) -> dict[str, str]:
    """Every id, amount and currency of ours: books can be compared with Stripe's by these alone."""
    given: Mapping[str, str] = request.metadata
    return {
        **given,
        KEY: request.idempotency_key,
        "amount_cents": str(request.amount_cents),
        "currency": request.currency,
    }
