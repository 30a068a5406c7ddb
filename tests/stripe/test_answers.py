"""What is made of Stripe's answers, also of those that change later."""

from typing import cast

import pytest

from adapters.memory.testing.gateways import charged, make_charge, make_refund, make_transfer
from adapters.stripe.gateway import StripeGateway
from core.domain.gateway import (
    Canceled,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    Processing,
    RequiresAction,
    Reversed,
    Succeeded,
)
from tests.servers.stripe import StripeServer

ASKING = "pm_card_authenticationRequired"


async def truth(gateway: StripeGateway, request: ChargeRequest) -> ChargeOutcome:
    return await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None)


def code_of(outcome: object) -> str:
    return cast("Declined", outcome).code


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
    ],
)
async def test_a_declined_card_is_told_alike_at_once_and_later(
    gateway: StripeGateway, card: str, code: str
) -> None:
    request = make_charge(payment_method_id=card)
    told = await gateway.charge(request)

    assert code == code_of(told)
    assert told == await truth(gateway, request)
    assert told == await truth(gateway, request)


async def test_a_customer_who_fails_to_authenticate_cannot_pay_any_more(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(payment_method_id=ASKING)
    asked = cast("RequiresAction", await gateway.charge(request))
    stripe_server.authenticate(asked.ref, success=False)

    assert "payment_intent_authentication_failure" == code_of(await truth(gateway, request))
    assert ["canceled"] == [intent["status"] for intent in stripe_server.all("payment_intent")]
    assert "payment_intent_authentication_failure" == code_of(await truth(gateway, request))


async def test_a_customer_who_pays_with_another_card_before_anybody_looks_has_paid(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(payment_method_id=ASKING)
    asked = cast("RequiresAction", await gateway.charge(request))
    stripe_server.authenticate(asked.ref, success=False)
    stripe_server.confirm(asked.ref, "pm_card_visa")

    assert Succeeded(ref=asked.ref) == await truth(gateway, request)


async def test_an_authenticated_card_may_still_be_declined(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(payment_method_id="pm_card_threeDSecureRequiredChargeDeclined")
    asked = cast("RequiresAction", await gateway.charge(request))
    stripe_server.authenticate(asked.ref)

    assert "card_declined" == code_of(await truth(gateway, request))


async def test_the_same_key_again_tells_the_present_and_not_the_stored_answer(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(payment_method_id=ASKING)
    asked = cast("RequiresAction", await gateway.charge(request))
    stripe_server.authenticate(asked.ref)

    assert Succeeded(ref=asked.ref) == await gateway.charge(request)


async def test_a_charge_that_was_given_up_by_hand_is_canceled(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(payment_method_id=ASKING)
    asked = cast("RequiresAction", await gateway.charge(request))
    stripe_server.cancel_intent(asked.ref)

    assert Canceled(ref=asked.ref) == await truth(gateway, request)
    assert Canceled(ref=asked.ref) == await gateway.cancel_charge(
        idempotency_key=request.idempotency_key, ref=asked.ref
    )


@pytest.mark.parametrize(("success", "expected"), [(True, Succeeded), (False, Declined)])
async def test_a_charge_with_the_bank_goes_on(
    gateway: StripeGateway, stripe_server: StripeServer, success: bool, expected: type[ChargeOutcome]
) -> None:
    stripe_server.slow_payments(1)
    request = make_charge()
    first = cast("Processing", await gateway.charge(request))
    key = request.idempotency_key

    assert Processing is type(first)
    assert first == await gateway.cancel_charge(idempotency_key=key, ref=first.ref)
    stripe_server.finish_payment(first.ref, success=success)
    assert expected is type(await truth(gateway, request))


async def test_a_slow_refund_is_in_processing_until_it_succeeds(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_refund(await charged(gateway, payment_method_id="pm_card_pendingRefund"))
    first = cast("Processing", await gateway.refund(request))
    assert Processing is type(first)
    stripe_server.finish_refund(first.ref)

    assert Succeeded(ref=first.ref) == await gateway.refund(request)
    assert Succeeded(ref=first.ref) == await gateway.find_refund(
        idempotency_key=request.idempotency_key, ref=first.ref
    )


async def test_a_refund_may_fail_long_after_it_succeeded(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_refund(await charged(gateway, payment_method_id="pm_card_refundFail"))
    first = cast("Succeeded", await gateway.refund(request))
    stripe_server.finish_refund(first.ref)

    assert "refund_failed" == code_of(await gateway.find_refund(idempotency_key="?", ref=first.ref))
    assert 0 == stripe_server.refunded_cents()


async def test_a_charge_that_was_refunded_in_full_says_so(gateway: StripeGateway) -> None:
    ref = await charged(gateway, amount_cents=4_000)
    await gateway.refund(make_refund(ref))

    assert "charge_already_refunded" == code_of(await gateway.refund(make_refund(ref, amount_cents=1)))


async def test_what_was_taken_back_of_a_transfer_is_told_as_its_sum(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_transfer(amount_cents=6_800)
    made = cast("Succeeded", await gateway.transfer(request))
    key = request.idempotency_key

    stripe_server.reverse_transfer(made.ref, amount=6_000)
    partly = await gateway.find_transfer(idempotency_key=key, ref=made.ref)
    stripe_server.reverse_transfer(made.ref, amount=800)

    assert Reversed(ref=made.ref, reversed_cents=6_000) == partly
    for ref in (None, made.ref):
        found = await gateway.find_transfer(idempotency_key=key, ref=ref)
        assert Reversed(ref=made.ref, reversed_cents=6_800) == found
