"""Contract: refunds never exceed their charge, and refunds and transfers happen once per key."""

# ruff: noqa: S101 - assert is how a contract speaks

import asyncio
from collections import Counter

from adapters.memory.testing.gateways import Outside, charged, make_refund, make_transfer, new_key
from core.domain.gateway import Absent, Declined, Succeeded, Unknown
from ports.payments import PaymentGateway


class Refunds:
    """What `refund` and `find_refund` promise."""

    async def test_a_charge_is_refunded_in_parts_and_never_more(self, gateway: PaymentGateway) -> None:
        ref = await charged(gateway, amount_cents=10_000)
        outcomes = [
            await gateway.refund(make_refund(ref, amount_cents=cents)) for cents in (6_000, 4_001, 4_000, 1)
        ]

        assert [Succeeded, Declined, Succeeded, Declined] == [type(outcome) for outcome in outcomes]

    async def test_refunds_at_once_never_exceed_their_charge(self, gateway: PaymentGateway) -> None:
        ref = await charged(gateway, amount_cents=10_000)
        outcomes = await asyncio.gather(
            *(gateway.refund(make_refund(ref, amount_cents=5_000)) for _ in range(8))
        )

        assert Counter({Succeeded: 2, Declined: 6}) == Counter(type(outcome) for outcome in outcomes)

    async def test_the_same_key_again_is_one_refund(self, gateway: PaymentGateway) -> None:
        ref = await charged(gateway, amount_cents=10_000)
        request = make_refund(ref, amount_cents=6_000)
        first = await gateway.refund(request)

        assert first == await gateway.refund(request)
        assert Succeeded is type(await gateway.refund(make_refund(ref, amount_cents=4_000)))

    async def test_a_charge_that_nobody_made_cannot_be_refunded(self, gateway: PaymentGateway) -> None:
        assert Declined is type(await gateway.refund(make_refund("pi_that_nobody_made")))

    async def test_a_refund_is_found_by_key_or_ref(self, gateway: PaymentGateway) -> None:
        request = make_refund(await charged(gateway))
        made = await gateway.refund(request)
        assert isinstance(made, Succeeded)
        key = request.idempotency_key

        assert made == await gateway.find_refund(idempotency_key=key, ref=None)
        assert made == await gateway.find_refund(idempotency_key=key, ref=made.ref)
        assert Absent() == await gateway.find_refund(idempotency_key=new_key(), ref=None)

    async def test_a_lost_refund_is_made_once(self, gateway: PaymentGateway, outside: Outside) -> None:
        request = make_refund(await charged(gateway, amount_cents=10_000), amount_cents=6_000)
        key = request.idempotency_key
        outside.lose_request("refund")
        assert Unknown is type(await gateway.refund(request))
        assert Absent() == await gateway.find_refund(idempotency_key=key, ref=None)

        outside.lose_answer("refund")
        assert Unknown is type(await gateway.refund(request))
        found = await gateway.find_refund(idempotency_key=key, ref=None)
        assert Succeeded is type(found)
        assert found == await gateway.refund(request)


class Transfers:
    """What `transfer` and `find_transfer` promise."""

    async def test_money_reaches_a_practitioner(self, gateway: PaymentGateway) -> None:
        assert Succeeded is type(await gateway.transfer(make_transfer()))

    async def test_the_same_key_again_is_one_transfer(self, gateway: PaymentGateway) -> None:
        request = make_transfer()
        first = await gateway.transfer(request)

        assert first == await gateway.transfer(request)

    async def test_a_transfer_is_found_by_key_or_ref(self, gateway: PaymentGateway) -> None:
        request = make_transfer()
        made = await gateway.transfer(request)
        assert isinstance(made, Succeeded)
        key = request.idempotency_key

        assert made == await gateway.find_transfer(idempotency_key=key, ref=None)
        assert made == await gateway.find_transfer(idempotency_key=key, ref=made.ref)
        assert Absent() == await gateway.find_transfer(idempotency_key=new_key(), ref=None)

    async def test_a_lost_transfer_is_made_once(self, gateway: PaymentGateway, outside: Outside) -> None:
        request = make_transfer()
        key = request.idempotency_key
        outside.lose_request("transfer")
        assert Unknown is type(await gateway.transfer(request))
        assert Absent() == await gateway.find_transfer(idempotency_key=key, ref=None)

        outside.lose_answer("transfer")
        assert Unknown is type(await gateway.transfer(request))
        found = await gateway.find_transfer(idempotency_key=key, ref=None)
        assert Succeeded is type(found)
        assert found == await gateway.transfer(request)
