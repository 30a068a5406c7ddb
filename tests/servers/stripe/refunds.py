"""Refunds: many per charge, never more than it, some of them slow, some of them failing late."""

from tests.servers.stripe.books import Books
from tests.servers.stripe.cards import Behaviour, behaviour
from tests.servers.stripe.description import Json
from tests.servers.stripe.refusals import invalid


def create(books: Books, form: Json) -> Json:
    """Give back a part of an intent's charge, or all that is left of it."""
    charge = _charge(books, form)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back.", code="charge_disputed")
    amount = form.get("amount", left)
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        raise invalid(
            f"Refund amount ({_dollars(amount)}) is greater than unrefunded amount on charge"
            f" ({_dollars(left)})",
            param="amount",
        )
    made = books.add(
        "refund",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=form.get("metadata", {}),
        payment_intent=charge["payment_intent"],
        reason=form.get("reason"),
        receipt_number=None,
        source_transfer_reversal=None,
        status=_behaviour(books, charge).refunds,
        transfer_reversal=None,
    )
    _count(books, charge, amount)
    books.emit("refund.created", made)
    books.emit("charge.refunded", charge)
    return made


def retrieve(books: Books, form: Json, refund: str) -> Json:
    """The refund as it is now."""
    return books.get("refund", refund)


def listed(books: Books, form: Json) -> Json:
    """A page of refunds."""
    return books.listed("refund", form, "charge", "payment_intent", url="/v1/refunds")


def finish(books: Books, refund: str) -> Json:
    """Some days later: what is pending succeeds, and what the customer's bank cannot take comes back."""
    found = books.get("refund", refund)
    charge = books.get("charge", found["charge"])
    ends = _behaviour(books, charge).refund_ends
    if found["status"] == ends or found["status"] == "failed":
        return found
    found["status"] = ends
    if ends == "failed":
        found["failure_reason"] = "expired_or_canceled_card"
        _count(books, charge, -found["amount"])
        books.emit("refund.failed", found)
    books.emit("refund.updated", found)
    return found


def _charge(books: Books, form: Json) -> Json:
    if "charge" in form:
        return books.get("charge", form["charge"], param="charge")
    if "payment_intent" not in form:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = books.get("payment_intent", form["payment_intent"], param="payment_intent")
    if intent["status"] != "succeeded":
        raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return books.get("charge", intent["latest_charge"])


def _behaviour(books: Books, charge: Json) -> Behaviour:
    return behaviour(books.get("payment_method", charge["payment_method"]))


def _count(books: Books, charge: Json, cents: int) -> None:
    charge["amount_refunded"] += cents
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    books.available_cents -= cents


def _dollars(cents: int) -> str:
    return f"${cents // 100}.{cents % 100:02d}"
