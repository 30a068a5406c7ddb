"""Whatever is lost, late or broken between us and Stripe: one effect, and in the end the truth."""

import asyncio
from typing import cast

import pytest

from adapters.memory.testing.gateways import charged, make_charge, make_refund, make_transfer
from adapters.stripe.gateway import StripeGateway
from core.domain.gateway import Absent, Declined, Succeeded, Unknown
from tests.servers.stripe import Fault, StripeServer
from tests.stripe.access import ATTEMPTS, gateway_to

DAY = 24 * 3600


async def test_an_answer_lost_at_every_attempt_leaves_one_charge_that_is_found(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(amount_cents=30_000)
    stripe_server.script("charge", *[Fault.LOST_AFTER] * ATTEMPTS)

    assert Unknown is type(await gateway.charge(request))
    found = await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None)
    assert Succeeded is type(found)
    assert (30_000, 1, ATTEMPTS) == (
        stripe_server.charged_cents(),
        len(stripe_server.all("charge")),
        stripe_server.requests("charge"),
    )


@pytest.mark.parametrize(
    "faults",
    [
        [Fault.THROTTLED],
        [Fault.THROTTLED, Fault.THROTTLED],
        [Fault.UNAVAILABLE],
        [Fault.LOST_BEFORE],
        [Fault.LOST_AFTER],
        [Fault.UNAVAILABLE, Fault.LOST_AFTER],
        [Fault.LOST_AFTER, Fault.LOST_AFTER],
        [Fault.GARBLED],
    ],
)
async def test_a_charge_survives_what_passes(
    gateway: StripeGateway, stripe_server: StripeServer, faults: list[Fault]
) -> None:
    stripe_server.script("charge", *faults)

    assert Succeeded is type(await gateway.charge(make_charge(amount_cents=30_000)))
    assert 30_000 == stripe_server.charged_cents()
    assert len(faults) + 1 == stripe_server.requests("charge")


async def test_throttling_that_does_not_pass_is_no_decline(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge()
    stripe_server.script("charge", *[Fault.THROTTLED] * ATTEMPTS)

    assert Unknown is type(await gateway.charge(request))
    assert Absent() == await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None)


async def test_stripes_word_against_asking_again_is_heard(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    stripe_server.script("charge", Fault.DISMISSED)

    assert Unknown is type(await gateway.charge(make_charge()))
    assert 1 == stripe_server.requests("charge")


async def test_a_lock_that_is_gone_after_the_advised_second_costs_that_second(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    stripe_server.script("charge", Fault.LOCKED)
    began = asyncio.get_running_loop().time()

    assert Succeeded is type(await gateway.charge(make_charge()))
    assert asyncio.get_running_loop().time() - began >= 1


@pytest.mark.parametrize(
    ("fault", "charges", "expected"), [(Fault.BROKEN_BEFORE, 0, Absent), (Fault.BROKEN_AFTER, 1, Succeeded)]
)
async def test_a_500_that_is_kept_under_its_key_is_told_apart_by_looking(
    gateway: StripeGateway, stripe_server: StripeServer, fault: Fault, charges: int, expected: type
) -> None:
    request = make_charge()
    stripe_server.script("charge", fault)

    assert Unknown is type(await gateway.charge(request))
    assert Unknown is type(await gateway.charge(request))
    assert expected is type(await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None))
    assert charges == len(stripe_server.all("charge"))


@pytest.mark.parametrize(
    ("fault", "expected"), [(Fault.HANGS_BEFORE, Absent), (Fault.HANGS_AFTER, Succeeded)]
)
async def test_a_request_without_an_answer_times_out(
    stripe_server: StripeServer, fault: Fault, expected: type
) -> None:
    gateway = gateway_to(stripe_server, timeout_seconds=0.2)
    request = make_charge()
    stripe_server.script("charge", *[fault] * ATTEMPTS)

    assert Unknown is type(await gateway.charge(request))
    assert expected is type(await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None))
    await gateway.close()


async def test_a_key_that_is_in_use_waits_for_its_first_request(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge()
    stripe_server.script("charge", Fault.HELD)
    first = asyncio.create_task(gateway.charge(request))
    await stripe_server.held()

    assert Unknown is type(await gateway.charge(request))
    stripe_server.go_on()
    assert Succeeded is type(await first)
    assert await first == await gateway.charge(request)
    assert 1 == len(stripe_server.all("charge"))


async def test_a_key_that_came_with_other_words_decides_nothing(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(idempotency_key="pi:1", amount_cents=30_000)
    await gateway.charge(request)

    assert Unknown is type(await gateway.charge(make_charge(idempotency_key="pi:1", amount_cents=40_000)))
    assert Succeeded is type(await gateway.find_charge(idempotency_key="pi:1", ref=None))
    assert 30_000 == stripe_server.charged_cents()


async def test_a_key_that_stripe_has_forgotten_is_still_found(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge()
    ref = await charged(gateway, idempotency_key=request.idempotency_key)
    stripe_server.advance(DAY)

    found = await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None)
    assert Succeeded(ref=ref) == found


@pytest.mark.parametrize("operation", ["refund", "transfer"])
async def test_a_lost_answer_moves_money_once(
    gateway: StripeGateway, stripe_server: StripeServer, operation: str
) -> None:
    ref = await charged(gateway, amount_cents=10_000)
    stripe_server.script(operation, Fault.LOST_AFTER)
    outcome = await (
        gateway.refund(make_refund(ref)) if operation == "refund" else gateway.transfer(make_transfer())
    )

    assert Succeeded is type(outcome)
    assert [1, 2] == [len(stripe_server.all(operation)), stripe_server.requests(operation)]


@pytest.mark.parametrize("operation", ["find_charge", "find_refund", "find_transfer", "cancel_charge"])
@pytest.mark.parametrize("ref", [None, "known"])
async def test_a_lookup_without_an_answer_proves_nothing(
    gateway: StripeGateway, stripe_server: StripeServer, operation: str, ref: str | None
) -> None:
    stripe_server.script(operation.replace("cancel", "find"), *[Fault.UNAVAILABLE] * ATTEMPTS)
    found = await getattr(gateway, operation)(idempotency_key="?", ref=ref)

    assert Unknown is type(found)


async def test_giving_up_is_repeated_until_it_is_certain(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(payment_method_id="pm_card_authenticationRequired")
    await gateway.charge(request)
    stripe_server.script("cancel_charge", Fault.LOST_AFTER)
    outcome = await gateway.cancel_charge(idempotency_key=request.idempotency_key, ref=None)

    assert "Canceled" == type(outcome).__name__
    assert 2 == stripe_server.requests("cancel_charge")


async def test_a_decline_whose_answer_was_lost_is_a_decline(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    request = make_charge(payment_method_id="pm_card_chargeDeclinedInsufficientFunds")
    stripe_server.script("charge", *[Fault.LOST_AFTER] * ATTEMPTS)
    await gateway.charge(request)

    found = await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None)
    assert "insufficient_funds" == cast("Declined", found).code
