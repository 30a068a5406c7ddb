"""What Stripe is asked for, read on its side."""

import pytest

from adapters.memory.testing.gateways import charged, make_charge, make_refund, make_transfer
from adapters.stripe.gateway import API_VERSION, StripeGateway
from core.domain.gateway import Declined, Succeeded, Unknown
from tests.servers.stripe import Fault, StripeServer
from tests.servers.stripe.description import description
from tests.stripe.access import ATTEMPTS, gateway_to


def test_the_version_that_is_asked_for_is_the_one_that_is_described() -> None:
    assert description().version == API_VERSION


async def test_a_charge_carries_every_id_and_amount_of_ours(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    await gateway.charge(
        make_charge(idempotency_key="pi:1", amount_cents=30_000, metadata={"order_id": "1", "user_id": "2"})
    )
    (intent,) = stripe_server.all("payment_intent")

    assert {
        "order_id": "1",
        "user_id": "2",
        "idempotency_key": "pi:1",
        "amount_cents": "30000",
        "currency": "usd",
    } == intent["metadata"]
    assert (30_000, "usd", "succeeded") == (intent["amount"], intent["currency"], intent["status"])
    assert {"enabled": True, "allow_redirects": "never"} == intent["automatic_payment_methods"]


async def test_refunds_and_transfers_carry_them_too(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    ref = await charged(gateway)
    await gateway.refund(make_refund(ref, idempotency_key="rf:1", metadata={"refund_id": "1"}))
    await gateway.transfer(make_transfer(idempotency_key="tr:1", metadata={"payout_id": "1"}))
    (refund,), (transfer,) = stripe_server.all("refund"), stripe_server.all("transfer")

    ours = {"currency": "usd"}
    assert ours | {"refund_id": "1", "idempotency_key": "rf:1", "amount_cents": "4000"} == refund["metadata"]
    assert (
        ours | {"payout_id": "1", "idempotency_key": "tr:1", "amount_cents": "6800"} == transfer["metadata"]
    )
    assert "tr:1" == transfer["transfer_group"]


async def test_chosen_kinds_of_payment_replace_the_automatic_ones(stripe_server: StripeServer) -> None:
    gateway = gateway_to(stripe_server, payment_method_types=("card",))
    ref = await charged(gateway)
    await gateway.close()

    (intent,) = stripe_server.all("payment_intent")
    assert (ref, ["card"], None) == (
        intent["id"],
        intent["payment_method_types"],
        intent["automatic_payment_methods"],
    )


async def test_a_practitioner_without_an_account_is_not_paid(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    outcome = await gateway.transfer(make_transfer(destination=None))

    assert isinstance(outcome, Declined)
    assert ("account_missing", 0) == (outcome.code, stripe_server.requests("transfer"))


@pytest.mark.parametrize(
    ("destination", "balance", "code"),
    [("acct_nobody", 10**9, "resource_missing"), ("acct_practitioner", 6_799, "balance_insufficient")],
)
async def test_a_transfer_that_cannot_be_made_is_declined(
    gateway: StripeGateway, stripe_server: StripeServer, destination: str, balance: int, code: str
) -> None:
    stripe_server.set_balance(balance)
    outcome = await gateway.transfer(make_transfer(destination=destination))

    assert isinstance(outcome, Declined)
    assert code == outcome.code


async def test_a_key_that_opens_nothing_decides_nothing(stripe_server: StripeServer) -> None:
    gateway = gateway_to(stripe_server, api_key="sk_test_of_somebody_else")
    request = make_charge()
    outcomes = [
        await gateway.charge(request),
        await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None),
        await gateway.cancel_charge(idempotency_key=request.idempotency_key, ref=None),
        await gateway.transfer(make_transfer()),
    ]
    await gateway.close()

    assert [Unknown] * 4 == [type(outcome) for outcome in outcomes]


async def test_the_log_tells_the_request_and_nothing_of_the_customers(
    gateway: StripeGateway, stripe_server: StripeServer, caplog: pytest.LogCaptureFixture
) -> None:
    stripe_server.script("charge", *[Fault.UNAVAILABLE] * ATTEMPTS)
    await gateway.charge(make_charge(metadata={"user_id": "eva"}))
    await gateway.charge(make_charge(payment_method_id="pm_card_chargeDeclined"))

    assert ["stripe did not do it: charge: APIError 503 (req_test), code None"] == caplog.messages


async def test_a_ref_that_stripe_does_not_know_proves_nothing(gateway: StripeGateway) -> None:
    found = [
        await gateway.find_charge(idempotency_key="pi:1", ref="pi_of_another_account"),
        await gateway.find_refund(idempotency_key="rf:1", ref="re_of_another_account"),
        await gateway.find_transfer(idempotency_key="tr:1", ref="tr_of_another_account"),
        await gateway.cancel_charge(idempotency_key="pi:1", ref="pi_of_another_account"),
    ]

    assert [Unknown] * 4 == [type(outcome) for outcome in found]


async def test_the_amount_stripe_takes_at_least(gateway: StripeGateway) -> None:
    too_little = await gateway.charge(make_charge(amount_cents=49))

    assert isinstance(too_little, Declined)
    assert "amount_too_small" == too_little.code
    assert Succeeded is type(await gateway.charge(make_charge(amount_cents=50)))
