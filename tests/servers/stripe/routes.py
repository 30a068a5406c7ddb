"""Which endpoints there are: the description's operations that this server carries out."""

from collections.abc import Callable
from typing import Any, Final

from tests.servers.stripe import disputes, intents, refunds, transfers
from tests.servers.stripe.books import Books
from tests.servers.stripe.description import Json

Handler = Callable[..., Json]
"""Takes the books, the form and the names in the path; gives the answer or raises Refused."""


def event(books: Books, form: Json, id: str) -> Json:  # noqa: A002 - the description names it so
    """What happened, as it looked then."""
    return books.get("event", id)


def events(books: Books, form: Json) -> Json:
    """A page of events."""
    return books.listed("event", form, "type", url="/v1/events")


def charge(books: Books, form: Json, charge: str) -> Json:
    """The charge as it is now."""
    return books.get("charge", charge)


def payment_method(books: Books, form: Json, payment_method: str) -> Json:
    """The payment method."""
    return books.get("payment_method", payment_method)


ROUTES: Final[dict[tuple[str, str], Handler]] = {
    ("post", "/v1/payment_intents"): intents.create,
    ("get", "/v1/payment_intents"): intents.listed,
    ("get", "/v1/payment_intents/{intent}"): intents.retrieve,
    ("post", "/v1/payment_intents/{intent}/confirm"): intents.confirm,
    ("post", "/v1/payment_intents/{intent}/cancel"): intents.cancel,
    ("get", "/v1/charges/{charge}"): charge,
    ("get", "/v1/payment_methods/{payment_method}"): payment_method,
    ("post", "/v1/refunds"): refunds.create,
    ("get", "/v1/refunds"): refunds.listed,
    ("get", "/v1/refunds/{refund}"): refunds.retrieve,
    ("post", "/v1/transfers"): transfers.create,
    ("get", "/v1/transfers"): transfers.listed,
    ("get", "/v1/transfers/{transfer}"): transfers.retrieve,
    ("post", "/v1/transfers/{id}/reversals"): transfers.reverse,
    ("get", "/v1/accounts/{account}"): transfers.account,
    ("get", "/v1/disputes"): disputes.listed,
    ("get", "/v1/disputes/{dispute}"): disputes.retrieve,
    ("get", "/v1/events"): events,
    ("get", "/v1/events/{id}"): event,
}


def authenticate(books: Books, form: Json, intent: str) -> Json:
    """A test route: the customer's browser finishes 3-D Secure, or with `success=false` fails to."""
    return intents.authenticate(books, intent, success=form.get("success", "true") == "true")


def finish_payment(books: Books, form: Json, intent: str) -> Json:
    """A test route: the bank decides about a payment in processing."""
    return intents.finish(books, intent, success=form.get("success", "true") == "true")


def finish_refund(books: Books, form: Json, refund: str) -> Json:
    """A test route: some days pass for a refund."""
    return refunds.finish(books, refund)


def open_dispute(books: Books, form: Json, charge: str) -> Json:
    """A test route: the cardholder takes a charge back."""
    return disputes.open_dispute(books, books.get("charge", charge))


def close_dispute(books: Books, form: Json, dispute: str) -> Json:
    """A test route: the bank decides about a dispute."""
    return disputes.close_dispute(books, dispute, won=form.get("won") == "true")


def add_account(books: Books, form: Json, account: str) -> Json:
    """A test route: a practitioner has finished Stripe's onboarding."""
    return transfers.add_account(books, account)


TEST_ROUTES: Final[dict[tuple[str, ...], Any]] = {
    ("payment_intents", "authenticate"): authenticate,
    ("payment_intents", "finish"): finish_payment,
    ("refunds", "finish"): finish_refund,
    ("charges", "dispute"): open_dispute,
    ("disputes", "close"): close_dispute,
    ("accounts", "add"): add_account,
}
"""`POST /_test/{kind}/{id}/{what}`: what customers and banks do."""
