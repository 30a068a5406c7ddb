"""Payment intents and their charges."""

from typing import Any, Final

from tests.servers.stripe.books import Books
from tests.servers.stripe.cards import attached, behaviour, refusal
from tests.servers.stripe.description import Json
from tests.servers.stripe.disputes import open_dispute
from tests.servers.stripe.refusals import REQUEST, Refused, card_error, invalid, missing

FEWEST_CENTS: Final = 50
MOST_CENTS: Final = 99_999_999
"""Stripe takes eight digits."""

CONFIRMABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE: Final = (*CONFIRMABLE, "requires_capture")


def create(books: Books, form: Json) -> Json:
    """An intent, confirmed at once if asked."""
    _require_amount(form["amount"])
    types = _method_types(form)
    method = attached(books, form["payment_method"]) if "payment_method" in form else None
    if form.get("confirm") and method is None:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.")
    intent = books.add(
        "payment_intent",
        amount=form["amount"],
        amount_capturable=0,
        amount_received=0,
        application=None,
        application_fee_amount=None,
        automatic_payment_methods=form.get("automatic_payment_methods"),
        canceled_at=None,
        cancellation_reason=None,
        capture_method=form.get("capture_method", "automatic_async"),
        client_secret=None,
        confirmation_method="automatic",
        currency=form["currency"],
        customer=None,
        description=form.get("description"),
        last_payment_error=None,
        latest_charge=None,
        livemode=False,
        metadata=form.get("metadata", {}),
        next_action=None,
        payment_method=None if method is None else method["id"],
        payment_method_types=types,
        processing=None,
        status="requires_payment_method" if method is None else "requires_confirmation",
        transfer_group=form.get("transfer_group"),
    )
    intent["client_secret"] = f"{intent['id']}_secret_{books.now():x}"
    books.emit("payment_intent.created", intent)
    return _confirmed(books, intent, method) if form.get("confirm") and method is not None else intent


def retrieve(books: Books, form: Json, intent: str) -> Json:
    """The intent as it is now."""
    found = books.get("payment_intent", intent)
    if form.get("client_secret", found["client_secret"]) != found["client_secret"]:
        raise missing("payment_intent", intent, param="intent")
    return found


def listed(books: Books, form: Json) -> Json:
    """A page of intents."""
    return books.listed("payment_intent", form, "customer", url="/v1/payment_intents")


def confirm(books: Books, form: Json, intent: str) -> Json:
    """Confirm, with another payment method if one is given; what a customer's browser does as well."""
    found = books.get("payment_intent", intent)
    if found["status"] not in CONFIRMABLE:
        raise moved_on(found, "confirm")
    name = form.get("payment_method") or found["payment_method"]
    if name is None:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.")
    return _confirmed(books, found, attached(books, name))


def cancel(books: Books, form: Json, intent: str) -> Json:
    """Give up an intent that has not succeeded and is not with the bank."""
    found = books.get("payment_intent", intent)
    if found["status"] not in CANCELABLE:
        raise moved_on(found, "cancel")
    found |= {
        "status": "canceled",
        "canceled_at": books.now(),
        "cancellation_reason": form.get("cancellation_reason"),
        "next_action": None,
    }
    books.emit("payment_intent.canceled", found)
    return found


def authenticate(books: Books, intent: str, *, success: bool) -> Json:
    """The customer finishes 3-D Secure in their browser, or fails to. Refused if nobody asked them to."""
    found = books.get("payment_intent", intent)
    if found["status"] != "requires_action":
        raise moved_on(found, "authenticate")
    found["next_action"] = None
    if not success:
        return _failed(books, found, refusal("payment_intent_authentication_failure", None))
    method = books.get("payment_method", found["payment_method"])
    declines = behaviour(method).declines
    if declines is not None:
        return _failed(books, found, refusal(*declines), method=method)
    return _charged(books, found, method)


def finish(books: Books, intent: str, *, success: bool) -> Json:
    """The bank decides about an intent in processing."""
    found = books.get("payment_intent", intent)
    if found["status"] != "processing":
        raise moved_on(found, "finish")
    method = books.get("payment_method", found["payment_method"])
    if success:
        return _charged(books, found, method)
    return _failed(books, found, refusal("card_declined", "insufficient_funds"), method=method)


def moved_on(intent: Json, move: str) -> Refused:
    """400: the intent's status does not allow this."""
    message = f"You cannot {move} this PaymentIntent because it has a status of {intent['status']}."
    error = {
        "type": REQUEST,
        "code": "payment_intent_unexpected_state",
        "message": message,
        "payment_intent": intent,
    }
    return Refused(400, error)


def _require_amount(cents: int) -> None:
    if cents < FEWEST_CENTS:
        raise invalid("Amount must be at least $0.50 usd", code="amount_too_small", param="amount")
    if cents > MOST_CENTS:
        raise invalid("Amount must be no more than $999,999.99", code="amount_too_large", param="amount")


def _method_types(form: Json) -> list[str]:
    automatic = form.get("automatic_payment_methods", {})
    if automatic.get("enabled") and "payment_method_types" in form:
        raise invalid("You may only specify one of: automatic_payment_methods, payment_method_types.")
    may_redirect = automatic.get("enabled") and automatic.get("allow_redirects") != "never"
    if may_redirect and form.get("confirm") and "return_url" not in form:
        raise invalid(
            "Some of the payment methods enabled in your Dashboard might redirect your customer off of your"
            " page: you must provide a `return_url`."
        )
    types: list[str] = form.get("payment_method_types", ["card"])
    return types


def _confirmed(books: Books, intent: Json, method: Json) -> Json:
    intent |= {"payment_method": method["id"], "last_payment_error": None}
    acts = behaviour(method)
    if acts.asks:
        intent |= {"status": "requires_action", "next_action": _three_d_secure(intent)}
        books.emit("payment_intent.requires_action", intent)
        return intent
    if acts.declines is not None:
        raise card_error(_failed(books, intent, refusal(*acts.declines), method=method))
    if books.slow_payments:
        books.slow_payments -= 1
        intent["status"] = "processing"
        books.emit("payment_intent.processing", intent)
        return intent
    return _charged(books, intent, method)


def _charged(books: Books, intent: Json, method: Json) -> Json:
    charge = _charge(books, intent, method, status="succeeded")
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
    }
    books.available_cents += intent["amount"]
    books.emit("charge.succeeded", charge)
    books.emit("payment_intent.succeeded", intent)
    if behaviour(method).disputed:
        open_dispute(books, charge)
    return intent


def _failed(books: Books, intent: Json, error: Json, *, method: Json | None = None) -> Json:
    """The intent waits for another payment method. A bank that refused leaves a failed charge behind."""
    intent |= {"status": "requires_payment_method", "payment_method": None}
    if method is not None:
        charge = _charge(books, intent, method, status="failed", failure_code=error["code"])
        intent["latest_charge"] = charge["id"]
        error = {**error, "charge": charge["id"], "payment_method": method}
        books.emit("charge.failed", charge)
    intent["last_payment_error"] = error
    books.emit("payment_intent.payment_failed", intent)
    return intent


def _charge(books: Books, intent: Json, method: Json, *, status: str, **fields: Any) -> Json:
    paid = status == "succeeded"
    return books.add(
        "charge",
        amount=intent["amount"],
        amount_captured=intent["amount"] if paid else 0,
        amount_refunded=0,
        billing_details=method["billing_details"],
        captured=paid,
        currency=intent["currency"],
        disputed=False,
        livemode=False,
        metadata=intent["metadata"],
        paid=paid,
        payment_intent=intent["id"],
        payment_method=method["id"],
        refunded=False,
        status=status,
        transfer_group=intent["transfer_group"],
        **fields,
    )


def _three_d_secure(intent: Json) -> Json:
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "source": intent["id"]},
    }
