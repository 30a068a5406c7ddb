"""A package goes to somebody else: they use it, its money stays the buyer's."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.domain.actors import Actor, Role
from core.domain.bookings import Attendance
from core.domain.catalogue import Component, ServiceType
from core.domain.errors import AlreadyBooked, Conflict, Invalid, NotFound, NothingToRefund, NothingToTransfer
from core.domain.ids import BookingId, SessionId, UserId
from core.domain.ledger import PLATFORM_FORFEITS
from core.domain.orders import Destination
from core.domain.statuses import BookingStatus, OrderStatus, WaitlistStatus
from core.domain.transferring import Transferred
from core.usecases.attendance import read_attendance, set_attendance
from core.usecases.cancel_order import cancel_order
from core.usecases.deliver import complete_session
from core.usecases.refund import cancel_booking, quote_refund
from core.usecases.reschedule import reschedule_booking
from core.usecases.schedule import schedule
from core.usecases.settle_payment import Receipt
from core.usecases.transfer import transfer_package
from core.usecases.waitlist import join_waitlist
from ports.queries import BookingState, Page
from tests.usecases.world import World

DAY = timedelta(days=1)


async def buy_package(world: World, **fields: Any) -> tuple[Actor, Actor, Actor, Receipt]:
    """Ana's package of five for 40000, bought by Eva; and Tom, who bought nothing."""
    ana, eva, tom = await world.seller(), world.person(Role.CLIENT), world.person(Role.CLIENT)
    package = await world.offer_package(ana, validity_days=30, **fields)
    await world.give_credits(eva, 10_000)
    return ana, eva, tom, await world.buy(eva, package, apply_credits=True)


async def give(
    world: World, receipt: Receipt, by: Actor, to: Actor, seats: list[BookingId] | None = None
) -> Transferred:
    return await transfer_package(
        receipt.order.id, to=to.user_id, booking_ids=seats, actor=by, ports=world.ports
    )


def ids(receipt: Receipt, *numbers: int) -> list[BookingId]:
    return [receipt.seats[number].booking.id for number in numbers]


async def test_the_new_holder_schedules_moves_takes_and_cancels(world: World) -> None:
    ana, eva, tom, receipt = await buy_package(world)
    await give(world, receipt, eva, tom)

    with pytest.raises(NotFound):
        await world.put_on(eva, receipt.seats[0], world.clock.now() + 3 * DAY)
    taken = await world.put_on(tom, receipt.seats[0], world.clock.now() + 3 * DAY)
    assert tom.user_id == taken.booking.user_id
    moved = await reschedule_booking(
        taken.booking.id, actor=tom, start_time=world.clock.now() + 4 * DAY, ports=world.ports
    )
    await complete_session(moved.session.id, actor=ana, ports=world.ports)
    (seat,) = (
        await world.store.seats(Page(), user_id=tom.user_id, now=world.clock.now(), state=BookingState.PAST)
    ).items
    assert seat.completed
    with pytest.raises(NotFound):
        await cancel_booking(ids(receipt, 1)[0], actor=eva, reason=None, ports=world.ports)

    canceled = await cancel_booking(ids(receipt, 1)[0], actor=tom, reason=None, ports=world.ports)

    assert canceled.refund is not None
    assert (eva.user_id, 2000, 6000) == (
        canceled.refund.user_id,
        canceled.refund.credits_cents,
        canceled.refund.card_cents,
    )
    assert (2000, 0) == await world.credits_of(eva)
    assert (0, 0) == await world.credits_of(tom)
    assert 6000 == world.gateway.refunded_cents()
    assert eva.user_id == (await world.order(receipt)).user_id


async def test_the_buyer_refunds_only_what_they_still_hold(world: World) -> None:
    _, eva, tom, receipt = await buy_package(world)
    await give(world, receipt, eva, tom, ids(receipt, 0, 1))

    async def quoted(actor: Actor, seats: list[BookingId] | None) -> int:
        figures = await quote_refund(
            receipt.order.id,
            actor=actor,
            booking_ids=seats,
            destination=Destination.ORIGINAL,
            ports=world.ports,
        )
        return figures.refund_value_cents

    assert 24_000 == await quoted(eva, None)
    with pytest.raises(Invalid) as refused:
        await quoted(eva, ids(receipt, 0))
    assert "/booking_ids" == refused.value.pointer
    with pytest.raises(NotFound):
        await quoted(tom, ids(receipt, 0))
    admin = world.person(Role.ADMIN)
    assert (40_000, 8000) == (await quoted(admin, None), await quoted(admin, ids(receipt, 0)))

    await _refund(world, receipt, eva)
    with pytest.raises(NothingToRefund):
        await _refund(world, receipt, eva)
    order = await world.order(receipt)
    assert (OrderStatus.PARTIALLY_REFUNDED, 24_000, 2) == (
        order.status,
        order.refunded_cents,
        order.sessions_remaining,
    )
    assert [BookingStatus.DRAFT] * 2 + [BookingStatus.CANCELED] * 3 == [
        seat.booking.status for seat in await world.seats(receipt)
    ]


async def _refund(world: World, receipt: Receipt, by: Actor) -> None:
    await world.refund(by, receipt)


async def test_only_the_buyer_and_an_admin_give_seats_away(world: World) -> None:
    ana, eva, tom, receipt = await buy_package(world)
    for stranger in (ana, tom):
        with pytest.raises(NotFound):
            await give(world, receipt, stranger, world.person(Role.CLIENT))
    with pytest.raises(Invalid) as refused:
        await give(world, receipt, eva, eva)
    assert "/user_id" == refused.value.pointer

    await give(world, receipt, eva, tom, ids(receipt, 0))
    with pytest.raises(NotFound):
        await give(world, receipt, tom, world.person(Role.CLIENT))

    admin = world.person(Role.ADMIN)
    back = await give(world, receipt, admin, eva, ids(receipt, 0))
    assert eva.user_id == back.seats[0].booking.user_id
    rest = await give(world, receipt, admin, tom)
    assert 5 == len(rest.seats)
    with pytest.raises(NothingToTransfer):
        await give(world, receipt, admin, world.person(Role.CLIENT))


async def test_nobody_gets_a_second_seat_in_one_workshop_session(world: World) -> None:
    ana, eva, tom = await world.seller(), world.person(Role.CLIENT), world.person(Role.CLIENT)
    workshop = await world.offer(ana, ServiceType.WORKSHOP, max_participants=9)
    await world.offer_class(workshop, ana)
    bundle = await world.offer(ana, ServiceType.BUNDLE, bundled_service_id=workshop.id, session_count=2)
    receipts = [await world.buy(buyer, bundle) for buyer in (eva, tom)]
    classes = await world.store.sessions(Page(), service_id=workshop.id)
    for buyer, receipt in zip((eva, tom), receipts, strict=True):
        await _join(world, buyer, receipt, classes.items[0].id)

    with pytest.raises(AlreadyBooked):
        await give(world, receipts[0], eva, tom)
    assert eva.user_id == (await world.seats(receipts[0]))[0].booking.user_id
    done = await give(world, receipts[0], eva, tom, ids(receipts[0], 1))
    assert 1 == len(done.seats)


async def _join(world: World, buyer: Actor, receipt: Receipt, session_id: SessionId) -> None:
    await schedule(receipt.seats[0].booking.id, actor=buyer, session_id=session_id, ports=world.ports)


async def test_seats_given_to_two_people_at_once_go_to_one(world: World) -> None:
    _, eva, _, receipt = await buy_package(world)
    friends = [world.person(Role.CLIENT) for _ in range(4)]

    results = await asyncio.gather(
        *(give(world, receipt, eva, friend) for friend in friends), return_exceptions=True
    )

    won = [result for result in results if isinstance(result, Transferred)]
    lost = [result for result in results if isinstance(result, Conflict)]
    assert (1, 3) == (len(won), len(lost))
    holders: set[UserId] = {seat.booking.user_id for seat in await world.seats(receipt)}
    assert {won[0].seats[0].booking.user_id} == holders


async def test_attendance_is_the_new_holders(world: World) -> None:
    ana, eva, tom, receipt = await buy_package(world)
    taken = await world.put_on(eva, receipt.seats[0], world.clock.now() + 2 * DAY)
    await give(world, receipt, eva, tom, [taken.booking.id])
    session = taken.session.id
    await complete_session(session, actor=ana, ports=world.ports)

    await set_attendance(session, tom.user_id, Attendance.NO_SHOW, reason=None, actor=ana, ports=world.ports)

    sheet = await read_attendance(session, actor=ana, ports=world.ports)
    assert ((tom.user_id,), (tom.user_id,)) == (sheet.booked, sheet.no_shows)
    assert 1 == (await world.order(receipt)).sessions_completed
    assert 8000 == await world.balance(PLATFORM_FORFEITS)


async def test_an_expired_package_forfeits_the_new_holders_seats_too(world: World) -> None:
    _, eva, tom, receipt = await buy_package(world)
    await give(world, receipt, eva, tom, ids(receipt, 0, 1))

    assert 2 == (await world.sweep_after(29 * DAY)).expiry_warnings
    assert 1 == (await world.sweep_after(DAY)).packages_expired

    order = await world.order(receipt)
    assert (5, 0) == (order.sessions_expired, order.sessions_remaining)
    assert tom.user_id == (await world.seats(receipt))[0].booking.user_id


async def test_canceling_the_order_takes_no_seat_from_its_new_holder(world: World) -> None:
    _, eva, tom, receipt = await buy_package(world)
    await give(world, receipt, eva, tom, ids(receipt, 0, 1))

    canceled = await cancel_order(
        receipt.order.id, actor=eva, destination=Destination.ORIGINAL, reason=None, ports=world.ports
    )

    assert canceled.refund is not None
    assert set(ids(receipt, 2, 3, 4)) == {line.booking_id for line in canceled.refund.lines}
    assert 2 == canceled.order.sessions_remaining


async def test_who_is_given_a_seat_waits_for_none_any_more(world: World) -> None:
    ana, eva, tom = await world.seller(), world.person(Role.CLIENT), world.person(Role.CLIENT)
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    await world.offer_class(workshop, ana, seats=1)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    parts = (Component(service_id=workshop.id, quantity=1),)
    package = await world.offer(ana, ServiceType.PACKAGE, components=parts)
    receipt = await world.buy(eva, package)
    await schedule(receipt.seats[0].booking.id, actor=eva, session_id=session.id, ports=world.ports)
    await join_waitlist(session.id, actor=tom, ports=world.ports)

    await give(world, receipt, eva, tom)

    (place,) = (await world.store.places(Page(), user_id=tom.user_id)).items
    assert (WaitlistStatus.LEFT, 0) == (place.entry.status, place.session.waiting_count)
