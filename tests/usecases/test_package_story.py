"""The story of the seeds: a package bought with credits and card, partly taken, the rest refunded."""

from datetime import timedelta

import pytest

from core.domain.actors import Actor, Role
from core.domain.catalogue import ServiceType
from core.domain.errors import NothingToPayOut, NothingToRefund
from core.domain.ledger import order_value, practitioner_account
from core.domain.orders import Destination
from core.domain.statuses import (
    BookingStatus,
    EarningsStatus,
    OrderStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
)
from core.usecases.deliver import complete_session, start_session
from core.usecases.payout import pay_out
from core.usecases.refund import quote_refund, refund_order
from ports.queries import Page
from tests.usecases.world import World


async def test_a_package_from_purchase_to_payout_and_refund(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    package = await world.offer_package(ana)
    await world.give_credits(eva, 10000)

    receipt = await world.buy(eva, package, apply_credits=True)

    order = receipt.order
    assert (OrderStatus.PAID, 40000, 10000, 30000) == (
        order.status,
        order.subtotal_amount_cents,
        order.credits_applied_cents,
        order.total_amount_cents,
    )
    assert (8000, 5, 0, 5) == (
        order.session_value_cents,
        order.total_sessions,
        order.sessions_completed,
        order.sessions_remaining,
    )
    assert [8000] * 5 == [seat.booking.session_value_cents for seat in receipt.seats]
    assert {BookingStatus.DRAFT} == {seat.booking.status for seat in receipt.seats}
    assert (0, 0) == await world.credits_of(eva)
    assert 30000 == world.gateway.charged_cents()
    assert () == tuple((await world.store.earnings(Page(), practitioner_id=ana.user_id)).items)

    for day, seat in enumerate(receipt.seats[:2], start=1):
        scheduled = await world.put_on(eva, seat, world.clock.now() + timedelta(days=day))
        assert BookingStatus.CONFIRMED is scheduled.booking.status
        assert 1 == scheduled.session.current_participants
        await start_session(scheduled.session.id, actor=ana, ports=world.ports)
        done = await complete_session(scheduled.session.id, actor=ana, ports=world.ports)
        assert SessionStatus.COMPLETED is done.status

    rows = (await world.store.earnings(Page(), practitioner_id=ana.user_id)).items
    assert [(8000, 1500, 1200, 6800, EarningsStatus.PENDING)] * 2 == [
        (e.gross_amount_cents, e.commission_bps, e.commission_amount_cents, e.net_amount_cents, e.status)
        for e in rows
    ]
    with pytest.raises(NothingToPayOut):
        await pay_out(ana.user_id, actor=ana, ports=world.ports)
    assert 0 == (await world.sweep_after(timedelta(hours=47))).earnings_released
    assert 2 == (await world.sweep_after(timedelta(hours=1))).earnings_released

    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    assert (PayoutStatus.PAID, 13600) == (payout.status, payout.amount_cents)
    assert 13600 == world.gateway.transferred_cents()
    assert 0 == await world.balance(practitioner_account(ana.user_id))

    quote = await quote_refund(
        order.id, actor=eva, booking_ids=None, destination=Destination.ORIGINAL, ports=world.ports
    )
    refund = await refund_order(
        order.id,
        actor=eva,
        booking_ids=None,
        destination=Destination.ORIGINAL,
        reason=None,
        ports=world.ports,
    )
    assert (24000, 6000, 18000, 0) == (
        quote.refund_value_cents,
        quote.credits_cents,
        quote.card_cents,
        quote.forfeited_cents,
    )
    assert (RefundStatus.SUCCEEDED, 6000, 18000) == (refund.status, refund.credits_cents, refund.card_cents)
    assert 18000 == world.gateway.refunded_cents()
    assert (6000, 0) == await world.credits_of(eva)
    assert 0 == await world.balance(order_value(order.id))
    order = await world.order(receipt)
    assert (OrderStatus.PARTIALLY_REFUNDED, 2, 0) == (
        order.status,
        order.sessions_completed,
        order.sessions_remaining,
    )


async def test_seats_refunded_one_by_one_return_exactly_what_was_paid(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    package = await world.offer_package(ana, seats=3, price_cents=50000)
    await world.give_credits(eva, 12345)
    receipt = await world.buy(eva, package, apply_credits=True)
    assert [16667, 16667, 16666] == [seat.booking.session_value_cents for seat in receipt.seats]

    for seat in receipt.seats:
        await refund_order(
            receipt.order.id,
            actor=eva,
            booking_ids=[seat.booking.id],
            destination=Destination.ORIGINAL,
            reason=None,
            ports=world.ports,
        )

    assert (12345, 0) == await world.credits_of(eva)
    assert 50000 - 12345 == world.gateway.refunded_cents()
    assert OrderStatus.REFUNDED is (await world.order(receipt)).status


async def test_a_refund_to_credits_returns_the_card_part_as_credits(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer_package(ana))

    refund = await refund_order(
        receipt.order.id,
        actor=eva,
        booking_ids=None,
        destination=Destination.CREDITS,
        reason="moving away",
        ports=world.ports,
    )

    assert (RefundStatus.SUCCEEDED, 40000, 0) == (refund.status, refund.credits_cents, refund.card_cents)
    assert (40000, 0) == await world.credits_of(eva)
    assert 0 == world.gateway.refunded_cents()


async def test_a_second_refund_finds_nothing(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    single = await world.offer(ana)
    receipt = await world.buy(eva, single, start_time=world.clock.now() + timedelta(days=3))

    async def refund_by(actor: Actor) -> None:
        await world.refund(actor, receipt)

    await refund_by(eva)
    with pytest.raises(NothingToRefund):
        await refund_by(world.person(Role.ADMIN))


async def test_a_course_projects_its_earnings_and_a_workshop_counts_its_seats(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    course = await world.offer(ana, ServiceType.COURSE, price_cents=20000, max_participants=12)
    for week in (3, 1, 2):
        await world.offer_class(course, ana, days=7 * week, seats=12)

    receipt = await world.buy(eva, course)

    assert [6667, 6667, 6666] == [seat.booking.session_value_cents for seat in receipt.seats]
    assert [1, 2, 3] == [seat.session.sequence_number for seat in receipt.seats]
    rows = (await world.store.earnings(Page(), practitioner_id=ana.user_id)).items
    ends = {seat.booking.id: seat.session.end_time for seat in receipt.seats}
    assert {(EarningsStatus.PROJECTED, timedelta(hours=48))} == {
        (e.status, e.available_after - end) for e in rows if (end := ends[e.booking_id]) is not None
    }
    assert [1, 1, 1] == [seat.session.current_participants for seat in await world.seats(receipt)]
