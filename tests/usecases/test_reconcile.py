"""Both sides' books: every difference is named, and mended where the truth is clear."""

from datetime import timedelta

import pytest

from adapters.memory.payments import Fault, MovementStatus, Operation
from core.domain.actors import Actor, Role
from core.domain.errors import NotFound
from core.domain.gateway import NEVER_ARRIVED, ChargeRequest
from core.domain.ids import InboxId
from core.domain.inbox import InboxItem, Notice, Subject, inbox_id
from core.domain.orders import Payment
from core.domain.purchasing import charge_request
from core.domain.statuses import InboxStatus, OrderStatus, PaymentStatus, PayoutStatus, RefundStatus
from core.usecases.deliver import complete_session
from core.usecases.inbox import apply_notice, receive, retry_all_notices, retry_notices
from core.usecases.payout import pay_out, repair_payout
from core.usecases.reconcile import reconcile
from core.usecases.settle_payment import Receipt
from core.usecases.settle_refund import repair_refund
from ports.queries import Page
from tests.usecases.world import ASKING, DECLINED, VISA, World

LOOKUP = timedelta(seconds=15)
DAY = timedelta(days=1)


async def bought(world: World, card: str = VISA) -> tuple[Actor, Actor, Receipt]:
    """Who sells, who buys, and an hour at 80.00."""
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    start = world.clock.now() + timedelta(days=7)
    return ana, eva, await world.buy(eva, await world.offer(ana), card, start_time=start)


def payment_of(receipt: Receipt) -> Payment:
    assert receipt.payment is not None
    return receipt.payment


async def told(world: World, subject: Subject, subject_id: object, object_id: str | None) -> InboxItem:
    """An event about something of ours is received and applied."""
    notice = Notice(
        provider="fake",
        event_id=f"evt_{world.ids()}",
        event_type="something.happened",
        object_id=object_id,
        subject=subject,
        subject_id=subject_id,  # type: ignore[arg-type] # whichever id it is
    )
    item = (await receive(notice, ports=world.ports)).item
    return await apply_notice(item.id, ports=world.ports)


async def flaws(world: World) -> tuple[list[str], list[str]]:
    """What was mended, and what is left."""
    found = await reconcile(ports=world.ports)
    return [d.flaw.value for d in found.mended], [d.flaw.value for d in found.left]


async def test_books_that_agree_have_no_difference(world: World) -> None:
    ana, _, receipt = await bought(world)
    await bought(world, DECLINED)
    _, bea, other = await bought(world)
    await world.refund(bea, other)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(10 * DAY)
    await pay_out(ana.user_id, actor=ana, ports=world.ports)
    found = await reconcile(ports=world.ports)

    assert ((), (), 5, 5) == (found.mended, found.left, found.compared, found.at_gateway)


async def test_nothing_without_a_counterpart_is_compared(world: World) -> None:
    eva = world.person(Role.CLIENT)
    await world.give_credits(eva, 8000)
    ana = await world.seller()
    start = world.clock.now() + timedelta(days=7)
    receipt = await world.buy(eva, await world.offer(ana), None, start_time=start, apply_credits=True)
    await world.refund(eva, receipt)

    assert 0 == (await reconcile(ports=world.ports)).compared


async def test_what_stripe_did_and_nobody_told_is_mended(world: World) -> None:
    ana, _, receipt = await bought(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(10 * DAY)
    world.gateway.script(Operation.CHARGE, Fault.LOST_AFTER)
    await bought(world)
    world.gateway.script(Operation.TRANSFER, Fault.LOST_AFTER)
    await pay_out(ana.user_id, actor=ana, ports=world.ports)
    _, bea, other = await bought(world)
    world.gateway.script(Operation.REFUND, Fault.LOST_AFTER)
    await world.refund(bea, other)

    assert (["status"] * 3, []) == await flaws(world)
    assert ([], []) == await flaws(world)
    await world.assert_books_balance()


async def test_what_the_gateway_lost_is_left(world: World) -> None:
    _, _, receipt = await bought(world)
    other = World(gateway=type(world.gateway)(), store=world.store, clock=world.clock, ids=world.ids)

    found = await reconcile(ports=other.ports)

    assert [("missing_there", payment_of(receipt).id, "succeeded", "nothing")] == [
        (d.flaw.value, d.id, d.ours, d.theirs) for d in found.left
    ]


async def test_a_charge_that_nobody_here_made_is_left(world: World) -> None:
    request = ChargeRequest(
        idempotency_key="pi:nobody", amount_cents=500, currency="usd", payment_method_id=VISA
    )
    await world.gateway.charge(request)
    found = await reconcile(ports=world.ports)

    assert [("missing_here", None, "500 usd succeeded")] == [
        (d.flaw.value, d.id, d.theirs) for d in found.left
    ]


async def test_a_declined_charge_that_nobody_here_made_moves_nothing(world: World) -> None:
    request = ChargeRequest(
        idempotency_key="pi:nobody", amount_cents=500, currency="usd", payment_method_id=DECLINED
    )
    await world.gateway.charge(request)

    assert ([], []) == await flaws(world)


async def test_older_payments_are_left_out(world: World) -> None:
    await bought(world)
    empty = World(gateway=type(world.gateway)(), store=world.store, clock=world.clock, ids=world.ids)
    world.clock.advance(DAY)
    found = await reconcile(ports=empty.ports, since=world.clock.now())

    assert (0, ()) == (found.compared, found.left)


@pytest.mark.parametrize("by", ["webhook", "reconcile"])
async def test_a_charge_that_arrives_after_its_absence_was_proved_wins_its_seat_back(
    world: World, by: str
) -> None:
    world.gateway.script(Operation.CHARGE, Fault.LOST_BEFORE)
    _, _, receipt = await bought(world)
    await world.sweep_after(LOOKUP)
    given_up = await world.order(receipt)
    await world.gateway.charge(charge_request(payment_of(receipt)))
    if by == "webhook":
        await told(world, Subject.PAYMENT, payment_of(receipt).id, world.gateway.charges()[0].ref)
    else:
        assert (["status"], []) == await flaws(world)

    assert (OrderStatus.CANCELED, OrderStatus.PAID) == (given_up.status, (await world.order(receipt)).status)
    await world.assert_books_balance()


async def test_a_charge_that_arrives_when_its_seat_is_sold_goes_back(world: World) -> None:
    ana = await world.seller()
    service, start = await world.offer(ana), world.clock.now() + timedelta(days=7)
    world.gateway.script(Operation.CHARGE, Fault.LOST_BEFORE)
    first = await world.buy(world.person(Role.CLIENT), service, VISA, start_time=start)
    await world.sweep_after(LOOKUP)
    await world.buy(world.person(Role.CLIENT), service, VISA, start_time=start)
    await world.gateway.charge(charge_request(payment_of(first)))
    await told(world, Subject.PAYMENT, payment_of(first).id, None)

    assert (16_000, 8_000) == (world.gateway.charged_cents(), world.gateway.refunded_cents())
    assert ([], []) == await flaws(world)
    await world.assert_books_balance()


async def test_a_charge_that_its_customer_could_still_finish_is_given_up_with_its_order(world: World) -> None:
    world.gateway.script(Operation.CHARGE, Fault.LOST_BEFORE)
    _, _, receipt = await bought(world, ASKING)
    await world.sweep_after(LOOKUP)
    await world.gateway.charge(charge_request(payment_of(receipt)))

    assert (["status"], []) == await flaws(world)
    assert [MovementStatus.CANCELED] == [charge.status for charge in world.gateway.charges()]


async def test_a_customer_who_authenticated_has_bought_after_the_next_sweep(world: World) -> None:
    _, _, receipt = await bought(world, ASKING)
    await world.gateway.confirm(world.gateway.charges()[0].ref)
    await world.sweep_after(LOOKUP)

    assert OrderStatus.PAID is (await world.order(receipt)).status


@pytest.mark.parametrize(("age", "sent"), [(timedelta(hours=22, minutes=59), 1), (timedelta(hours=23), 0)])
async def test_a_refund_that_never_arrived_is_sent_again_only_while_its_key_is_known(
    world: World, age: timedelta, sent: int
) -> None:
    _, eva, receipt = await bought(world)
    world.gateway.script(Operation.REFUND, Fault.LOST_BEFORE)
    await world.refund(eva, receipt)
    (pending,) = await world.store.refunds(receipt.order.id)
    world.clock.advance(age)
    settled = await repair_refund(pending.id, ports=world.ports)

    assert sent == len(world.gateway.refunds())
    assert (RefundStatus.SUCCEEDED if sent else RefundStatus.FAILED) is settled.status
    assert (None if sent else NEVER_ARRIVED.code) == settled.failure_code


@pytest.mark.parametrize(("age", "sent"), [(timedelta(hours=22, minutes=59), 1), (timedelta(hours=23), 0)])
async def test_a_payout_that_never_arrived_is_sent_again_only_while_its_key_is_known(
    world: World, age: timedelta, sent: int
) -> None:
    ana, _, receipt = await bought(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(10 * DAY)
    world.gateway.script(Operation.TRANSFER, Fault.LOST_BEFORE)
    pending = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    world.clock.advance(age)
    settled = await repair_payout(pending.id, ports=world.ports)
    again = await world.store.payouts(Page(), practitioner_id=ana.user_id)

    assert sent == len(world.gateway.transfers())
    assert (PayoutStatus.PAID if sent else PayoutStatus.FAILED) is settled.status
    assert 1 == len(again.items)
    await world.assert_books_balance()


async def test_a_notice_about_nothing_of_ours_is_parked(world: World) -> None:
    for subject in set(Subject) - {Subject.DISPUTE}:  # of which the gateway is asked by its own name
        item = await told(world, subject, world.ids(), "pi_1")
        assert (InboxStatus.PARKED, "it names nothing of ours") == (item.status, item.reason)


async def test_a_notice_about_a_dispute_that_the_gateway_says_nothing_of_is_tried_again(world: World) -> None:
    item = await told(world, Subject.DISPUTE, None, "dp_1")

    assert (InboxStatus.WAITING, 1) == (item.status, item.tries)
    for _ in range(9):
        await world.sweep_after(timedelta(hours=2))
    parked = await world.store.inbox_item(item.id)
    assert parked is not None
    assert (InboxStatus.PARKED, 10) == (parked.status, parked.tries)


async def test_a_notice_about_another_charge_for_the_same_payment_is_parked(world: World) -> None:
    _, _, receipt = await bought(world)
    item = await told(world, Subject.PAYMENT, payment_of(receipt).id, "pi_another")

    assert InboxStatus.PARKED is item.status
    assert PaymentStatus.SUCCEEDED is payment_of(receipt).status


async def test_a_notice_that_finds_no_answer_is_tried_later_and_later_and_parked_at_last(
    world: World,
) -> None:
    world.gateway.script(Operation.CHARGE, Fault.LOST_AFTER)
    _, _, receipt = await bought(world)
    world.gateway.script(Operation.FIND_CHARGE, *[Fault.LOST_AFTER] * 10)
    item = await told(world, Subject.PAYMENT, payment_of(receipt).id, None)
    waits = []
    while item.status is InboxStatus.WAITING:
        assert item.next_try_at is not None
        waits.append(round((item.next_try_at - world.clock.now()).total_seconds()))
        world.clock.advance(item.next_try_at - world.clock.now())
        item = await apply_notice(item.id, ports=world.ports)

    assert [15, 30, 60, 120, 240, 480, 960, 1920, 3600] == waits
    assert (InboxStatus.PARKED, 10) == (item.status, item.tries)


def test_an_event_has_one_id_per_provider() -> None:
    assert inbox_id("stripe", "evt_1") == inbox_id("stripe", "evt_1")
    assert 3 == len({inbox_id("stripe", "evt_1"), inbox_id("stripe", "evt_2"), inbox_id("fake", "evt_1")})


async def test_parked_notices_are_tried_again_all_or_none_and_what_is_through_stays(world: World) -> None:
    _, _, receipt = await bought(world)
    done = await told(world, Subject.PAYMENT, payment_of(receipt).id, payment_of(receipt).gateway_ref)
    parked = [await told(world, Subject.PAYMENT, world.ids(), "pi_1") for _ in range(2)]
    with pytest.raises(NotFound):
        await retry_notices([parked[0].id, InboxId(world.ids())], ports=world.ports)
    counts = [await retry_notices([done.id, parked[0].id, parked[0].id], ports=world.ports) for _ in range(2)]
    counts.append(await retry_all_notices(ports=world.ports))
    stored = [await world.store.inbox_item(item.id) for item in (done, *parked)]

    assert [1, 0, 1] == counts
    assert [("applied", 1), ("waiting", 0), ("waiting", 0)] == [
        (item.status, item.tries) for item in stored if item is not None
    ]
    await world.sweep_after()
    again = await world.store.inbox_items(Page(), status=InboxStatus.PARKED)
    assert {item.id for item in parked} == {item.id for item in again.items}
