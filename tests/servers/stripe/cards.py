"""Stripe's test payment methods, and what becomes of a payment with each."""

from typing import Final

from attrs import frozen

from tests.servers.stripe.books import Books
from tests.servers.stripe.description import Json
from tests.servers.stripe.refusals import missing


@frozen(kw_only=True)
class Behaviour:
    """What a card does. `declines`: Stripe's error code and the bank's decline code."""

    brand: str = "visa"
    asks: bool = False
    """The customer has to authenticate first."""
    declines: tuple[str, str] | None = None
    refunds: str = "succeeded"
    """A refund's first status."""
    refund_ends: str = "succeeded"
    """A refund's status after a while."""
    disputed: bool = False


CARDS: Final = {
    "pm_card_visa": Behaviour(),
    "pm_card_mastercard": Behaviour(brand="mastercard"),
    "pm_card_amex": Behaviour(brand="amex"),
    "pm_card_authenticationRequired": Behaviour(asks=True),
    "pm_card_threeDSecure2Required": Behaviour(asks=True),
    "pm_card_threeDSecureRequiredChargeDeclined": Behaviour(
        asks=True, declines=("card_declined", "generic_decline")
    ),
    "pm_card_chargeDeclined": Behaviour(declines=("card_declined", "generic_decline")),
    "pm_card_visa_chargeDeclined": Behaviour(declines=("card_declined", "generic_decline")),
    "pm_card_chargeDeclinedInsufficientFunds": Behaviour(declines=("card_declined", "insufficient_funds")),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Behaviour(
        declines=("card_declined", "insufficient_funds")
    ),
    "pm_card_chargeDeclinedExpiredCard": Behaviour(declines=("expired_card", "expired_card")),
    "pm_card_chargeDeclinedProcessingError": Behaviour(declines=("processing_error", "processing_error")),
    "pm_card_pendingRefund": Behaviour(refunds="pending"),
    "pm_card_refundFail": Behaviour(refund_ends="failed"),
    "pm_card_createDispute": Behaviour(disputed=True),
}

MESSAGES: Final = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "payment_intent_authentication_failure": (
        "The provided PaymentMethod has failed authentication."
        " You can provide payment_method_data or a new PaymentMethod to attempt again."
    ),
}

TEST_NAME: Final = "test_name"
"""The metadata in which a payment method of ours remembers its test name."""


def attached(books: Books, name: str) -> Json:
    """A payment method out of a test name, or the one with this id. Refused if nobody knows it."""
    if name not in CARDS:
        if not name.startswith("pm_0"):
            raise missing("PaymentMethod", name, param="payment_method", status=400)
        return books.get("payment_method", name, param="payment_method")
    brand = CARDS[name].brand
    return books.add(
        "payment_method",
        type="card",
        livemode=False,
        billing_details={"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        card={
            "brand": brand,
            "checks": None,
            "country": "US",
            "display_brand": brand,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": name,
            "funding": "credit",
            "generated_from": None,
            "last4": "4242",
            "networks": None,
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        customer=None,
        customer_account=None,
        metadata={TEST_NAME: name},
    )


def behaviour(method: Json) -> Behaviour:
    """What the card behind a payment method does."""
    return CARDS[method["metadata"][TEST_NAME]]


def refusal(code: str, decline_code: str | None) -> Json:
    """A refused card, as `last_payment_error` and as the error of an answer tell it."""
    error = {
        "type": "card_error",
        "code": code,
        "message": MESSAGES.get(decline_code or "", MESSAGES.get(code, "Your card was declined.")),
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
    }
    return error if decline_code is None else error | {"decline_code": decline_code}
