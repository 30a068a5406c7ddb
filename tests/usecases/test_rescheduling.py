"""Seats and sessions move; the payment and the booking stay what they are."""

import asyncio
from datetime import timedelta

import pytest

from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from core.domain.actors import Actor, Role
from core.domain.bookings import Seat
from core.domain.catalogue import Component, ServiceType
from core.domain.errors import (
    AlreadyBooked,
    DomainError,
    Forbidden,
    IllegalTransition,
    Invalid,
    NotFound,
    PackageExpired,
    SessionFull,
    SessionOverlap,
    TooLateToReschedule,
)
from core.domain.events import Event, EventType
from core.domain.sessions import ServiceSession
from core.domain.statuses import SessionStatus
from core.usecases.deliver import complete_session, start_session
from core.usecases.reschedule import reschedule_booking, reschedule_session
from core.usecases.schedule import schedule
from ports.queries import Page
from ports.store import Kind
from tests.usecases.world import World

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


async def one_hour(world: World, ana: Actor, eva: Actor, wait: timedelta = 7 * DAY) -> Seat:
    """A bought hour, so much later than now."""
    hour = await world.offer(ana)
    return (await world.buy(eva, hour, start_time=world.clock.now() + wait)).seats[0]


async def events(world: World, kind: EventType) -> list[Event]:
    rows = [row async for row in world.store.scan(Kind.EVENT)]
    return [row for row in rows if isinstance(row, Event) and row.type is kind]


async def public(world: World, ana: Actor, kind: ServiceType, **fields: int) -> tuple[ServiceSession, ...]:
    """Three sessions of a new group service, on three days."""
    service = await world.offer(ana, kind)
    for day in (7, 8, 9):
        await world.offer_class(service, ana, days=day, **fields)
    return tuple((await world.store.sessions(Page(), service_id=service.id)).items)


async def test_a_seat_moves_with_its_session_and_its_projected_earnings(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    seat = await one_hour(world, ana, eva)
    at = world.clock.now() + 3 * DAY

    moved = await reschedule_booking(seat.booking.id, actor=eva, start_time=at, ports=world.ports)

    assert (at, at + HOUR, seat.session.id) == (
        moved.session.start_time,
        moved.session.end_time,
        moved.session.id,
    )
    stored = await world.store.seat(seat.booking.id)
    assert stored == moved
    assert moved.booking == seat.booking
    (earned,) = (await world.store.earnings(Page(), practitioner_id=ana.user_id)).items
    assert at + 49 * HOUR == earned.available_after
    (told,) = await events(world, EventType.BOOKING_RESCHEDULED)
    assert (seat.booking.id, str(eva.user_id)) == (told.subject_id, told.payload["user_id"])


async def test_a_seat_may_overlap_its_own_old_time_but_nobody_elses(world: World) -> None:
    ana, eva, tom = await world.seller(), world.person(Role.CLIENT), world.person(Role.CLIENT)
    seat = await one_hour(world, ana, eva, 7 * DAY)
    await one_hour(world, ana, tom, 8 * DAY)
    start = world.clock.now()

    half = await reschedule_booking(
        seat.booking.id, actor=eva, start_time=start + 7 * DAY + HOUR // 2, ports=world.ports
    )
    with pytest.raises(SessionOverlap):
        await reschedule_booking(
            seat.booking.id, actor=eva, start_time=start + 8 * DAY + HOUR // 2, ports=world.ports
        )

    assert half == await world.store.seat(seat.booking.id)


async def test_a_holder_moves_a_seat_only_while_all_of_it_would_be_refunded(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    seat = await one_hour(world, ana, eva, 25 * HOUR)
    at = world.clock.now() + 10 * DAY
    world.clock.advance(HOUR + timedelta(minutes=1))

    with pytest.raises(TooLateToReschedule):
        await reschedule_booking(seat.booking.id, actor=eva, start_time=at, ports=world.ports)

    admin = world.person(Role.ADMIN)
    moved = await reschedule_booking(seat.booking.id, actor=admin, start_time=at, ports=world.ports)
    assert at == moved.session.start_time


async def test_to_where_it_is_a_seat_moves_without_a_change(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    seat = await one_hour(world, ana, eva, HOUR)

    again = await reschedule_booking(
        seat.booking.id, actor=eva, start_time=seat.session.start_time, ports=world.ports
    )

    assert again == await world.store.seat(seat.booking.id)
    assert [] == await events(world, EventType.BOOKING_RESCHEDULED)


async def test_a_seat_moves_only_into_the_future_and_before_its_package_expires(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer_package(ana, validity_days=30))
    seat = await world.put_on(eva, receipt.seats[0], world.clock.now() + 7 * DAY)

    with pytest.raises(Invalid, match="must be in the future"):
        await reschedule_booking(seat.booking.id, actor=eva, start_time=world.clock.now(), ports=world.ports)
    with pytest.raises(PackageExpired):
        await reschedule_booking(
            seat.booking.id, actor=eva, start_time=world.clock.now() + 31 * DAY, ports=world.ports
        )
    with pytest.raises(Invalid, match="is required"):
        await reschedule_booking(seat.booking.id, actor=eva, ports=world.ports)


async def test_drafts_and_sessions_that_began_are_not_rescheduled(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer_package(ana))
    at = world.clock.now() + 9 * DAY
    seat = await world.put_on(eva, receipt.seats[0], world.clock.now() + 7 * DAY)
    await start_session(seat.session.id, actor=ana, ports=world.ports)

    with pytest.raises(IllegalTransition, match="booking is draft"):
        await reschedule_booking(receipt.seats[1].booking.id, actor=eva, start_time=at, ports=world.ports)
    for _ in range(2):
        with pytest.raises(IllegalTransition, match="session is "):
            await reschedule_booking(seat.booking.id, actor=eva, start_time=at, ports=world.ports)
        with pytest.raises(IllegalTransition, match="session is "):
            await reschedule_session(seat.session.id, start_time=at, actor=ana, ports=world.ports)
        await complete_session(seat.session.id, actor=ana, ports=world.ports)
    with pytest.raises(NotFound):
        await reschedule_booking(seat.booking.id, actor=ana, start_time=at, ports=world.ports)


async def test_a_workshop_seat_moves_to_another_session_of_the_workshop(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    first, second, third = await public(world, ana, ServiceType.WORKSHOP, seats=1)
    (elsewhere, *_) = await public(world, ana, ServiceType.WORKSHOP)
    workshop = await world.store.service(first.service_id)
    assert workshop is not None
    (seat,) = (await world.buy(eva, workshop, session_id=first.id)).seats
    await world.buy(world.person(Role.CLIENT), workshop, session_id=third.id)

    moved = await reschedule_booking(seat.booking.id, actor=eva, session_id=second.id, ports=world.ports)

    assert (second.id, 1) == (moved.booking.session_id, moved.session.current_participants)
    left = await world.store.session(first.id)
    assert left is not None
    assert 0 == left.current_participants
    earned = (await world.store.earnings(Page(), practitioner_id=ana.user_id)).items
    assert second.end_time is not None
    (row,) = (row for row in earned if row.booking_id == seat.booking.id)
    assert (second.id, second.end_time + 48 * HOUR) == (row.session_id, row.available_after)
    with pytest.raises(SessionFull):
        await reschedule_booking(seat.booking.id, actor=eva, session_id=third.id, ports=world.ports)
    with pytest.raises(Invalid, match="is not a session of this seat's service"):
        await reschedule_booking(seat.booking.id, actor=eva, session_id=elsewhere.id, ports=world.ports)
    at = world.clock.now() + 20 * DAY
    with pytest.raises(Invalid, match="name its session_id"):
        await reschedule_booking(seat.booking.id, actor=eva, start_time=at, ports=world.ports)


async def test_a_course_seat_cannot_double_another_of_its_own_classes(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    first, second, _ = await public(world, ana, ServiceType.COURSE)
    course = await world.store.service(first.service_id)
    assert course is not None
    receipt = await world.buy(eva, course)

    with pytest.raises(AlreadyBooked):
        await reschedule_booking(
            receipt.seats[0].booking.id, actor=eva, session_id=second.id, ports=world.ports
        )


async def test_a_group_seat_of_a_package_leaves_its_private_session_for_a_public_one(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    first, second, _ = await public(world, ana, ServiceType.WORKSHOP)
    parts = (Component(service_id=first.service_id, quantity=1),)
    package = await world.offer(ana, ServiceType.PACKAGE, components=parts)
    receipt = await world.buy(eva, package)
    alone = await world.put_on(eva, receipt.seats[0], world.clock.now() + 30 * DAY)

    joined = await reschedule_booking(alone.booking.id, actor=eva, session_id=second.id, ports=world.ports)

    left = await world.store.session(alone.session.id)
    assert left is not None
    assert (SessionStatus.CANCELED, 0) == (left.status, left.current_participants)
    assert second.id == joined.session.id
    assert joined.booking.id == alone.booking.id


async def test_a_session_moves_with_everyone_in_it(world: World) -> None:
    ana = await world.seller()
    session, *_ = await public(world, ana, ServiceType.WORKSHOP)
    workshop = await world.store.service(session.service_id)
    assert workshop is not None
    for _ in range(3):
        await world.buy(world.person(Role.CLIENT), workshop, session_id=session.id)
    at = world.clock.now() + 20 * DAY

    moved = await reschedule_session(
        session.id, start_time=at, end_time=at + 2 * HOUR, actor=ana, ports=world.ports
    )

    assert moved == await world.store.session(session.id)
    assert (at, at + 2 * HOUR, 120, 3) == (
        moved.start_time,
        moved.end_time,
        moved.duration_minutes,
        moved.current_participants,
    )
    earned = (await world.store.earnings(Page(), practitioner_id=ana.user_id)).items
    assert [at + 50 * HOUR] * 3 == [row.available_after for row in earned]
    assert 1 == len(await events(world, EventType.SESSION_RESCHEDULED))
    assert 3 == len(await events(world, EventType.BOOKING_RESCHEDULED))
    again = await reschedule_session(session.id, start_time=at, actor=ana, ports=world.ports)
    assert again == moved
    assert 1 == len(await events(world, EventType.SESSION_RESCHEDULED))


async def test_an_individual_session_does_not_move_onto_another(world: World) -> None:
    ana, eva, tom = await world.seller(), world.person(Role.CLIENT), world.person(Role.CLIENT)
    seat = await one_hour(world, ana, eva, 7 * DAY)
    await one_hour(world, ana, tom, 8 * DAY)
    start = world.clock.now()

    await reschedule_session(
        seat.session.id, start_time=start + 7 * DAY + HOUR // 2, actor=ana, ports=world.ports
    )
    with pytest.raises(SessionOverlap):
        await reschedule_session(
            seat.session.id, start_time=start + 8 * DAY - HOUR // 2, actor=ana, ports=world.ports
        )


async def test_a_session_moves_to_a_time_to_come_that_lasts_at_most_a_day(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    session, *_ = await public(world, ana, ServiceType.WORKSHOP)
    now = world.clock.now()

    with pytest.raises(Invalid, match="must be in the future"):
        await reschedule_session(session.id, start_time=now, actor=ana, ports=world.ports)
    with pytest.raises(Invalid, match="a minute to a day"):
        await reschedule_session(
            session.id, start_time=now + DAY, end_time=now + DAY, actor=ana, ports=world.ports
        )
    with pytest.raises(Forbidden):
        await reschedule_session(session.id, start_time=now + DAY, actor=eva, ports=world.ports)


async def test_a_courses_classes_number_themselves_anew(world: World) -> None:
    ana = await world.seller()
    first, second, third = await public(world, ana, ServiceType.COURSE)

    moved = await reschedule_session(
        first.id, start_time=world.clock.now() + 30 * DAY, actor=ana, ports=world.ports
    )

    assert 3 == moved.sequence_number
    stored = (await world.store.sessions(Page(), service_id=first.service_id)).items
    assert [(second.id, 1), (third.id, 2), (first.id, 3)] == [(s.id, s.sequence_number) for s in stored]


async def test_a_seat_is_either_moved_or_delivered() -> None:
    world = World(store=MemoryStore(yielding=True), gateway=FakeGateway())
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    first, second, _ = await public(world, ana, ServiceType.WORKSHOP)
    parts = (Component(service_id=first.service_id, quantity=1),)
    receipt = await world.buy(eva, await world.offer(ana, ServiceType.PACKAGE, components=parts))
    (draft,) = receipt.seats
    seat = await schedule(draft.booking.id, actor=eva, session_id=first.id, ports=world.ports)

    results = await asyncio.gather(
        complete_session(first.id, actor=ana, ports=world.ports),
        reschedule_booking(seat.booking.id, actor=eva, session_id=second.id, ports=world.ports),
        return_exceptions=True,
    )

    order = await world.order(receipt)
    stored = await world.store.seat(seat.booking.id)
    assert stored is not None
    assert stored.completed is any(isinstance(result, DomainError) for result in results)
    assert int(stored.completed) == order.sessions_completed
    await world.assert_books_balance()


async def test_of_two_sessions_moved_to_one_time_one_gets_it() -> None:
    world = World(store=MemoryStore(yielding=True), gateway=FakeGateway())
    ana, eva, tom = await world.seller(), world.person(Role.CLIENT), world.person(Role.CLIENT)
    seats = [await one_hour(world, ana, eva, 7 * DAY), await one_hour(world, ana, tom, 8 * DAY)]
    at = world.clock.now() + 9 * DAY

    results = await asyncio.gather(
        reschedule_booking(seats[0].booking.id, actor=eva, start_time=at, ports=world.ports),
        reschedule_session(seats[1].session.id, start_time=at + HOUR // 2, actor=ana, ports=world.ports),
        return_exceptions=True,
    )

    assert 1 == sum(isinstance(result, SessionOverlap) for result in results)
    await world.assert_books_balance()
