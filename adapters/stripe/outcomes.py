"""Stripe's answers in the port's words."""

from typing import Final

import stripe

from adapters.stripe.verdicts import Verdict, verdict
from core.domain.gateway import (
    AccountReport,
    Canceled,
    ChargeOutcome,
    Declined,
    Processing,
    RefundOutcome,
    RequiresAction,
    Reversed,
    Succeeded,
    TransferOutcome,
    Unknown,
)

UNREASONED: Final = "generic_decline"
"""The bank gave no reason: Stripe's error code says more."""


def charge_outcome(intent: stripe.PaymentIntent) -> ChargeOutcome:
    """A payment intent. One that was given up after a refused card is declined, as it was before."""
    match intent.status:
        case "succeeded":
            return Succeeded(ref=intent.id)
        case "processing":
            return Processing(ref=intent.id)
        case "requires_action":
            return RequiresAction(ref=intent.id, client_secret=intent.client_secret or "")
        case "requires_payment_method" | "canceled" if intent.last_payment_error is not None:
            error = intent.last_payment_error
            return Declined(
                ref=intent.id,
                code=_code(error.code, getattr(error, "decline_code", None)),
                message=getattr(error, "message", None) or "The payment was refused.",
            )
        case "canceled":
            return Canceled(ref=intent.id)
        case other:
            return Unknown(reason=f"the payment intent is {other}")


def refund_outcome(refund: stripe.Refund) -> RefundOutcome:
    """A refund. It may fail weeks after it was accepted."""
    match refund.status:
        case "succeeded":
            return Succeeded(ref=refund.id)
        case "pending" | "requires_action":
            return Processing(ref=refund.id)
        case "failed":
            reason = getattr(refund, "failure_reason", None) or "unknown"
            return Declined(ref=refund.id, code="refund_failed", message=f"The refund failed: {reason}.")
        case "canceled":
            return Declined(ref=refund.id, code="canceled", message="The refund was canceled.")
        case other:
            return Unknown(reason=f"the refund is {other}")


def transfer_outcome(transfer: stripe.Transfer) -> TransferOutcome:
    """A transfer moves at once. Its reversals are told as their sum."""
    if transfer.amount_reversed:
        return Reversed(ref=transfer.id, reversed_cents=transfer.amount_reversed)
    return Succeeded(ref=transfer.id)


def account_report(account: stripe.Account) -> AccountReport:
    """A connected account. An account of a kind that lists no capabilities is told by its payouts alone."""
    capabilities = getattr(account, "capabilities", None)
    takes_transfers = capabilities is None or getattr(capabilities, "transfers", None) == "active"
    goes_on = getattr(account, "payouts_enabled", None) is True
    return AccountReport(ref=account.id, payouts_enabled=takes_transfers and goes_on)


def refusal(error: stripe.StripeError) -> Declined | Unknown:
    """What an error to a request that moves money comes to."""
    if verdict(error) is not Verdict.DEFINITIVE:
        return unanswered(error)
    told = error.error
    intent = getattr(told, "payment_intent", None)
    return Declined(
        ref=None if intent is None else intent.id,
        code=_code(error.code, getattr(told, "decline_code", None)),
        message=error.user_message or "Stripe refused the request.",
    )


def unanswered(error: stripe.StripeError) -> Unknown:
    """No answer that settles anything."""
    return Unknown(reason=reason_of(error))


def reason_of(error: stripe.StripeError) -> str:
    """What went wrong, in a few words. It names the request in Stripe's log, if it got there."""
    status = f" {error.http_status}" if error.http_status is not None else ""
    request = f" ({error.request_id})" if error.request_id is not None else ""
    return f"{type(error).__name__}{status}{request}"


def _code(code: str | None, decline_code: str | None) -> str:
    """The bank's reason where it gave one, else Stripe's code."""
    if decline_code is not None and decline_code != UNREASONED:
        return decline_code
    return code or "invalid_request"
