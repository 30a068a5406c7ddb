"""Finding by the key alone, in a list of any length, with others' objects in between."""

from uuid import UUID

import pytest

from adapters.clock import new_id
from adapters.memory.testing.gateways import charged, make_charge, make_refund
from adapters.stripe.gateway import StripeGateway
from adapters.stripe.key_times import made_at, nothing_before
from adapters.stripe.lookups import Reach
from core.domain.earnings import payout_key
from core.domain.gateway import Absent, Succeeded, Unknown
from core.domain.ids import OrderId, PayoutId, RefundId
from core.domain.orders import payment_key, refund_key
from tests.servers.stripe import StripeServer
from tests.stripe.access import gateway_to

HOUR = 3600
MOMENT = 1_795_000_000
OLD = "pi:00000000-0000-7000-8000-000000000001:1"


def key() -> str:
    return payment_key(OrderId(new_id()))


async def test_the_right_charge_is_found_on_any_page(stripe_server: StripeServer) -> None:
    gateway = gateway_to(stripe_server, reach=Reach(page=2))
    keys = [key() for _ in range(5)]
    refs = [await charged(gateway, idempotency_key=name) for name in keys]
    found = [await gateway.find_charge(idempotency_key=name, ref=None) for name in keys]
    absent = await gateway.find_charge(idempotency_key=key(), ref=None)
    await gateway.close()

    assert ([Succeeded(ref=ref) for ref in refs], Absent()) == (found, absent)
    assert (3 + 2 + 2 + 1 + 1) + 3 == stripe_server.requests("find_charge")


async def test_the_right_refund_is_found_on_any_page(stripe_server: StripeServer) -> None:
    gateway = gateway_to(stripe_server, reach=Reach(page=1))
    ref = await charged(gateway)
    made = [make_refund(ref, amount_cents=10) for _ in range(3)]
    outcomes = [await gateway.refund(request) for request in made]
    found = [await gateway.find_refund(idempotency_key=request.idempotency_key, ref=None) for request in made]
    await gateway.close()

    assert outcomes == found


async def test_a_list_without_an_end_is_no_proof(stripe_server: StripeServer) -> None:
    gateway = gateway_to(stripe_server, reach=Reach(page=1, pages=2))
    refs = [await charged(gateway) for _ in range(3)]
    for ref in refs:
        await gateway.refund(make_refund(ref, amount_cents=10))
    outcomes = [
        await gateway.find_charge(idempotency_key=key(), ref=None),
        await gateway.cancel_charge(idempotency_key=key(), ref=None),
        await gateway.find_refund(idempotency_key=key(), ref=None),
    ]
    await gateway.close()

    assert [Unknown] * 3 == [type(outcome) for outcome in outcomes]


async def test_what_is_older_than_the_key_is_not_read(
    gateway: StripeGateway, stripe_server: StripeServer
) -> None:
    stripe_server.advance(-2 * HOUR)
    old = make_charge(idempotency_key=key())
    await gateway.charge(old)

    assert Absent() == await gateway.find_charge(idempotency_key=old.idempotency_key, ref=None)


async def test_clocks_may_differ_by_half_an_hour(gateway: StripeGateway, stripe_server: StripeServer) -> None:
    stripe_server.advance(-HOUR // 2)
    request = make_charge(idempotency_key=key())
    await gateway.charge(request)

    assert Succeeded is type(await gateway.find_charge(idempotency_key=request.idempotency_key, ref=None))


async def test_a_young_charge_that_is_not_there_may_still_come(stripe_server: StripeServer) -> None:
    gateway = gateway_to(stripe_server, settling_seconds=45)
    young = payment_key(OrderId(new_id()))
    outcomes = [
        await gateway.find_charge(idempotency_key=young, ref=None),
        await gateway.cancel_charge(idempotency_key=young, ref=None),
        await gateway.find_charge(idempotency_key=OLD, ref=None),
    ]
    await gateway.close()

    assert [Unknown, Unknown, Absent] == [type(outcome) for outcome in outcomes]


def test_every_key_of_ours_tells_when_it_was_made() -> None:
    named = UUID(int=(MOMENT * 1000 << 80) | (7 << 76) | (2 << 62))
    keys = [payment_key(OrderId(named)), refund_key(RefundId(named)), payout_key(PayoutId(named))]

    assert [MOMENT] * 3 == [made_at(name) for name in keys]
    assert [MOMENT - HOUR] * 3 == [nothing_before(name) for name in keys]


@pytest.mark.parametrize("name", ["pi:1", "rf:6b3c1f6e-98a0-4c4e-9f43-0d5b1b0c6c11", ""])
def test_a_key_that_does_not_tell_may_be_of_any_age(name: str) -> None:
    assert (0, 0) == (made_at(name), nothing_before(name))
