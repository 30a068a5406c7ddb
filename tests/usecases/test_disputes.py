"""Disputes: earnings freeze, and are then released, or taken back to the cent."""

from datetime import timedelta

import pytest
from attrs import evolve

from adapters.memory.payments import Fault, MovementStatus, Operation
from core.domain.actors import Role
from core.domain.bookings import Attendance, SeatPayment
from core.domain.errors import (
    IllegalTransition,
    Invalid,
    NotFound,
    NothingToPayOut,
    PaymentDisputed,
    PayoutUnderWay,
)
from core.domain.events import EventType
from core.domain.ids import PaymentId
from core.domain.ledger import (
    DISPUTES,
    PLATFORM_FORFEITS,
    PLATFORM_LOSSES,
    practitioner_account,
)
from core.domain.orders import Destination
from core.domain.purchasing import BuyCredits
from core.domain.statuses import BookingStatus, DisputeStatus, EarningsStatus, OrderStatus
from core.usecases.attendance import set_attendance
from core.usecases.cancel_order import cancel_order
from core.usecases.checkout import buy_credits
from core.usecases.deliver import complete_session
from core.usecases.note_dispute import note_dispute
from core.usecases.payout import pay_out
from core.usecases.refund import cancel_booking, quote_refund, refund_order
from tests.usecases.disputed import Sold, sell_package
from tests.usecases.world import ASKING, VISA, World

OPEN, WON, LOST, WITHDRAWN = DisputeStatus


@pytest.fixture
async def sold(world: World) -> Sold:
    return await sell_package(world)


async def test_an_open_dispute_freezes_what_is_not_paid_out(sold: Sold) -> None:
    await sold.deliver(1)
    await sold.world.sweep_after(timedelta(days=3))
    await sold.deliver(1)

    dispute = await sold.bank(OPEN)

    assert (OPEN, 30_000, None) == (dispute.status, dispute.amount_cents, dispute.closed_at)
    assert 30_000 == (await sold.order()).disputed_cents
    assert [(EarningsStatus.AVAILABLE, True), (EarningsStatus.PENDING, True)] == [
        (row.status, row.frozen) for row in await sold.earnings()
    ]
    assert 0 == (await sold.world.sweep_after(timedelta(days=9))).earnings_released
    with pytest.raises(NothingToPayOut):
        await sold.pay()
    expected = {"value": 24_000, "practitioner": 13_600, "commission": 2400, "disputes": -30_000}
    assert expected == await sold.balances()


async def test_what_is_delivered_while_it_is_open_is_frozen_too(sold: Sold) -> None:
    await sold.bank(OPEN)

    await sold.deliver(1)
    await sold.world.sweep_after(timedelta(days=9))

    assert [(EarningsStatus.PENDING, True)] == [(row.status, row.frozen) for row in await sold.earnings()]
    await sold.world.assert_books_balance()


@pytest.mark.parametrize("end", [WON, WITHDRAWN])
async def test_a_dispute_that_is_won_or_withdrawn_leaves_everything_as_it_was(
    sold: Sold, end: DisputeStatus
) -> None:
    await sold.deliver(2)
    before, seats = await sold.balances(), await sold.world.seats(sold.receipt)
    await sold.bank(OPEN)

    dispute = await sold.bank(end)

    assert (end, sold.world.clock.now()) == (dispute.status, dispute.closed_at)
    assert before == await sold.balances()
    assert seats == await sold.world.seats(sold.receipt)
    assert 0 == (await sold.order()).disputed_cents
    assert 2 == (await sold.world.sweep_after(timedelta(days=9))).earnings_released
    assert (13_600, 0) == await sold.pay()
    assert [EventType.DISPUTE_OPENED, EventType.DISPUTE_WON] == await sold.told()


async def test_a_lost_dispute_before_any_delivery_cancels_the_package(sold: Sold) -> None:
    await sold.bank(OPEN)

    await sold.bank(LOST)

    assert {} == await sold.balances()
    assert (10_000, 0) == await sold.world.credits_of(sold.bea)
    order = await sold.order()
    assert (OrderStatus.REFUNDED, 30_000, 10_000) == (
        order.status,
        order.charged_back_cents,
        order.refunded_credits_cents,
    )
    assert (5, 0, 0) == (order.sessions_canceled, order.card_to_credits_cents, order.disputed_cents)
    assert {(BookingStatus.CANCELED, SeatPayment.CHARGED_BACK, 2000)} == {
        (s.booking.status, s.booking.payment_status, s.booking.refunded_cents)
        for s in await sold.world.seats(sold.receipt)
    }
    assert [EventType.DISPUTE_OPENED, EventType.DISPUTE_LOST] == await sold.told()


async def test_a_lost_dispute_takes_its_share_of_delivered_seats(sold: Sold) -> None:
    await sold.deliver(2)
    await sold.bank(OPEN)

    await sold.bank(LOST)

    # 6000 of each seat: of a delivered one 900 of its 1200 commission, and 5100 of its 6800 net.
    assert {"practitioner": 3400, "commission": 600} == await sold.balances()
    assert (6000, 0) == await sold.world.credits_of(sold.bea)
    assert [(EarningsStatus.PENDING, False, 6800)] * 2 == [
        (row.status, row.frozen, row.net_amount_cents) for row in await sold.earnings()
    ]
    await sold.world.sweep_after(timedelta(days=9))
    assert (3400, -10_200) == await sold.pay()
    await sold.world.assert_books_balance()


async def test_a_lost_dispute_after_everything_was_delivered_and_paid_out_is_a_clawback(sold: Sold) -> None:
    await sold.deliver(5)
    await sold.world.sweep_after(timedelta(days=9))
    assert (34_000, 0) == await sold.pay()
    await sold.bank(OPEN)
    assert not any(row.frozen for row in await sold.earnings())

    await sold.bank(LOST)

    assert {"practitioner": -25_500, "commission": 1500} == await sold.balances()
    assert (0, 0) == await sold.world.credits_of(sold.bea)
    with pytest.raises(NothingToPayOut, match="25500 of earlier payouts were clawed back"):
        await sold.pay()


async def test_a_direct_sale_paid_by_card_alone_is_reversed_whole(sold: Sold) -> None:
    world, hour = sold.world, await sold.world.offer(sold.ana)
    bought = await world.buy(sold.bea, hour, start_time=world.clock.now() + timedelta(days=1))
    sale = evolve(sold, receipt=bought)
    await complete_session(bought.seats[0].session.id, actor=sold.ana, ports=world.ports)
    await world.sweep_after(timedelta(days=4))
    assert (6800, 0) == await sale.pay()

    await sale.bank(LOST)

    assert [EarningsStatus.REVERSED] == [row.status for row in await sale.earnings()]
    assert -6800 == await world.balance(practitioner_account(sold.ana.user_id))
    assert OrderStatus.REFUNDED is (await sale.order()).status
    seat = (await world.seats(bought))[0].booking
    assert (BookingStatus.CONFIRMED, SeatPayment.CHARGED_BACK) == (seat.status, seat.payment_status)


async def test_a_dispute_about_a_part_takes_that_part_and_returns_the_rest_as_credits(sold: Sold) -> None:
    await sold.deliver(2)

    await sold.bank(LOST, 5003)

    # 1001, 1001, 1001, 1000, 1000: the first two were delivered.
    balances = await sold.balances()
    assert 13_600 + 2400 - 2002 == balances["practitioner"] + balances["commission"]
    assert {"practitioner", "commission", "gateway"} == set(balances)
    assert 24_000 - 3001 == (await sold.world.credits_of(sold.bea))[0]
    order = await sold.order()
    assert (OrderStatus.PARTIALLY_REFUNDED, 5003, 20_999) == (
        order.status,
        order.charged_back_cents,
        order.refunded_credits_cents,
    )
    ana = await sold.world.store.practitioner(sold.ana.user_id)
    assert ana is not None
    assert balances["practitioner"] - 13_600 == ana.carried_cents


async def test_a_missed_seat_is_charged_back_from_the_platforms_forfeits(sold: Sold) -> None:
    world, hour = sold.world, await sold.world.offer(sold.ana)
    bought = await world.buy(sold.bea, hour, start_time=world.clock.now() + timedelta(days=1))
    sale, session = evolve(sold, receipt=bought), bought.seats[0].session
    await complete_session(session.id, actor=sold.ana, ports=world.ports)
    missed = Attendance.NO_SHOW
    await set_attendance(session.id, sold.bea.user_id, missed, reason=None, actor=sold.ana, ports=world.ports)
    assert 8000 == await world.balance(PLATFORM_FORFEITS)

    await sale.bank(LOST)

    assert 0 == await world.balance(PLATFORM_FORFEITS)
    assert (0, 0) == (await world.balance(DISPUTES), await world.balance(PLATFORM_LOSSES))


async def test_what_was_refunded_before_is_the_platforms_loss(sold: Sold) -> None:
    await refund_order(
        sold.receipt.order.id,
        actor=sold.bea,
        booking_ids=None,
        destination=Destination.CREDITS,
        reason=None,
        ports=sold.world.ports,
    )

    await sold.bank(LOST)

    assert {"losses": -30_000} == await sold.balances()
    assert 0 == (await sold.order()).charged_back_cents


async def test_bought_credits_are_taken_back_as_far_as_they_reach(sold: Sold) -> None:
    world = sold.world
    bought = await buy_credits(
        BuyCredits(user_id=sold.bea.user_id, amount_cents=10_000, payment_method_id=VISA), ports=world.ports
    )
    sale = evolve(sold, receipt=bought)
    hour = await world.offer(sold.ana, price_cents=4000)
    await world.buy(
        sold.bea, hour, card=None, apply_credits=True, start_time=world.clock.now() + timedelta(days=1)
    )

    await sale.bank(LOST)

    assert (0, 0) == await world.credits_of(sold.bea)
    assert -4000 == await world.balance(PLATFORM_LOSSES)
    assert (OrderStatus.PARTIALLY_REFUNDED, 6000) == (
        (await sale.order()).status,
        (await sale.order()).charged_back_cents,
    )


@pytest.mark.parametrize(
    "reports",
    [(OPEN, LOST), (LOST,), (LOST, OPEN), (LOST, LOST, OPEN, WON), (OPEN, OPEN, LOST, WITHDRAWN)],
)
async def test_reports_come_in_any_order_and_any_number_of_times(
    sold: Sold, reports: tuple[DisputeStatus, ...]
) -> None:
    await sold.deliver(2)
    report = await sold.report(OPEN)

    for status in reports:
        await note_dispute(evolve(report, status=status), ports=sold.world.ports)
        await sold.world.assert_books_balance()

    assert [LOST] == [each.status for each in await sold.world.store.order_disputes(sold.receipt.order.id)]
    assert 3400 == (await sold.balances())["practitioner"]
    assert [EventType.DISPUTE_OPENED, EventType.DISPUTE_LOST] == await sold.told()


async def test_nothing_is_refunded_while_the_bank_decides(sold: Sold) -> None:
    await sold.bank(OPEN)
    order, ports = sold.receipt.order.id, sold.world.ports
    how = {"booking_ids": None, "destination": Destination.ORIGINAL, "ports": ports}

    with pytest.raises(PaymentDisputed):
        await quote_refund(order, actor=sold.bea, **how)  # type: ignore[arg-type] # the same for both
    with pytest.raises(PaymentDisputed):
        await refund_order(order, actor=sold.bea, reason=None, **how)  # type: ignore[arg-type] # as above
    with pytest.raises(PaymentDisputed):
        await cancel_booking(sold.receipt.seats[0].booking.id, actor=sold.bea, reason=None, ports=ports)
    with pytest.raises(PaymentDisputed):
        await cancel_order(order, actor=sold.bea, destination=Destination.ORIGINAL, reason=None, ports=ports)

    await sold.bank(WON)
    assert 40_000 == (await quote_refund(order, actor=sold.bea, **how)).refund_value_cents  # type: ignore[arg-type] # as above


async def test_a_payout_under_way_keeps_its_earnings_and_a_loss_waits_for_it(sold: Sold) -> None:
    world, hour = sold.world, await sold.world.offer(sold.ana)
    bought = await world.buy(sold.bea, hour, start_time=world.clock.now() + timedelta(days=1))
    sale = evolve(sold, receipt=bought)
    await complete_session(bought.seats[0].session.id, actor=sold.ana, ports=world.ports)
    await world.sweep_after(timedelta(days=4))
    world.gateway.script(Operation.TRANSFER, Fault.PROCESSING)
    await pay_out(sold.ana.user_id, actor=sold.ana, ports=world.ports)
    await sale.bank(OPEN)

    with pytest.raises(PayoutUnderWay):
        await sale.bank(LOST)

    await world.assert_books_balance()
    (transfer,) = world.gateway.transfers()
    world.gateway.finish(transfer.ref, MovementStatus.SUCCEEDED)
    await world.sweep_after(timedelta(minutes=1))
    assert LOST is (await sale.bank(LOST)).status
    assert -6800 == await world.balance(practitioner_account(sold.ana.user_id))


async def test_a_payout_that_fails_meanwhile_leaves_its_earnings_frozen(sold: Sold) -> None:
    await sold.deliver(1)
    await sold.world.sweep_after(timedelta(days=4))
    sold.world.gateway.script(Operation.TRANSFER, Fault.PROCESSING)
    await pay_out(sold.ana.user_id, actor=sold.ana, ports=sold.world.ports)
    await sold.bank(OPEN)

    (transfer,) = sold.world.gateway.transfers()
    sold.world.gateway.finish(transfer.ref, MovementStatus.DECLINED, code="account_closed")
    await sold.world.sweep_after(timedelta(minutes=1))

    assert [(EarningsStatus.AVAILABLE, True)] == [(row.status, row.frozen) for row in await sold.earnings()]
    with pytest.raises(NothingToPayOut):
        await sold.pay()


async def test_an_inquiry_moves_nothing(sold: Sold) -> None:
    report = await sold.report(OPEN)
    before = await sold.balances()

    assert await note_dispute(evolve(report, status=None), ports=sold.world.ports) is None

    assert before == await sold.balances()
    assert [] == list(await sold.world.store.order_disputes(sold.receipt.order.id))


async def test_a_dispute_has_to_be_about_our_money(sold: Sold) -> None:
    report, ports = await sold.report(OPEN), sold.world.ports

    for payment_id in (None, PaymentId(sold.world.ids())):
        with pytest.raises(NotFound):
            await note_dispute(evolve(report, payment_id=payment_id), ports=ports)
    for amount in (-1, 0, 30_001):
        with pytest.raises(Invalid):
            await note_dispute(evolve(report, amount_cents=amount), ports=ports)
    with pytest.raises(Invalid):
        await note_dispute(evolve(report, currency="eur"), ports=ports)


async def test_a_payment_not_known_to_have_succeeded_is_looked_up_first(sold: Sold) -> None:
    world, package = sold.world, await sold.world.offer_package(sold.ana)
    report = await sold.report(OPEN)
    asked = await world.buy(world.person(Role.CLIENT), package, card=ASKING)
    assert asked.payment is not None
    about = evolve(report, ref="dp_other", payment_id=asked.payment.id, amount_cents=40_000)
    with pytest.raises(IllegalTransition):
        await note_dispute(about, ports=world.ports)

    (charge,) = world.gateway.charges(payment_id=str(asked.payment.id))
    await world.gateway.confirm(charge.ref)
    noted = await note_dispute(about, ports=world.ports)

    assert noted is not None
    assert OPEN is noted.status
    assert OrderStatus.PAID is (await world.order(asked)).status
    await world.assert_books_balance()


async def test_two_disputes_about_one_payment_are_told_apart(sold: Sold) -> None:
    await sold.deliver(5)
    first = evolve(await sold.report(OPEN), amount_cents=10_000)
    second = evolve(first, ref="dp_second")
    for report in (first, second):
        await note_dispute(report, ports=sold.world.ports)
        await sold.world.assert_books_balance()

    await note_dispute(evolve(first, status=WON), ports=sold.world.ports)

    assert all(row.frozen for row in await sold.earnings())
    await note_dispute(evolve(second, status=WON), ports=sold.world.ports)
    assert not any(row.frozen for row in await sold.earnings())
    await sold.world.assert_books_balance()
