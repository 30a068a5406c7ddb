"""Refunds and payouts without an answer are found out or sent again, once."""

from datetime import timedelta

import pytest

from adapters.memory.payments import Fault, MovementStatus, Operation
from core.domain.actors import Actor, Role
from core.domain.statuses import EarningsStatus, PayoutStatus, RefundStatus
from core.usecases.deliver import complete_session
from core.usecases.payout import pay_out
from core.usecases.settle_payment import Receipt
from ports.queries import Page
from tests.usecases.world import World


async def bought_hour(world: World, seller: Actor, buyer: Actor) -> Receipt:
    service = await world.offer(seller)
    return await world.buy(buyer, service, start_time=world.clock.now() + timedelta(days=7))


async def available_earnings(world: World, seller: Actor, buyer: Actor) -> None:
    """One seat of 80.00, delivered, its hold over."""
    receipt = await bought_hour(world, seller, buyer)
    await complete_session(receipt.seats[0].session.id, actor=seller, ports=world.ports)
    await world.sweep_after(timedelta(days=10))


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_refund_without_an_answer_arrives_once(world: World, fault: Fault) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await bought_hour(world, ana, eva)
    world.gateway.script(Operation.REFUND, fault)
    refund = await world.refund(eva, receipt)
    assert RefundStatus.PENDING is refund.status
    await world.assert_books_balance()

    assert 1 == (await world.sweep_after(timedelta(seconds=15))).refunds_settled
    assert 0 == (await world.sweep_after(timedelta(seconds=15))).refunds_settled

    assert 8000 == world.gateway.refunded_cents()
    assert [RefundStatus.SUCCEEDED] == [r.status for r in await world.store.refunds(receipt.order.id)]


async def test_a_refund_that_fails_stays_payable(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await bought_hour(world, ana, eva)
    world.gateway.script(Operation.REFUND, Fault.DECLINED)

    refund = await world.refund(eva, receipt)

    assert (RefundStatus.FAILED, "refund_failed") == (refund.status, refund.failure_code)
    assert 8000 == await world.balance("refunds_payable")


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_payout_without_an_answer_is_paid_once(world: World, fault: Fault) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    await available_earnings(world, ana, eva)
    world.gateway.script(Operation.TRANSFER, fault)
    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    assert PayoutStatus.PENDING is payout.status

    assert 1 == (await world.sweep_after(timedelta(seconds=15))).payouts_settled

    assert 6800 == world.gateway.transferred_cents()
    rows = (await world.store.earnings(Page(), practitioner_id=ana.user_id)).items
    assert [(EarningsStatus.PAID, payout.id)] == [(e.status, e.payout_id) for e in rows]


async def test_a_transfer_in_transit_is_paid_when_the_gateway_says_so(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    await available_earnings(world, ana, eva)
    world.gateway.script(Operation.TRANSFER, Fault.PROCESSING)

    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    assert PayoutStatus.IN_TRANSIT is payout.status
    assert payout.gateway_ref is not None
    world.gateway.finish(payout.gateway_ref, MovementStatus.SUCCEEDED)
    await world.sweep_after(timedelta(seconds=15))

    items = (await world.store.payouts(Page(), practitioner_id=ana.user_id)).items
    assert [PayoutStatus.PAID] == [p.status for p in items]


async def test_a_failed_payout_puts_its_earnings_back(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    await available_earnings(world, ana, eva)
    world.gateway.script(Operation.TRANSFER, Fault.DECLINED)

    failed = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    paid = await pay_out(ana.user_id, actor=ana, ports=world.ports)

    assert (PayoutStatus.FAILED, PayoutStatus.PAID) == (failed.status, paid.status)
    assert 6800 == world.gateway.transferred_cents()
