"""Canceling all that is left of an order, and who keeps what a late cancellation forfeits."""

from datetime import timedelta

import pytest

from core.domain.actors import Actor, Role
from core.domain.bookings import SeatPayment
from core.domain.catalogue import ServiceType
from core.domain.earnings import Earnings
from core.domain.errors import IllegalTransition, NotFound
from core.domain.ledger import PLATFORM_COMMISSION, PLATFORM_FORFEITS, practitioner_account
from core.domain.orders import Destination
from core.domain.statuses import BookingStatus, EarningsStatus, OrderStatus, RefundStatus
from core.usecases.cancel_order import CanceledOrder, cancel_order
from core.usecases.deliver import complete_session
from core.usecases.refund import cancel_booking
from core.usecases.settle_payment import Receipt
from ports.queries import Page
from tests.usecases.world import ASKING, World


async def cancel(
    world: World, receipt: Receipt, actor: Actor, destination: Destination = Destination.ORIGINAL
) -> CanceledOrder:
    return await cancel_order(
        receipt.order.id, actor=actor, destination=destination, reason="moving", ports=world.ports
    )


async def earnings_of(world: World, ana: Actor) -> list[Earnings]:
    return list((await world.store.earnings(Page(), practitioner_id=ana.user_id)).items)


async def kept(world: World, ana: Actor) -> tuple[int, int, int]:
    """What the practitioner, the commission and the forfeits hold."""
    accounts = (practitioner_account(ana.user_id), PLATFORM_COMMISSION, PLATFORM_FORFEITS)
    first, second, third = [await world.balance(account) for account in accounts]
    return first, second, third


async def test_each_seat_of_an_order_is_canceled_by_its_own_notice(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    await world.give_credits(eva, 16000)
    receipt = await world.buy(eva, await world.offer_package(ana), apply_credits=True)
    for seat, hours in zip(receipt.seats, (1, 30, 10, 2), strict=False):
        await world.put_on(eva, seat, world.clock.now() + timedelta(hours=hours))
    await complete_session((await world.seats(receipt))[0].session.id, actor=ana, ports=world.ports)

    canceled = await cancel(world, receipt, eva)

    refund = canceled.refund
    assert refund is not None
    # 100 % of the one 30 h ahead and of the unscheduled one, 50 % of 10 h, nothing of 2 h; 40 % credits.
    assert (20000, 8000, 12000, 12000) == (
        refund.refund_value_cents,
        refund.credits_cents,
        refund.card_cents,
        refund.forfeited_cents,
    )
    assert RefundStatus.SUCCEEDED is refund.status
    assert (OrderStatus.PARTIALLY_REFUNDED, 0) == (canceled.order.status, canceled.order.sessions_remaining)
    again = await cancel(world, receipt, eva)
    assert (None, canceled.order.sessions_canceled) == (again.refund, again.order.sessions_canceled)


async def test_an_order_is_canceled_even_if_nothing_comes_back(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + timedelta(hours=2))

    canceled = await cancel(world, receipt, eva)

    assert (None, OrderStatus.PAID) == (canceled.refund, canceled.order.status)
    (seat,) = await world.seats(receipt)
    assert (BookingStatus.CANCELED, SeatPayment.FORFEITED) == (
        seat.booking.status,
        seat.booking.payment_status,
    )
    assert (0, 0, 8000) == await kept(world, ana)
    assert [EarningsStatus.REVERSED] == [row.status for row in await earnings_of(world, ana)]


@pytest.mark.parametrize("who", ["ana", "admin"])
async def test_practitioners_and_admins_cancel_an_order_in_full(world: World, who: str) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + timedelta(hours=2))

    canceled = await cancel(
        world, receipt, ana if who == "ana" else world.person(Role.ADMIN), Destination.CREDITS
    )

    assert OrderStatus.REFUNDED is canceled.order.status
    assert (8000, 0) == await world.credits_of(eva)


async def test_an_unpaid_order_is_given_up(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    await world.give_credits(eva, 1000)
    hour = await world.offer(ana)
    at = world.clock.now() + timedelta(days=2)
    receipt = await world.buy(eva, hour, ASKING, start_time=at, apply_credits=True)
    assert (1000, 1000) == await world.credits_of(eva)

    canceled = await cancel(world, receipt, eva)

    assert (OrderStatus.CANCELED, None) == (canceled.order.status, canceled.refund)
    assert (1000, 0) == await world.credits_of(eva)


async def test_what_cannot_be_canceled_is_refused(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + timedelta(hours=2))
    with pytest.raises(NotFound):
        await cancel(world, receipt, world.person(Role.CLIENT))
    with pytest.raises(NotFound):
        await cancel(world, receipt, world.person(Role.PRACTITIONER))
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)

    with pytest.raises(IllegalTransition, match="order is delivered: cannot cancel"):
        await cancel(world, receipt, eva)


@pytest.mark.parametrize(
    ("hours", "refunded", "gross", "commission"),
    [(30, 8000, 0, 0), (10, 4000, 4000, 600), (2, 0, 8000, 1200)],
)
async def test_a_late_cancellation_pays_the_practitioner_where_the_service_says_so(
    world: World, hours: int, refunded: int, gross: int, commission: int
) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    hour = await world.offer(ana, pay_practitioner_on_late_cancel=True)
    receipt = await world.buy(eva, hour, start_time=world.clock.now() + timedelta(hours=hours))

    canceled = await cancel_booking(receipt.seats[0].booking.id, actor=eva, reason=None, ports=world.ports)

    assert refunded == (0 if canceled.refund is None else canceled.refund.refund_value_cents)
    assert (gross - commission, commission, 0) == await kept(world, ana)
    (row,) = await earnings_of(world, ana)
    if gross == 0:
        assert EarningsStatus.REVERSED is row.status
        return
    assert (EarningsStatus.PENDING, gross, commission, gross - commission) == (
        row.status,
        row.gross_amount_cents,
        row.commission_amount_cents,
        row.net_amount_cents,
    )
    assert world.clock.now() + timedelta(hours=48) == row.available_after
    assert 1 == (await world.sweep_after(timedelta(hours=48))).earnings_released


async def test_a_package_pays_for_its_late_cancellations_too_but_not_for_unscheduled_seats(
    world: World,
) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    package = await world.offer_package(ana, pay_practitioner_on_late_cancel=True)
    receipt = await world.buy(eva, package)
    await world.put_on(eva, receipt.seats[0], world.clock.now() + timedelta(hours=10))

    canceled = await cancel(world, receipt, eva)

    assert canceled.refund is not None
    assert (36000, 4000) == (canceled.refund.refund_value_cents, canceled.refund.forfeited_cents)
    assert (3400, 600, 0) == await kept(world, ana)
    assert [(4000, receipt.seats[0].booking.id)] == [
        (row.gross_amount_cents, row.booking_id) for row in await earnings_of(world, ana)
    ]


async def test_terms_are_those_of_the_purchase(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    workshop = await world.offer(ana, ServiceType.WORKSHOP, pay_practitioner_on_late_cancel=True)
    await world.offer_class(workshop, ana, days=1)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    receipt = await world.buy(eva, workshop, session_id=session.id)
    world.clock.advance(timedelta(hours=20))

    await cancel_booking(receipt.seats[0].booking.id, actor=eva, reason=None, ports=world.ports)

    assert receipt.order.terms.pay_practitioner_on_late_cancel
    assert (6800, 1200, 0) == await kept(world, ana)
