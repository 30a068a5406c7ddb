"""Transfers taken back, by hand or by us: whoever was paid is owed it again, once, and books agree."""

from datetime import timedelta

import pytest

from adapters.memory.payments import Fault, Operation
from core.domain.actors import Actor, Role
from core.domain.earnings import Payout
from core.domain.errors import Forbidden, IllegalTransition, NothingToPayOut, ReversalRefused
from core.domain.events import EventType
from core.domain.gateway import TransferRequest
from core.domain.ids import PayoutId
from core.domain.inbox import InboxItem, Notice, Subject
from core.domain.ledger import PAYOUTS, practitioner_account
from core.domain.orders import Destination
from core.domain.statuses import InboxStatus, PayoutStatus
from core.usecases.deliver import complete_session
from core.usecases.inbox import apply_notice, receive
from core.usecases.payout import pay_out, repair_payout, reverse_payout
from core.usecases.reconcile import reconcile
from core.usecases.refund import refund_order
from core.usecases.settle_payment import Receipt
from ports.store import Kind
from tests.usecases.world import VISA, World

HOLD = timedelta(days=10)


async def delivered(world: World, ana: Actor | None = None) -> tuple[Actor, Receipt]:
    """Who sold an hour at 80.00 that was delivered, and whose 68.00 are available."""
    ana = await world.seller() if ana is None else ana
    start = world.clock.now() + timedelta(days=7)
    receipt = await world.buy(world.person(Role.CLIENT), await world.offer(ana), VISA, start_time=start)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(HOLD)
    return ana, receipt


async def paid(world: World) -> tuple[Actor, Payout, str]:
    """Who was paid 68.00, by which payout, and its transfer at the gateway."""
    ana, _ = await delivered(world)
    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    return ana, payout, world.gateway.transfers()[0].ref


async def told(world: World, payout_id: PayoutId) -> InboxItem:
    """An event about a payout is received and applied."""
    notice = Notice(
        provider="fake",
        event_id=f"evt_{world.ids()}",
        event_type="transfer.reversed",
        subject=Subject.PAYOUT,
        subject_id=payout_id,
    )
    item = (await receive(notice, ports=world.ports)).item
    return await apply_notice(item.id, ports=world.ports)


async def stands(world: World, payout_id: PayoutId) -> Payout:
    view = await world.store.load_payout(payout_id)
    assert view is not None
    return view.payout


async def owed(world: World, who: Actor) -> int:
    return await world.balance(practitioner_account(who.user_id))


async def reversals_told(world: World) -> list[object]:
    events = [row async for row in world.store.scan(Kind.EVENT)]
    return [getattr(e, "payload", {})["amount_cents"] for e in events if _is_reversal(e)]


def _is_reversal(event: object) -> bool:
    return getattr(event, "type", None) is EventType.PAYOUT_REVERSED


@pytest.mark.parametrize("by", ["webhook", "reconcile"])
async def test_what_an_operator_takes_back_is_owed_again(world: World, by: str) -> None:
    ana, payout, ref = await paid(world)
    for cents, total in ((3000, 3000), (None, 6800)):
        world.gateway.take_back(ref, cents)
        if by == "webhook":
            assert InboxStatus.APPLIED is (await told(world, payout.id)).status
        else:
            found = await reconcile(ports=world.ports)
            assert (["reversed"], ()) == ([d.flaw for d in found.mended], found.left)

        reduced = await stands(world, payout.id)
        assert (PayoutStatus.PAID, total) == (reduced.status, reduced.reversed_cents)
        assert (total, 6800 - total) == (await owed(world, ana), await world.balance(PAYOUTS))

    assert [3000, 3800] == await reversals_told(world)
    again = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    assert (6800, 6800, 0) == (again.amount_cents, again.carried_cents, again.earnings_count)
    assert 6800 == world.gateway.transferred_cents() == await world.balance(PAYOUTS)
    assert ((), ()) == await differences(world)
    await world.assert_books_balance()


async def differences(world: World) -> tuple[object, object]:
    found = await reconcile(ports=world.ports)
    return found.mended, found.left


async def test_a_reversal_that_is_told_many_times_counts_once(world: World) -> None:
    ana, payout, ref = await paid(world)
    world.gateway.take_back(ref, 3000)
    for _ in range(3):
        await told(world, payout.id)
        await repair_payout(payout.id, ports=world.ports)

    assert ([3000], 3000) == (await reversals_told(world), await owed(world, ana))
    await world.assert_books_balance()


@pytest.mark.parametrize("cents", [3000, 6800])
async def test_a_transfer_taken_back_before_we_knew_of_it_ends_the_same(world: World, cents: int) -> None:
    ana, _ = await delivered(world)
    world.gateway.script(Operation.TRANSFER, Fault.LOST_AFTER)
    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    world.gateway.take_back(world.gateway.transfers()[0].ref, cents)
    await world.sweep_after(timedelta(seconds=15))
    settled = await stands(world, payout.id)

    assert (PayoutStatus.PENDING, PayoutStatus.PAID, cents) == (
        payout.status,
        settled.status,
        settled.reversed_cents,
    )
    assert (cents, ((), ())) == (await owed(world, ana), await differences(world))
    await world.assert_books_balance()


async def test_while_the_gateway_says_nothing_the_event_waits(world: World) -> None:
    _, payout, ref = await paid(world)
    world.gateway.take_back(ref)
    world.gateway.script(Operation.FIND_TRANSFER, Fault.LOST_AFTER)
    waiting = await told(world, payout.id)
    await world.sweep_after(timedelta(seconds=15))

    assert InboxStatus.WAITING is waiting.status
    assert 6800 == (await stands(world, payout.id)).reversed_cents


async def test_a_transfer_that_failed_here_and_was_taken_back_there_is_no_difference(world: World) -> None:
    ana, _ = await delivered(world)
    world.gateway.script(Operation.TRANSFER, Fault.LOST_BEFORE)
    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    world.clock.advance(timedelta(hours=23))
    assert PayoutStatus.FAILED is (await repair_payout(payout.id, ports=world.ports)).status
    late = TransferRequest(
        idempotency_key=payout.idempotency_key, amount_cents=6800, currency="usd", destination=None
    )
    await world.gateway.transfer(late)
    before = [d.flaw for d in (await reconcile(ports=world.ports)).left]
    world.gateway.take_back(world.gateway.transfers()[0].ref)

    assert (["status"], ((), ())) == (before, await differences(world))


async def test_a_clawback_is_recovered_from_the_payout(world: World) -> None:
    ana, receipt = await delivered(world)
    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    admin = world.person(Role.ADMIN)
    await refund_order(
        receipt.order.id,
        actor=admin,
        booking_ids=[receipt.seats[0].booking.id],
        destination=Destination.ORIGINAL,
        reason=None,
        ports=world.ports,
    )
    below = await owed(world, ana)
    reduced = await reverse_payout(payout.id, amount_cents=None, actor=admin, ports=world.ports)

    assert (-6800, 6800, 0) == (below, reduced.reversed_cents, await owed(world, ana))
    assert (0, ((), ())) == (world.gateway.transferred_cents(), await differences(world))
    with pytest.raises(NothingToPayOut, match="no earnings"):
        await pay_out(ana.user_id, actor=ana, ports=world.ports)
    await world.assert_books_balance()


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_reversal_without_an_answer_that_is_asked_again_is_one(world: World, fault: Fault) -> None:
    _, payout, _ = await paid(world)
    admin = world.person(Role.ADMIN)
    world.gateway.script(Operation.REVERSE_TRANSFER, fault)
    first = await reverse_payout(payout.id, amount_cents=3000, actor=admin, ports=world.ports)
    arrived = fault is Fault.LOST_AFTER
    if not arrived:
        await reverse_payout(payout.id, amount_cents=3000, actor=admin, ports=world.ports)

    assert (3000 if arrived else 0) == first.reversed_cents
    assert 3000 == (await stands(world, payout.id)).reversed_cents
    assert 3800 == world.gateway.transferred_cents()
    await world.assert_books_balance()


async def test_what_was_taken_back_by_hand_is_not_asked_back_again(world: World) -> None:
    _, payout, ref = await paid(world)
    world.gateway.take_back(ref, 3000)
    reduced = await reverse_payout(
        payout.id, amount_cents=None, actor=world.person(Role.ADMIN), ports=world.ports
    )

    assert (6800, 0) == (reduced.reversed_cents, world.gateway.transferred_cents())


async def test_an_account_with_too_little_is_told(world: World) -> None:
    _, payout, _ = await paid(world)
    world.gateway.script(Operation.REVERSE_TRANSFER, Fault.DECLINED)
    with pytest.raises(ReversalRefused):
        await reverse_payout(payout.id, amount_cents=1, actor=world.person(Role.ADMIN), ports=world.ports)

    assert 0 == (await stands(world, payout.id)).reversed_cents


async def test_only_an_admin_takes_a_paid_payout_back(world: World) -> None:
    ana, payout, _ = await paid(world)
    with pytest.raises(Forbidden):
        await reverse_payout(payout.id, amount_cents=None, actor=ana, ports=world.ports)
    await reverse_payout(payout.id, amount_cents=None, actor=world.person(Role.ADMIN), ports=world.ports)
    world.gateway.script(Operation.TRANSFER, Fault.DECLINED)
    failed = await pay_out(ana.user_id, actor=ana, ports=world.ports)

    with pytest.raises(IllegalTransition):
        await reverse_payout(failed.id, amount_cents=None, actor=world.person(Role.ADMIN), ports=world.ports)
