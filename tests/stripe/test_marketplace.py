"""The marketplace on Stripe: what Stripe takes its time over, loses or refuses reaches the books, once."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.stripe.gateway import StripeGateway
from core.domain.statuses import OrderStatus, PayoutStatus, RefundStatus
from core.usecases.deliver import complete_session
from core.usecases.payout import pay_out
from core.usecases.settle_payment import Receipt
from ports.queries import Page
from tests.servers.stripe import Fault, StripeServer
from tests.stripe.access import ATTEMPTS
from tests.stripe.world import StripeWorld, bought_hour
from tests.usecases.world import ASKING, World

LOOKUP = timedelta(seconds=15)
HOLD = timedelta(minutes=15)


@pytest.fixture
async def world(gateway: StripeGateway) -> AsyncIterator[StripeWorld]:
    """Its books must balance when the test is over."""
    world = StripeWorld(stripe=gateway)
    yield world
    await world.assert_books_balance()


async def statuses_of_refunds(world: World, receipt: Receipt) -> list[RefundStatus]:
    return [refund.status for refund in await world.store.refunds(receipt.order.id)]


async def test_a_slow_refund_is_settled_when_the_bank_has_done_it(
    world: StripeWorld, stripe_server: StripeServer
) -> None:
    _, eva, receipt = await bought_hour(world, "pm_card_pendingRefund")
    assert RefundStatus.PENDING is (await world.refund(eva, receipt)).status
    await world.sweep_after(LOOKUP)
    assert [RefundStatus.PENDING] == await statuses_of_refunds(world, receipt)

    stripe_server.finish_refund(stripe_server.all("refund")[0]["id"])
    await world.sweep_after(LOOKUP)
    assert [RefundStatus.PENDING] == await statuses_of_refunds(world, receipt)
    await world.sweep_after(timedelta(minutes=1) - 2 * LOOKUP)

    assert [RefundStatus.SUCCEEDED] == await statuses_of_refunds(world, receipt)
    assert 0 == await world.balance("refunds_payable")


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_refund_without_an_answer_arrives_once(
    world: StripeWorld, stripe_server: StripeServer, fault: Fault
) -> None:
    _, eva, receipt = await bought_hour(world)
    stripe_server.script("refund", *[fault] * ATTEMPTS)
    assert RefundStatus.PENDING is (await world.refund(eva, receipt)).status
    await world.sweep_after(LOOKUP)

    assert [RefundStatus.SUCCEEDED] == await statuses_of_refunds(world, receipt)
    assert [8000] == [refund["amount"] for refund in stripe_server.all("refund")]


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.BROKEN_AFTER])
async def test_a_payout_without_an_answer_is_paid_once(
    world: StripeWorld, stripe_server: StripeServer, fault: Fault
) -> None:
    ana, _, receipt = await bought_hour(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(timedelta(days=10))
    stripe_server.script("transfer", *[fault] * ATTEMPTS)
    assert PayoutStatus.PENDING is (await pay_out(ana.user_id, actor=ana, ports=world.ports)).status
    await world.sweep_after(LOOKUP)

    paid = await world.store.payouts(Page(), practitioner_id=ana.user_id)
    assert [PayoutStatus.PAID] == [payout.status for payout in paid.items]
    assert [6800] == [transfer["amount"] for transfer in stripe_server.all("transfer")]


async def test_a_payout_that_the_platform_cannot_afford_leaves_its_earnings_available(
    world: StripeWorld, stripe_server: StripeServer
) -> None:
    ana, _, receipt = await bought_hour(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(timedelta(days=10))
    stripe_server.set_balance(6799)
    failed = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    stripe_server.set_balance(6800)
    paid = await pay_out(ana.user_id, actor=ana, ports=world.ports)

    assert (PayoutStatus.FAILED, "balance_insufficient") == (failed.status, failed.failure_code)
    assert (PayoutStatus.PAID, 0) == (paid.status, stripe_server.balance())


async def test_a_customer_who_never_authenticates_frees_the_seat(
    world: StripeWorld, stripe_server: StripeServer
) -> None:
    _, _, receipt = await bought_hour(world, ASKING)
    await world.sweep_after(HOLD)

    assert OrderStatus.CANCELED is (await world.order(receipt)).status
    assert ["canceled"] == [intent["status"] for intent in stripe_server.all("payment_intent")]


async def test_a_customer_who_authenticates_at_the_last_moment_keeps_the_seat(
    world: StripeWorld, stripe_server: StripeServer
) -> None:
    _, _, receipt = await bought_hour(world, ASKING)
    stripe_server.authenticate(stripe_server.all("payment_intent")[0]["id"])
    await world.sweep_after(HOLD)

    assert OrderStatus.PAID is (await world.order(receipt)).status


async def test_seats_stay_held_while_stripe_says_nothing(
    world: StripeWorld, stripe_server: StripeServer
) -> None:
    stripe_server.script("charge", *[Fault.LOST_AFTER] * ATTEMPTS)
    _, _, receipt = await bought_hour(world)
    stripe_server.script("find_charge", *[Fault.UNAVAILABLE] * 2 * ATTEMPTS)
    await world.sweep_after(HOLD)
    waiting = await world.order(receipt)
    await world.sweep_after(LOOKUP)

    assert (OrderStatus.PENDING_PAYMENT, OrderStatus.PAID) == (
        waiting.status,
        (await world.order(receipt)).status,
    )
    assert 8000 == stripe_server.charged_cents()
