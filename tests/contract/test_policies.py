"""What a seat brings and gives back, by the rules of its purchase, on every store."""

from datetime import timedelta

import pytest

from core.domain.actors import Actor, Role
from core.domain.bookings import Seat
from core.domain.catalogue import ServiceType
from core.domain.earnings import Earnings
from core.domain.ledger import PLATFORM_FORFEITS, practitioner_account
from core.domain.statuses import EarningsStatus, OrderStatus
from core.usecases.call_off import cancel_session
from core.usecases.deliver import complete_session
from core.usecases.refund import cancel_booking
from ports.queries import Page
from ports.store import Store
from tests.usecases.world import World


@pytest.fixture
def world(any_store: Store) -> World:
    return World(store=any_store)


async def earnings_of(world: World, ana: Actor) -> list[Earnings]:
    return list((await world.store.earnings(Page(), practitioner_id=ana.user_id)).items)


async def test_a_seat_gives_back_by_its_notice_and_as_it_was_paid(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    await world.give_credits(eva, 16_000)
    package = await world.buy(eva, await world.offer_package(ana), apply_credits=True)

    async def canceled(seat: Seat, hours: int) -> tuple[int, int, int]:
        """What comes back of a seat of 8000 this long before it begins: in all, in credits, to the card."""
        await world.put_on(eva, seat, world.clock.now() + timedelta(hours=hours))
        gone = await cancel_booking(seat.booking.id, actor=eva, reason=None, ports=world.ports)
        refund = gone.refund
        return (
            (0, 0, 0)
            if refund is None
            else (refund.refund_value_cents, refund.credits_cents, refund.card_cents)
        )

    by_notice = [await canceled(seat, hours) for seat, hours in zip(package.seats, (30, 10, 2), strict=False)]

    # 40 % of the package was paid with credits.
    assert [(8000, 3200, 4800), (4000, 1600, 2400), (0, 0, 0)] == by_notice
    assert (4800, 7200) == ((await world.credits_of(eva))[0], world.gateway.refunded_cents())
    assert 12_000 == await world.balance(PLATFORM_FORFEITS)
    await world.assert_books_balance()


async def test_what_its_practitioner_cancels_goes_back_in_full_and_earns_nothing(world: World) -> None:
    ana = await world.seller()
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    await world.offer_class(workshop, ana, days=1)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    guests = [world.person(Role.CLIENT) for _ in range(3)]
    await world.give_credits(guests[0], 3200)
    bought = [await world.buy(guest, workshop, session_id=session.id, apply_credits=True) for guest in guests]
    assert [EarningsStatus.PROJECTED] * 3 == [row.status for row in await earnings_of(world, ana)]
    world.clock.advance(timedelta(hours=23))

    await cancel_session(session.id, actor=ana, reason="ill", ports=world.ports)

    orders = [await world.order(receipt) for receipt in bought]
    assert [(OrderStatus.REFUNDED, 8000)] * 3 == [(order.status, order.refunded_cents) for order in orders]
    assert (3200, 20_800) == ((await world.credits_of(guests[0]))[0], world.gateway.refunded_cents())
    assert [EarningsStatus.REVERSED] * 3 == [row.status for row in await earnings_of(world, ana)]
    assert 0 == await world.balance(practitioner_account(ana.user_id))
    await world.assert_books_balance()


async def test_a_course_of_eight_earns_class_by_class(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    course = await world.offer(ana, ServiceType.COURSE, price_cents=20_000)
    for number in range(1, 9):
        await world.offer_class(course, ana, days=7 * number)
    receipt = await world.buy(eva, course)

    projected = {row.booking_id: row for row in await earnings_of(world, ana)}
    assert [2500] * 8 == [row.gross_amount_cents for row in projected.values()]
    for seat in receipt.seats:
        assert seat.session.end_time is not None
        held_until = seat.session.end_time + timedelta(hours=48)
        assert (EarningsStatus.PROJECTED, held_until) == (
            projected[seat.booking.id].status,
            projected[seat.booking.id].available_after,
        )

    world.clock.advance(timedelta(days=7, hours=1))
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)

    order = await world.order(receipt)
    assert (1, 8) == (order.sessions_completed, order.total_sessions)
    statuses = sorted(row.status.value for row in await earnings_of(world, ana))
    assert ["pending", *["projected"] * 7] == statuses
    await world.assert_books_balance()
