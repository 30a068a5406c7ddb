"""Stripe's disputes in the port's words."""

from uuid import UUID

import pytest
import stripe

from adapters.memory.testing.gateways import charged
from adapters.stripe.disputes import dispute_report
from adapters.stripe.gateway import StripeGateway
from core.domain.statuses import DisputeStatus
from tests.servers.stripe import Fault, StripeServer
from tests.stripe.access import ATTEMPTS

PAYMENT = UUID("00000000-0000-7000-8000-000000000001")


def dispute(status: str) -> stripe.Dispute:
    fields = {"id": "dp_1", "amount": 700, "currency": "usd", "status": status, "reason": "duplicate"}
    return stripe.Dispute.construct_from(fields, "sk_test")


def intent(**metadata: str) -> stripe.PaymentIntent:
    return stripe.PaymentIntent.construct_from({"id": "pi_1", "metadata": metadata}, "sk_test")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("needs_response", DisputeStatus.OPEN),
        ("under_review", DisputeStatus.OPEN),
        ("won", DisputeStatus.WON),
        ("lost", DisputeStatus.LOST),
        ("warning_needs_response", None),
        ("warning_under_review", None),
        ("warning_closed", None),
        ("prevented", None),
    ],
)
def test_an_inquiry_has_moved_no_money(status: str, expected: DisputeStatus | None) -> None:
    assert expected is dispute_report(dispute(status), intent()).status


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (intent(payment_id=str(PAYMENT)), PAYMENT),
        (intent(payment_id="of somebody else"), None),
        (intent(), None),
        (None, None),
    ],
)
def test_our_payment_is_named_by_its_intent(
    about: stripe.PaymentIntent | None, expected: UUID | None
) -> None:
    report = dispute_report(dispute("lost"), about)

    assert (expected, 700, "usd", "duplicate") == (
        report.payment_id,
        report.amount_cents,
        report.currency,
        report.reason,
    )


async def test_no_answer_is_none(gateway: StripeGateway, stripe_server: StripeServer) -> None:
    ref = await charged(gateway, metadata={"payment_id": str(PAYMENT)})
    (charge,) = stripe_server.all("charge", payment_intent=ref)
    made = stripe_server.open_dispute(charge["id"])["id"]
    stripe_server.script("find_charge", *[Fault.LOST_AFTER] * ATTEMPTS)

    assert await gateway.find_dispute(made) is None
    assert await gateway.find_dispute(made) is not None
