"""Whether a practitioner can be paid: told in any order, looked up when it matters, and refused clearly."""

from datetime import timedelta

import pytest

from adapters.memory.payments import Fault, Operation
from core.domain.actors import Actor, Role
from core.domain.errors import PayoutsNotEnabled
from core.domain.ids import UserId
from core.domain.inbox import InboxItem, Notice, Subject
from core.domain.statuses import InboxStatus, PayoutStatus
from core.usecases.catalogue import PractitionerProfile, save_practitioner
from core.usecases.deliver import complete_session
from core.usecases.inbox import apply_notice, receive
from core.usecases.payout import pay_out
from tests.usecases.world import VISA, World

ACCOUNT = "acct_ana"


async def name_account(world: World, ana: Actor, account: str) -> None:
    profile = PractitionerProfile(
        id=ana.user_id, display_name="Ana Reis", timezone="Europe/Lisbon", stripe_account_id=account
    )
    await save_practitioner(profile, actor=ana, ports=world.ports)


async def with_account(world: World) -> Actor:
    """A practitioner with an account and 68.00 to be paid."""
    ana = await world.seller()
    await name_account(world, ana, ACCOUNT)
    start = world.clock.now() + timedelta(days=7)
    receipt = await world.buy(world.person(Role.CLIENT), await world.offer(ana), VISA, start_time=start)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(timedelta(days=10))
    return ana


async def told(world: World, account: str = ACCOUNT) -> InboxItem:
    """An event about an account is received and applied."""
    notice = Notice(
        provider="fake",
        event_id=f"evt_{world.ids()}",
        event_type="account.updated",
        object_id=account,
        subject=Subject.ACCOUNT,
    )
    item = (await receive(notice, ports=world.ports)).item
    return await apply_notice(item.id, ports=world.ports)


async def known(world: World, user_id: UserId) -> bool | None:
    practitioner = await world.store.practitioner(user_id)
    assert practitioner is not None
    return practitioner.payouts_enabled


async def test_what_the_gateway_says_now_is_kept_whatever_the_event_said(world: World) -> None:
    ana = await with_account(world)
    before = await known(world, ana.user_id)
    seen = []
    for enabled in (False, True):
        world.gateway.set_account(ACCOUNT, payouts_enabled=enabled)
        item = await told(world)
        await told(world)
        seen.append((item.status, await known(world, ana.user_id)))

    assert (None, [(InboxStatus.APPLIED, False), (InboxStatus.APPLIED, True)]) == (before, seen)


async def test_two_who_share_an_account_are_told_together(world: World) -> None:
    ana, bea = await world.seller(), await world.seller()
    for who in (ana, bea):
        await name_account(world, who, ACCOUNT)
    await told(world)

    assert [True, True] == [await known(world, who.user_id) for who in (ana, bea)]


async def test_an_account_that_nobody_named_is_parked_and_applied_once_somebody_has(world: World) -> None:
    item = await told(world)

    assert (InboxStatus.PARKED, "it names nothing of ours") == (item.status, item.reason)


async def test_an_account_that_the_gateway_says_nothing_of_is_asked_about_again(world: World) -> None:
    await with_account(world)
    world.gateway.script(Operation.FIND_ACCOUNT, Fault.LOST_AFTER)

    assert InboxStatus.WAITING is (await told(world)).status


async def test_a_disabled_account_is_not_paid_until_it_is_enabled(world: World) -> None:
    ana = await with_account(world)
    world.gateway.set_account(ACCOUNT, payouts_enabled=False)
    for _ in range(2):
        with pytest.raises(PayoutsNotEnabled):
            await pay_out(ana.user_id, actor=ana, ports=world.ports)
    refused = await known(world, ana.user_id)
    world.gateway.set_account(ACCOUNT, payouts_enabled=True)
    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)

    assert (False, PayoutStatus.PAID, True) == (refused, payout.status, await known(world, ana.user_id))
    assert 1 == len(world.gateway.transfers())
    await world.assert_books_balance()


async def test_an_account_that_nobody_knows_about_is_tried(world: World) -> None:
    ana = await with_account(world)
    world.gateway.script(Operation.FIND_ACCOUNT, Fault.LOST_AFTER)
    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)

    assert (PayoutStatus.PAID, None) == (payout.status, await known(world, ana.user_id))


async def test_an_account_that_was_disabled_is_not_tried_without_an_answer(world: World) -> None:
    ana = await with_account(world)
    world.gateway.set_account(ACCOUNT, payouts_enabled=False)
    await told(world)
    world.gateway.script(Operation.FIND_ACCOUNT, Fault.LOST_AFTER)

    with pytest.raises(PayoutsNotEnabled):
        await pay_out(ana.user_id, actor=ana, ports=world.ports)


async def test_another_account_is_another_question(world: World) -> None:
    ana = await with_account(world)
    world.gateway.set_account(ACCOUNT, payouts_enabled=False)
    await told(world)
    await name_account(world, ana, ACCOUNT)
    same = await known(world, ana.user_id)
    await name_account(world, ana, "acct_another")

    assert (False, None) == (same, await known(world, ana.user_id))
