"""Paid earnings that are taken back: carried below zero, and made up by the next payout."""

from datetime import timedelta

import pytest
from attrs import frozen

from adapters.memory.payments import Fault, Operation
from core.domain.actors import Actor, Role
from core.domain.bookings import Attendance, Seat, SeatPayment
from core.domain.earnings import Earnings
from core.domain.errors import NothingToPayOut, NothingToRefund, PayoutUnderWay
from core.domain.ids import OrderId
from core.domain.ledger import (
    PAYOUTS,
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    EntryKind,
    JournalEntry,
    order_value,
    practitioner_account,
)
from core.domain.orders import Destination, Refund
from core.domain.statuses import EarningsStatus, OrderStatus, PayoutStatus
from core.usecases.attendance import set_attendance
from core.usecases.deliver import complete_session
from core.usecases.payout import pay_out
from core.usecases.refund import quote_refund, refund_order
from core.usecases.sweep import sweep
from ports.queries import Page
from tests.usecases.world import World


@frozen(kw_only=True)
class Studio:
    """A practitioner and what a test does with them."""

    world: World
    ana: Actor
    admin: Actor

    async def delivered(self) -> Seat:
        """A session of 80.00, delivered, its earnings of 68.00 available."""
        hour = await self.world.offer(self.ana)
        at = self.world.clock.now() + timedelta(days=1)
        receipt = await self.world.buy(self.world.person(Role.CLIENT), hour, start_time=at)
        await complete_session(receipt.seats[0].session.id, actor=self.ana, ports=self.world.ports)
        await self.world.sweep_after(timedelta(days=4))
        return receipt.seats[0]

    async def paid(self) -> Seat:
        """A delivered session whose earnings were paid out."""
        seat = await self.delivered()
        await self.pay()
        return seat

    async def pay(self) -> tuple[int, int, PayoutStatus]:
        """Amount, carried and status of a payout of all there is."""
        made = await pay_out(self.ana.user_id, actor=self.ana, ports=self.world.ports)
        return made.amount_cents, made.carried_cents, made.status

    async def say(self, seat: Seat, attendance: Attendance) -> None:
        await set_attendance(
            seat.session.id,
            seat.booking.user_id,
            attendance,
            reason=None,
            actor=self.ana,
            ports=self.world.ports,
        )

    async def give_back(self, seat: Seat, destination: Destination = Destination.ORIGINAL) -> Refund:
        """The platform refunds one seat, whatever became of it."""
        return await refund_order(
            seat.booking.order_id,
            actor=self.admin,
            booking_ids=[seat.booking.id],
            destination=destination,
            reason="it was not what was promised",
            ports=self.world.ports,
        )

    async def balances(self) -> tuple[int, int, int, int]:
        """Owed to the practitioner, commission, forfeits, and what was paid out."""
        accounts = (practitioner_account(self.ana.user_id), PLATFORM_COMMISSION, PLATFORM_FORFEITS, PAYOUTS)
        first, second, third, fourth = [await self.world.balance(account) for account in accounts]
        return first, second, third, fourth

    async def earnings(self, seat: Seat) -> Earnings:
        rows = (await self.world.store.earnings(Page(), practitioner_id=self.ana.user_id)).items
        (row,) = (row for row in rows if row.booking_id == seat.booking.id)
        return row

    async def entries(self, order_id: OrderId) -> list[JournalEntry]:
        return list(await self.world.store.order_entries(order_id))


@pytest.fixture
async def studio(world: World) -> Studio:
    return Studio(world=world, ana=await world.seller(), admin=world.person(Role.ADMIN))


async def test_paid_earnings_taken_back_come_off_the_next_payout(studio: Studio) -> None:
    first = await studio.paid()
    assert (0, 1200, 0, 6800) == await studio.balances()

    await studio.say(first, Attendance.NO_SHOW)

    assert (-6800, 0, 8000, 6800) == await studio.balances()
    row = await studio.earnings(first)
    assert (EarningsStatus.REVERSED, False) == (row.status, row.payout_id is None)
    with pytest.raises(NothingToPayOut, match="6800 of earlier payouts were clawed back"):
        await studio.pay()

    await studio.delivered()
    with pytest.raises(NothingToPayOut, match="6800 of earlier payouts"):
        await studio.pay()
    await studio.delivered()
    assert (6800, -6800, PayoutStatus.PAID) == await studio.pay()
    assert (0, 2400, 8000, 13600) == await studio.balances()


async def test_a_clawback_that_was_a_mistake_is_carried_back(studio: Studio) -> None:
    seat = await studio.paid()
    await studio.say(seat, Attendance.NO_SHOW)

    await studio.say(seat, Attendance.ATTENDED)

    assert (0, 1200, 0, 6800) == await studio.balances()
    assert EarningsStatus.PAID is (await studio.earnings(seat)).status
    with pytest.raises(NothingToPayOut, match="no earnings are available"):
        await studio.pay()


async def test_what_was_clawed_back_by_mistake_is_paid_again_even_without_new_earnings(
    studio: Studio,
) -> None:
    seat = await studio.paid()
    await studio.say(seat, Attendance.NO_SHOW)
    await studio.delivered()
    await studio.delivered()
    assert (6800, -6800, PayoutStatus.PAID) == await studio.pay()

    await studio.say(seat, Attendance.UNKNOWN)

    assert (6800, 6800, PayoutStatus.PAID) == await studio.pay()
    assert (0, 3600, 0, 20400) == await studio.balances()


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_payout_that_fails_carries_again_what_it_carried(studio: Studio, fault: Fault) -> None:
    seat = await studio.paid()
    await studio.say(seat, Attendance.NO_SHOW)
    for _ in range(2):
        await studio.delivered()

    studio.world.gateway.script(Operation.TRANSFER, Fault.DECLINED)
    assert (6800, -6800, PayoutStatus.FAILED) == await studio.pay()
    studio.world.gateway.script(Operation.TRANSFER, fault)
    assert (6800, -6800, PayoutStatus.PENDING) == await studio.pay()
    await studio.world.assert_books_balance()
    await studio.world.sweep_after(timedelta(minutes=1))

    assert (0, 2400, 8000, 13600) == await studio.balances()


async def test_nothing_is_taken_back_while_a_payout_of_it_is_undecided(studio: Studio) -> None:
    seat = await studio.delivered()
    studio.world.gateway.script(Operation.TRANSFER, Fault.LOST_AFTER)
    await studio.pay()

    with pytest.raises(PayoutUnderWay):
        await studio.say(seat, Attendance.NO_SHOW)
    with pytest.raises(PayoutUnderWay):
        await studio.give_back(seat)
    await studio.world.sweep_after(timedelta(minutes=1))
    await studio.give_back(seat)

    assert (-6800, 0, 0, 6800) == await studio.balances()


@pytest.mark.parametrize("paid_out", [False, True])
async def test_a_delivered_seat_is_refunded_by_the_platform_alone_and_by_name(
    studio: Studio, paid_out: bool
) -> None:
    seat = await (studio.paid() if paid_out else studio.delivered())
    holder = Actor(user_id=seat.booking.user_id, roles=frozenset({Role.CLIENT}))
    for actor, named in ((holder, [seat.booking.id]), (studio.admin, None)):
        with pytest.raises(NothingToRefund):
            await refund_order(
                seat.booking.order_id,
                actor=actor,
                booking_ids=named,
                destination=Destination.ORIGINAL,
                reason=None,
                ports=studio.world.ports,
            )
    quoted = await quote_refund(
        seat.booking.order_id,
        actor=studio.admin,
        booking_ids=[seat.booking.id],
        destination=Destination.ORIGINAL,
        ports=studio.world.ports,
    )

    made = await studio.give_back(seat)

    assert (8000, 8000, 0) == (quoted.refund_value_cents, made.card_cents, made.credits_cents)
    assert (-6800 if paid_out else 0, 0, 0, 6800 if paid_out else 0) == await studio.balances()
    assert 0 == await studio.world.balance(order_value(seat.booking.order_id))
    _, delivery, reversal, refund, settled = await studio.entries(seat.booking.order_id)
    assert (EntryKind.REVERSAL, delivery.id) == (reversal.kind, reversal.corrects)
    assert [EntryKind.REFUND, EntryKind.REFUND_SETTLED] == [refund.kind, settled.kind]
    stored = await studio.world.store.seat(seat.booking.id)
    order = await studio.world.store.order(seat.booking.order_id)
    assert stored is not None
    assert order is not None
    assert (True, SeatPayment.REFUNDED, 8000) == (
        stored.completed,
        stored.booking.payment_status,
        stored.booking.refunded_cents,
    )
    assert (OrderStatus.REFUNDED, 1, 0) == (order.status, order.sessions_completed, order.sessions_remaining)
    with pytest.raises(NothingToRefund):
        await studio.give_back(seat)


async def test_a_missed_seat_is_refunded_from_what_the_platform_kept(studio: Studio) -> None:
    seat = await studio.delivered()
    await studio.say(seat, Attendance.NO_SHOW)

    await studio.give_back(seat, Destination.CREDITS)

    assert (0, 0, 0, 0) == await studio.balances()
    holder = Actor(user_id=seat.booking.user_id, roles=frozenset({Role.CLIENT}))
    assert (8000, 0) == await studio.world.credits_of(holder)


async def test_attendance_of_a_refunded_seat_moves_no_money(studio: Studio) -> None:
    seat = await studio.paid()
    await studio.give_back(seat)
    before = await studio.entries(seat.booking.order_id)

    await studio.say(seat, Attendance.NO_SHOW)
    await studio.say(seat, Attendance.ATTENDED)

    assert before == await studio.entries(seat.booking.order_id)
    assert (-6800, 0, 0, 6800) == await studio.balances()


async def test_a_package_gives_back_delivered_and_coming_seats_in_one_refund(studio: Studio) -> None:
    world = studio.world
    eva = world.person(Role.CLIENT)
    await world.give_credits(eva, 10000)
    receipt = await world.buy(eva, await world.offer_package(studio.ana), apply_credits=True)
    first = await world.put_on(eva, receipt.seats[0], world.clock.now() + timedelta(days=1))
    await complete_session(first.session.id, actor=studio.ana, ports=world.ports)
    await world.put_on(eva, receipt.seats[1], world.clock.now() + timedelta(days=2))

    made = await refund_order(
        receipt.order.id,
        actor=studio.admin,
        booking_ids=[seat.booking.id for seat in receipt.seats[:3]],
        destination=Destination.ORIGINAL,
        reason=None,
        ports=world.ports,
    )

    assert (24000, 6000, 18000) == (made.refund_value_cents, made.credits_cents, made.card_cents)
    order = await world.order(receipt)
    assert (1, 2, 2) == (order.sessions_completed, order.sessions_canceled, order.sessions_remaining)
    assert 16000 == await world.balance(order_value(order.id))
    assert (0, 0, 0, 0) == await studio.balances()


async def test_sweeps_leave_reversed_earnings_alone(studio: Studio) -> None:
    seat = await studio.paid()
    await studio.say(seat, Attendance.NO_SHOW)

    report = await sweep(ports=studio.world.ports, at=studio.world.clock.now() + timedelta(days=30))

    assert (0, 0, ()) == (report.earnings_released, report.payouts_settled, report.failures)
