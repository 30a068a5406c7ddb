"""While a bank decides, what it may take is neither given back nor spent; afterwards it moves, once."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from attrs import evolve

from adapters.memory.payments import Fault, Operation
from adapters.memory.store import MemoryStore
from core.domain.actors import Actor
from core.domain.bookings import Seat, SeatPayment
from core.domain.catalogue import OnExpiry
from core.domain.changes import Changes
from core.domain.errors import PaymentDisputed
from core.domain.events import EventType
from core.domain.ledger import PLATFORM_LOSSES, order_value, user_credit
from core.domain.orders import Destination, Order, Refund
from core.domain.purchasing import BuyCredits
from core.domain.statuses import BookingStatus, DisputeStatus, EarningsStatus, OrderStatus, RefundStatus
from core.usecases.call_off import cancel_session
from core.usecases.checkout import buy_credits
from core.usecases.note_dispute import note_dispute
from core.usecases.refund import refund_order
from ports.store import Kind
from tests.usecases.disputed import Sold, sell_package
from tests.usecases.world import VISA, World

OPEN, WON, LOST, WITHDRAWN = DisputeStatus


@pytest.fixture
async def sold(world: World) -> Sold:
    return await sell_package(world)


async def called_off(sold: Sold, who: Actor | None = None) -> Seat:
    """A seat of the package that was given a time, and then called off."""
    (*_, draft) = [s for s in await sold.world.seats(sold.receipt) if s.booking.status is BookingStatus.DRAFT]
    placed = await sold.world.put_on(sold.bea, draft, sold.world.clock.now() + timedelta(days=3))
    await cancel_session(placed.session.id, actor=who or sold.ana, reason="ill", ports=sold.world.ports)
    await sold.world.assert_books_balance()
    found = await sold.world.store.seat(draft.booking.id)
    assert found is not None
    return found


async def seat_of(sold: Sold, seat: Seat) -> Seat:
    found = await sold.world.store.seat(seat.booking.id)
    assert found is not None
    return found


async def refunds(sold: Sold) -> list[Refund]:
    return list(await sold.world.store.refunds(sold.receipt.order.id))


async def test_a_seat_that_is_called_off_meanwhile_goes_and_its_money_stays(sold: Sold) -> None:
    await sold.bank(OPEN)

    seat = await called_off(sold)

    assert (BookingStatus.CANCELED, SeatPayment.PAID, 0, None) == (
        seat.booking.status,
        seat.booking.payment_status,
        seat.booking.refunded_cents,
        seat.booking.refund_id,
    )
    assert [] == await refunds(sold)
    assert 40_000 == await sold.world.balance(order_value(sold.receipt.order.id))
    assert (1, 0) == ((await sold.order()).sessions_canceled, (await sold.order()).refunded_cents)


@pytest.mark.parametrize("end", [WON, WITHDRAWN])
async def test_what_waited_goes_back_as_it_was_paid_once_the_bank_leaves_it(
    sold: Sold, end: DisputeStatus
) -> None:
    await sold.bank(OPEN)
    seat = await called_off(sold)

    await sold.bank(end)

    (refund,) = await refunds(sold)
    assert (RefundStatus.SUCCEEDED, 8000, 2000, 6000) == (
        refund.status,
        refund.refund_value_cents,
        refund.credits_cents,
        refund.card_cents,
    )
    booking = (await seat_of(sold, seat)).booking
    assert (BookingStatus.CANCELED, SeatPayment.REFUNDED, 8000, "ill") == (
        booking.status,
        booking.payment_status,
        booking.refunded_cents,
        booking.cancel_reason,
    )
    assert (refund.id, seat.booking.version + 1) == (booking.refund_id, booking.version)
    order = await sold.order()
    assert (OrderStatus.PARTIALLY_REFUNDED, 1, 2000, 6000) == (
        order.status,
        order.sessions_canceled,
        order.refunded_credits_cents,
        order.refunded_card_cents,
    )
    assert 6000 == sold.world.gateway.refunded_cents()
    events = [event.type async for event in sold.world.store.scan(Kind.EVENT)]  # type: ignore[union-attr] # events
    assert (1, 1) == (events.count(EventType.BOOKING_CANCELED), events.count(EventType.BOOKING_REFUNDED))


async def test_a_refund_that_waited_and_does_not_get_there_is_sent_by_the_sweep(sold: Sold) -> None:
    await sold.bank(OPEN)
    await called_off(sold)
    sold.world.gateway.script(Operation.REFUND, Fault.LOST_BEFORE)
    await sold.bank(WON)
    assert [RefundStatus.PENDING] == [refund.status for refund in await refunds(sold)]

    await sold.world.sweep_after(timedelta(minutes=1))

    assert [RefundStatus.SUCCEEDED] == [refund.status for refund in await refunds(sold)]
    assert 6000 == sold.world.gateway.refunded_cents()


async def test_what_waited_and_was_lost_is_shared_like_any_seat_to_come(sold: Sold) -> None:
    await sold.bank(OPEN)
    seat = await called_off(sold)

    await sold.bank(LOST)

    booking = (await seat_of(sold, seat)).booking
    assert (SeatPayment.CHARGED_BACK, 2000, "ill") == (
        booking.payment_status,
        booking.refunded_cents,
        booking.cancel_reason,
    )
    order = await sold.order()
    assert (OrderStatus.REFUNDED, 5, 30_000, 10_000) == (
        order.status,
        order.sessions_canceled,
        order.charged_back_cents,
        order.refunded_credits_cents,
    )
    assert ([], 0) == (await refunds(sold), sold.world.gateway.refunded_cents())
    assert {} == await sold.balances()


async def test_a_loss_too_small_to_reach_a_waiting_seat_gives_all_of_it_back_as_credits(sold: Sold) -> None:
    await sold.bank(OPEN, 2)
    seat = await called_off(sold)

    await sold.bank(LOST)

    booking = (await seat_of(sold, seat)).booking
    assert (SeatPayment.REFUNDED, 8000) == (booking.payment_status, booking.refunded_cents)
    await sold.world.assert_books_balance()


async def test_it_waits_for_the_last_of_two_disputes(sold: Sold) -> None:
    first = evolve(await sold.report(OPEN), amount_cents=10_000)
    second = evolve(first, ref="dp_second")
    for report in (first, second):
        await note_dispute(report, ports=sold.world.ports)
    await called_off(sold)
    await sold.report(WON)

    await note_dispute(evolve(first, status=WON), ports=sold.world.ports)
    assert [] == await refunds(sold)
    await note_dispute(evolve(second, status=WON), ports=sold.world.ports)

    assert [8000] == [refund.refund_value_cents for refund in await refunds(sold)]
    await sold.world.assert_books_balance()


async def test_projected_earnings_of_a_seat_that_waits_are_reversed_at_once(sold: Sold) -> None:
    world, hour = sold.world, await sold.world.offer(sold.ana)
    bought = await world.buy(sold.bea, hour, start_time=world.clock.now() + timedelta(days=1))
    sale = evolve(sold, receipt=bought)
    await sale.bank(OPEN)

    session_id = bought.seats[0].session.id
    await cancel_session(session_id, actor=sold.ana, reason=None, ports=world.ports)
    await world.assert_books_balance()
    await sale.bank(WON)

    assert [EarningsStatus.REVERSED] == [row.status for row in await sale.earnings()]
    assert OrderStatus.REFUNDED is (await sale.order()).status


@pytest.mark.parametrize(("end", "in_credits", "by_bank"), [(WON, 40_000, 0), (LOST, 10_000, 30_000)])
async def test_a_package_that_ends_meanwhile_waits_with_what_it_would_return(
    world: World, end: DisputeStatus, in_credits: int, by_bank: int
) -> None:
    sold = await sell_package(world, validity_days=30, on_expiry=OnExpiry.CREDITS)
    await sold.bank(OPEN)

    assert 0 == (await world.sweep_after(timedelta(days=31))).packages_expired
    assert 0 == (await sold.order()).sessions_canceled
    await sold.bank(end)
    await world.sweep_after(timedelta(0))

    order = await sold.order()
    assert (5, in_credits, by_bank) == (
        order.sessions_canceled,
        order.refunded_credits_cents,
        order.charged_back_cents,
    )
    assert (in_credits, 0) == await world.credits_of(sold.bea)
    assert None is order.expiry_due_at
    await world.assert_books_balance()


async def test_a_package_that_is_forfeited_when_it_ends_does_so_meanwhile(world: World) -> None:
    sold = await sell_package(world, validity_days=30)
    await sold.bank(OPEN)

    assert 1 == (await world.sweep_after(timedelta(days=31))).packages_expired
    assert {"forfeits": 40_000, "disputes": -30_000} == await sold.balances()
    await sold.bank(LOST)

    assert {"forfeits": 10_000} == {k: v for k, v in (await sold.balances()).items() if k != "gateway"}


async def top_up(sold: Sold, cents: int) -> Sold:
    """Bea buys credits by card."""
    command = BuyCredits(user_id=sold.bea.user_id, amount_cents=cents, payment_method_id=VISA)
    return evolve(sold, receipt=await buy_credits(command, ports=sold.world.ports))


async def frozen(sale: Sold) -> int:
    return await sale.world.balance(order_value(sale.receipt.order.id))


async def test_bought_credits_are_frozen_and_nobody_buys_with_them(sold: Sold) -> None:
    world, sale = sold.world, await top_up(sold, 10_000)
    await world.give_credits(sold.bea, 2000)

    await sale.bank(OPEN)

    assert ((2000, 0), 10_000) == (await world.credits_of(sold.bea), await frozen(sale))
    hour = await world.offer(sold.ana)
    bought = await world.buy(
        sold.bea, hour, apply_credits=True, start_time=world.clock.now() + timedelta(days=1)
    )
    assert (2000, 6000) == (bought.order.credits_applied_cents, bought.order.total_amount_cents)
    with pytest.raises(PaymentDisputed):
        await _give_back(sale, bought.order, sale.receipt.order)


async def _give_back(sale: Sold, *orders: Order) -> None:
    for order in orders:
        await refund_order(
            order.id,
            actor=sale.bea,
            booking_ids=None,
            destination=Destination.ORIGINAL,
            reason=None,
            ports=sale.world.ports,
        )


@pytest.mark.parametrize("end", [WON, WITHDRAWN])
async def test_frozen_credits_are_their_buyers_again(sold: Sold, end: DisputeStatus) -> None:
    sale = await top_up(sold, 10_000)
    await sale.bank(OPEN, 7000)
    assert ((3000, 0), 7000) == (await sale.world.credits_of(sold.bea), await frozen(sale))

    await sale.bank(end)

    assert ((10_000, 0), 0) == (await sale.world.credits_of(sold.bea), await frozen(sale))
    assert OrderStatus.PAID is (await sale.order()).status


async def test_frozen_credits_are_lost_first_and_the_rest_as_far_as_it_reaches(sold: Sold) -> None:
    world, sale = sold.world, await top_up(sold, 10_000)
    hour = await world.offer(sold.ana, price_cents=4000)
    bought = await world.buy(
        sold.bea, hour, card=None, apply_credits=True, start_time=world.clock.now() + timedelta(days=2)
    )
    await sale.bank(OPEN)
    assert ((0, 0), 6000) == (await world.credits_of(sold.bea), await frozen(sale))
    await _give_back(sale, bought.order)
    await world.give_credits(sold.bea, 1000)
    assert (5000, 0) == await world.credits_of(sold.bea)

    await sale.bank(LOST)

    assert ((1000, 0), 0) == (await world.credits_of(sold.bea), await frozen(sale))
    assert 0 == await world.balance(PLATFORM_LOSSES)
    assert (OrderStatus.REFUNDED, 10_000) == (
        (await sale.order()).status,
        (await sale.order()).charged_back_cents,
    )
    assert 1000 == await world.balance(user_credit(sold.bea.user_id))


async def test_two_disputes_freeze_what_was_bought_once(sold: Sold) -> None:
    world, sale = sold.world, await top_up(sold, 10_000)
    await world.give_credits(sold.bea, 5000)
    first = await sale.report(OPEN)
    second = evolve(first, ref="dp_second")
    for report in (first, second):
        await note_dispute(report, ports=world.ports)
        assert (5000, 0) == await world.credits_of(sold.bea)

    for report in (first, second):
        await note_dispute(evolve(report, status=LOST), ports=world.ports)
        await world.assert_books_balance()

    assert ((5000, 0), -10_000) == (await world.credits_of(sold.bea), await world.balance(PLATFORM_LOSSES))


class Overtaken(MemoryStore):
    """A store in which something happens once, between a reading and its commit."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def commit(self, changes: Changes) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        await super().commit(changes)


async def test_credits_that_are_spent_before_they_are_frozen_are_counted_again() -> None:
    store = Overtaken()
    world = World(store=store)
    sold = await sell_package(world)
    sale = await top_up(sold, 10_000)
    hour, start = await world.offer(sold.ana), world.clock.now() + timedelta(days=1)
    store.meanwhile = lambda: world.buy(sold.bea, hour, card=None, apply_credits=True, start_time=start)

    await sale.bank(OPEN)

    assert ((0, 0), 2000) == (await world.credits_of(sold.bea), await frozen(sale))
