"""A refund that failed stays payable: sent once more under a new key, only when nothing can double it."""

from datetime import timedelta

import pytest

from adapters.memory.payments import Fault, Operation
from core.domain.actors import Actor, Role
from core.domain.errors import Forbidden, IllegalTransition, PaymentDisputed, RefundUndecided
from core.domain.inbox import InboxItem, Notice, Subject
from core.domain.orders import Refund
from core.domain.returning import refund_request
from core.domain.statuses import DisputeStatus, InboxStatus, RefundStatus
from core.usecases.inbox import apply_notice, receive
from core.usecases.note_dispute import note_dispute
from core.usecases.reconcile import reconcile
from core.usecases.settle_payment import Receipt
from core.usecases.settle_refund import repair_refund, retry_refund
from tests.usecases.world import VISA, World

LOOKUP = timedelta(seconds=15)


async def bought(world: World) -> tuple[Actor, Receipt]:
    """Who bought an hour at 80.00."""
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    start = world.clock.now() + timedelta(days=7)
    return eva, await world.buy(eva, await world.offer(ana), VISA, start_time=start)


async def refunded(world: World, *faults: Fault) -> Refund:
    """The hour, given back over a line that has these faults."""
    eva, receipt = await bought(world)
    world.gateway.script(Operation.REFUND, *faults)
    return await world.refund(eva, receipt)


async def retried(world: World, refund: Refund) -> Refund:
    return await retry_refund(refund.id, actor=world.person(Role.ADMIN), ports=world.ports)


async def differences(world: World) -> tuple[list[str], list[str]]:
    found = await reconcile(ports=world.ports)
    return [d.flaw.value for d in found.mended], [d.flaw.value for d in found.left]


async def told(world: World, refund: Refund) -> InboxItem:
    notice = Notice(
        provider="fake",
        event_id=f"evt_{world.ids()}",
        event_type="refund.failed",
        subject=Subject.REFUND,
        subject_id=refund.id,
    )
    item = (await receive(notice, ports=world.ports)).item
    return await apply_notice(item.id, ports=world.ports)


async def test_a_refused_refund_is_sent_once_more_under_a_new_key(world: World) -> None:
    failed = await refunded(world, Fault.DECLINED)
    payable = await world.balance("refunds_payable")
    again = await retried(world, failed)

    assert (RefundStatus.FAILED, 8000) == (failed.status, payable)
    assert (RefundStatus.SUCCEEDED, None) == (again.status, again.failure_code)
    assert again.idempotency_key != failed.idempotency_key
    assert (8000, 0) == (world.gateway.refunded_cents(), await world.balance("refunds_payable"))
    assert ([], []) == await differences(world)
    await world.assert_books_balance()


async def test_a_refund_may_be_refused_again_and_again(world: World) -> None:
    refund = await refunded(world, Fault.DECLINED, Fault.DECLINED)
    second = await retried(world, refund)
    third = await retried(world, second)

    assert [RefundStatus.FAILED, RefundStatus.SUCCEEDED] == [second.status, third.status]
    assert 3 == len({refund.idempotency_key, second.idempotency_key, third.idempotency_key})
    assert 8000 == world.gateway.refunded_cents()


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_retry_without_an_answer_arrives_once_however_old_the_refund_is(
    world: World, fault: Fault
) -> None:
    failed = await refunded(world, Fault.DECLINED, fault)
    world.clock.advance(timedelta(days=20))
    waiting = await retried(world, failed)
    once_more = await retried(world, failed)
    await world.sweep_after(LOOKUP)
    settled = await world.store.refund(failed.id)

    assert RefundStatus.PENDING is waiting.status
    assert waiting.idempotency_key == once_more.idempotency_key
    assert settled is not None
    assert RefundStatus.SUCCEEDED is settled.status
    assert 8000 == world.gateway.refunded_cents()
    await world.assert_books_balance()


async def test_a_refund_that_arrived_after_all_is_settled_and_not_sent_again(world: World) -> None:
    lost = await refunded(world, Fault.LOST_BEFORE)
    world.clock.advance(timedelta(hours=23))
    failed = await repair_refund(lost.id, ports=world.ports)
    view = await world.store.load_refund(lost.id)
    assert view is not None
    assert view.payment is not None
    await world.gateway.refund(refund_request(lost, view.payment))
    settled = await retried(world, failed)

    assert (RefundStatus.FAILED, RefundStatus.SUCCEEDED) == (failed.status, settled.status)
    assert (8000, ([], [])) == (world.gateway.refunded_cents(), await differences(world))
    await world.assert_books_balance()


async def test_nothing_is_sent_while_the_gateway_says_nothing_of_the_last_attempt(world: World) -> None:
    failed = await refunded(world, Fault.DECLINED)
    world.gateway.script(Operation.FIND_REFUND, Fault.LOST_AFTER)
    with pytest.raises(RefundUndecided):
        await retried(world, failed)

    assert 0 == world.gateway.refunded_cents()


async def test_only_what_failed_is_sent_again_and_only_by_an_admin(world: World) -> None:
    done = await refunded(world)
    with pytest.raises(Forbidden):
        await retry_refund(done.id, actor=world.person(Role.CLIENT), ports=world.ports)
    with pytest.raises(IllegalTransition):
        await retried(world, done)

    assert 8000 == world.gateway.refunded_cents()


async def test_nothing_is_sent_while_the_bank_may_take_the_money(world: World) -> None:
    failed = await refunded(world, Fault.DECLINED)
    charge = world.gateway.charges()[0].ref
    await note_dispute(await world.gateway.dispute(charge, DisputeStatus.OPEN), ports=world.ports)

    with pytest.raises(PaymentDisputed):
        await retried(world, failed)


@pytest.mark.parametrize("by", ["webhook", "reconcile"])
async def test_a_refund_that_the_bank_sends_back_is_payable_again(world: World, by: str) -> None:
    done = await refunded(world)
    world.gateway.take_back(world.gateway.refunds()[0].ref)
    if by == "webhook":
        assert InboxStatus.APPLIED is (await told(world, done)).status
        await told(world, done)
    else:
        assert (["status"], []) == await differences(world)
    failed = await world.store.refund(done.id)

    assert failed is not None
    assert (RefundStatus.FAILED, "refund_failed") == (failed.status, failed.failure_code)
    assert (8000, ([], [])) == (await world.balance("refunds_payable"), await differences(world))
    await world.assert_books_balance()

    assert RefundStatus.SUCCEEDED is (await retried(world, failed)).status
    assert (8000, 0) == (world.gateway.refunded_cents(), await world.balance("refunds_payable"))
    await world.assert_books_balance()
