"""Transfers to connected accounts, and their reversals."""

from typing import Any

from tests.servers.stripe.books import Books
from tests.servers.stripe.description import Json
from tests.servers.stripe.refusals import invalid


def add_account(books: Books, identity: str) -> Json:
    """A connected account that takes transfers. Its id is given, which only tests can."""
    return books.add(
        "account",
        id=identity,
        capabilities={"transfers": "active"},
        charges_enabled=True,
        country="US",
        default_currency="usd",
        details_submitted=True,
        metadata={},
        payouts_enabled=True,
        type="express",
    )


def change_account(books: Books, identity: str, **values: Any) -> Json:
    """Stripe has verified the owner, or wants to know more. `transfers` is that capability's status."""
    found = books.get("account", identity)
    transfers = values.pop("transfers", None)
    if transfers is not None:
        found["capabilities"] = {"transfers": transfers}
    found.update(values)
    books.emit("account.updated", found)
    return found


def account(books: Books, form: Json, account: str) -> Json:
    """The connected account."""
    return books.get("account", account)


def create(books: Books, form: Json) -> Json:
    """Move money from the platform's balance to a connected account, at once."""
    if "amount" not in form:
        raise invalid("Missing required param: amount.", param="amount", code="parameter_missing")
    destination = books.get("account", form["destination"], param="destination")
    if destination["capabilities"]["transfers"] != "active":
        raise invalid(
            "Your destination account needs to have at least one of the following capabilities enabled:"
            " transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    amount = form["amount"]
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param="amount")
    if amount > books.available_cents:
        raise invalid(
            "You have insufficient available funds in your Stripe account.", code="balance_insufficient"
        )
    books.available_cents -= amount
    made = books.add(
        "transfer",
        amount=amount,
        amount_reversed=0,
        balance_transaction=None,
        currency=form["currency"],
        description=form.get("description"),
        destination=destination["id"],
        livemode=False,
        metadata=form.get("metadata", {}),
        reversals=_no_reversals(),
        reversed=False,
        source_transaction=None,
        source_type="card",
        transfer_group=form.get("transfer_group"),
    )
    made["reversals"]["url"] = f"/v1/transfers/{made['id']}/reversals"
    books.emit("transfer.created", made)
    return made


def retrieve(books: Books, form: Json, transfer: str) -> Json:
    """The transfer as it is now."""
    return books.get("transfer", transfer)


def listed(books: Books, form: Json) -> Json:
    """A page of transfers."""
    return books.listed("transfer", form, "destination", "transfer_group", url="/v1/transfers")


def reverse(books: Books, form: Json, id: str) -> Json:  # noqa: A002 - the description names it so
    """Take back a part of a transfer, or all that is left of it."""
    transfer = books.get("transfer", id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = form.get("amount", left)
    if not 1 <= amount <= left:
        raise invalid(
            f"Reversal amount ({amount}) is greater than unreversed amount ({left}).", param="amount"
        )
    made = books.add(
        "transfer_reversal",
        amount=amount,
        balance_transaction=None,
        currency=transfer["currency"],
        destination_payment_refund=None,
        metadata=form.get("metadata", {}),
        source_refund=None,
        transfer=transfer["id"],
    )
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, made)
    books.available_cents += amount
    books.emit("transfer.reversed", transfer)
    return made


def _no_reversals() -> dict[str, Any]:
    return {"object": "list", "data": [], "has_more": False, "url": ""}
