"""Contract: charges, each told apart by its key, and the truth about them whatever was lost."""

# ruff: noqa: S101 - assert is how a contract speaks

import asyncio
from typing import cast

import pytest

from adapters.memory.testing.gateways import Outside, charged, make_charge, new_key
from adapters.memory.testing.ids import LARGEST
from core.domain.gateway import Absent, Canceled, Declined, RequiresAction, Succeeded, Unknown
from ports.payments import PaymentGateway

ASKING_CARD = "pm_card_authenticationRequired"


class Charges:
    """What `charge`, `find_charge` and `cancel_charge` promise."""

    async def test_a_good_card_is_charged(self, gateway: PaymentGateway) -> None:
        assert Succeeded is type(await gateway.charge(make_charge()))

    @pytest.mark.parametrize(
        ("card", "code"),
        [
            ("pm_card_chargeDeclined", "card_declined"),
            ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
            ("pm_card_nobody_knows", "resource_missing"),
        ],
    )
    async def test_a_bad_card_is_declined_with_its_code(
        self, gateway: PaymentGateway, card: str, code: str
    ) -> None:
        outcome = await gateway.charge(make_charge(payment_method_id=card))

        assert code == cast("Declined", outcome).code

    async def test_the_same_key_again_tells_the_first_charge(self, gateway: PaymentGateway) -> None:
        request = make_charge()
        first = await gateway.charge(request)

        assert first == await gateway.charge(request)

    async def test_a_decline_stays_a_decline_under_its_key(self, gateway: PaymentGateway) -> None:
        request = make_charge(payment_method_id="pm_card_chargeDeclined")
        await gateway.charge(request)

        assert Declined is type(await gateway.charge(request))

    async def test_the_same_key_many_times_at_once_is_one_charge(self, gateway: PaymentGateway) -> None:
        request = make_charge()
        outcomes = await asyncio.gather(*(gateway.charge(request) for _ in range(16)))

        told = {outcome.ref for outcome in outcomes if isinstance(outcome, Succeeded)}
        assert len(told) == 1

    async def test_other_keys_are_other_charges(self, gateway: PaymentGateway) -> None:
        assert await charged(gateway) != await charged(gateway)

    async def test_the_largest_amount_can_be_charged(self, gateway: PaymentGateway) -> None:
        assert Succeeded is type(await gateway.charge(make_charge(amount_cents=LARGEST)))

    async def test_a_charge_is_found_by_its_key_alone(self, gateway: PaymentGateway) -> None:
        key = new_key()
        ref = await charged(gateway, idempotency_key=key)

        assert Succeeded(ref=ref) == await gateway.find_charge(idempotency_key=key, ref=None)

    async def test_a_charge_is_found_by_its_ref(self, gateway: PaymentGateway) -> None:
        key = new_key()
        ref = await charged(gateway, idempotency_key=key)

        assert Succeeded(ref=ref) == await gateway.find_charge(idempotency_key=key, ref=ref)

    async def test_a_charge_that_was_never_asked_for_is_absent(self, gateway: PaymentGateway) -> None:
        assert Absent() == await gateway.find_charge(idempotency_key=new_key(), ref=None)

    async def test_a_lost_request_charges_nothing(self, gateway: PaymentGateway, outside: Outside) -> None:
        request = make_charge()
        outside.lose_request("charge")
        outcome = await gateway.charge(request)

        assert Unknown is type(outcome)
        assert Absent() == await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None)
        assert Succeeded is type(await gateway.charge(request))

    async def test_a_charge_whose_answer_was_lost_is_found(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        request = make_charge()
        outside.lose_answer("charge")
        outcome = await gateway.charge(request)
        found = await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None)

        assert Unknown is type(outcome)
        assert Succeeded is type(found)
        assert found == await gateway.charge(request)

    async def test_a_charge_that_needs_the_customer_waits_for_them(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        request = make_charge(payment_method_id=ASKING_CARD)
        asked = cast("RequiresAction", await gateway.charge(request))

        assert asked.client_secret
        assert asked == await gateway.charge(request)
        assert asked == await gateway.find_charge(idempotency_key=request.idempotency_key, ref=asked.ref)

        await outside.customer_confirms(asked.ref)
        found = await gateway.find_charge(idempotency_key=request.idempotency_key, ref=asked.ref)
        assert Succeeded(ref=asked.ref) == found

    async def test_a_waiting_charge_that_is_given_up_can_no_longer_succeed(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        request = make_charge(payment_method_id=ASKING_CARD)
        asked = cast("RequiresAction", await gateway.charge(request))
        key = request.idempotency_key

        assert Canceled is type(await gateway.cancel_charge(idempotency_key=key, ref=asked.ref))
        await outside.customer_confirms(asked.ref)
        assert Canceled is type(await gateway.find_charge(idempotency_key=key, ref=asked.ref))
        assert Canceled is type(await gateway.cancel_charge(idempotency_key=key, ref=None))

    async def test_giving_up_too_late_tells_the_success(self, gateway: PaymentGateway) -> None:
        key = new_key()
        ref = await charged(gateway, idempotency_key=key)

        assert Succeeded(ref=ref) == await gateway.cancel_charge(idempotency_key=key, ref=None)

    async def test_there_is_nothing_to_give_up_under_an_unused_key(self, gateway: PaymentGateway) -> None:
        assert Absent() == await gateway.cancel_charge(idempotency_key=new_key(), ref=None)
