"""Examples of what is charged, given back, earned and paid out, and of requests."""

from attrs import evolve

from adapters.memory.testing.builders import (
    make_booking,
    make_dispute,
    make_earnings,
    make_order,
    make_payment,
    make_payout,
    make_practitioner,
    make_refund,
    make_service,
    make_session,
)
from adapters.memory.testing.example import LATER, TEXT, Example
from adapters.memory.testing.ids import LARGEST, new_id
from adapters.memory.testing.journal import make_idempotency
from core.domain.orders import Destination, RefundLine
from core.domain.statuses import (
    DisputeStatus,
    EarningsStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
)


def payment() -> Example:
    """A charge that waits for the customer."""
    sold = make_order(subtotal_amount_cents=LARGEST)
    first = make_payment(
        sold,
        status=PaymentStatus.REQUIRES_ACTION,
        gateway_ref="pi_1",
        client_secret="pi_1_of_the_customer",  # noqa: S106 - opens nothing
    )
    second = evolve(
        first,
        status=PaymentStatus.FAILED,
        client_secret=None,
        failure_code="card_declined",
        failure_message=TEXT,
        updated_at=LATER,
        version=2,
    )
    return Example(needs=(sold,), first=first, second=second)


def refund() -> Example:
    """A refund of two lines."""
    seller = make_practitioner()
    offer = make_service(seller)
    place = make_session(offer, current_participants=1)
    sold = make_order(offer, subtotal_amount_cents=LARGEST, credits_applied_cents=1)
    seat = make_booking(sold, place)
    charge = make_payment(sold)
    line = RefundLine(booking_id=seat.id, value_cents=LARGEST, refund_percent=100, refund_cents=LARGEST)
    first = make_refund(sold, charge, destination=Destination.CREDITS, lines=(line, line), reason=TEXT)
    second = evolve(
        first,
        status=RefundStatus.FAILED,
        gateway_ref="re_1",
        failure_code="expired_card",
        retried_at=LATER,
        updated_at=LATER,
        version=2,
    )
    return Example(needs=(seller, offer, place, sold, seat, charge), first=first, second=second)


def dispute() -> Example:
    """A dispute that is lost."""
    sold = make_order(subtotal_amount_cents=LARGEST)
    charge = make_payment(sold)
    first = make_dispute(charge, gateway_ref="dp_1", reason=TEXT)
    second = evolve(first, status=DisputeStatus.LOST, closed_at=LATER, version=2)
    return Example(needs=(sold, charge), first=first, second=second)


def earnings() -> Example:
    """Projected earnings that become available."""
    seller = make_practitioner()
    offer = make_service(seller)
    place = make_session(offer, current_participants=1)
    sold = make_order(offer)
    seat = make_booking(sold, place)
    transfer = make_payout(seller)
    first = make_earnings(seat, gross_amount_cents=LARGEST, status=EarningsStatus.PROJECTED)
    second = evolve(
        first,
        status=EarningsStatus.AVAILABLE,
        available_after=LATER,
        payout_id=transfer.id,
        frozen=True,
        version=2,
    )
    return Example(needs=(seller, offer, place, sold, seat, transfer), first=first, second=second)


def payout() -> Example:
    """A transfer that fails."""
    seller = make_practitioner()
    first = make_payout(
        seller, amount_cents=LARGEST, earnings_count=2**20, carried_cents=-LARGEST, destination="acct_1"
    )
    second = evolve(
        first,
        status=PayoutStatus.FAILED,
        reversed_cents=LARGEST - 1,
        gateway_ref="tr_1",
        failure_code="account_closed",
        updated_at=LATER,
        version=2,
    )
    return Example(needs=(seller,), first=first, second=second)


def idempotency() -> Example:
    """A request that is answered."""
    first = make_idempotency(actor="user:ü", key="k-é", subject_id=new_id())
    second = evolve(first, status_code=201, body=TEXT, version=2)
    return Example(first=first, second=second)
