"""Disputes: a cardholder takes a charge back through their bank."""

from tests.servers.stripe.books import Books
from tests.servers.stripe.description import Json, description
from tests.servers.stripe.refusals import invalid


def open_dispute(books: Books, charge: Json, *, reason: str = "fraudulent") -> Json:
    """The bank takes the money back until it has decided."""
    charge["disputed"] = True
    books.available_cents -= charge["amount"]
    made = books.add(
        "dispute",
        amount=charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence=_no_evidence(),
        evidence_details={
            "due_by": books.now() + 7 * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=False,
        livemode=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="needs_response",
    )
    books.emit("charge.dispute.created", made)
    return made


def close_dispute(books: Books, dispute: str, *, won: bool) -> Json:
    """The bank decides. Refused if it has decided before."""
    found = books.get("dispute", dispute)
    if found["status"] in ("won", "lost"):
        raise invalid(f"This dispute is closed: it was {found['status']}.")
    found["status"] = "won" if won else "lost"
    if won:
        books.available_cents += found["amount"]
        books.emit("charge.dispute.funds_reinstated", found)
    books.emit("charge.dispute.closed", found)
    return found


def retrieve(books: Books, form: Json, dispute: str) -> Json:
    """The dispute as it is now."""
    return books.get("dispute", dispute)


def listed(books: Books, form: Json) -> Json:
    """A page of disputes."""
    return books.listed("dispute", form, "charge", "payment_intent", url="/v1/disputes")


def _no_evidence() -> Json:
    """Every field that the description asks for, with nothing in it."""
    wanted: list[str] = description().required("dispute_evidence")
    return {name: {} if name == "enhanced_evidence" else None for name in wanted}
