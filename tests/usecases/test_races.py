"""Many at once, on a store that lets them interleave."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import timedelta

import pytest

from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from core.domain.actors import Actor, Role
from core.domain.availability import Availability, WeeklyHours
from core.domain.catalogue import Service, ServiceType
from core.domain.errors import (
    AlreadyBooked,
    Conflict,
    DomainError,
    InsufficientCredits,
    OutsideAvailability,
    SessionFull,
    SessionOverlap,
)
from core.domain.orders import Destination
from core.domain.sessions import ServiceSession
from core.usecases.attempts import retrying
from core.usecases.availability import set_availability
from core.usecases.refund import refund_order
from core.usecases.reschedule import reschedule_booking
from core.usecases.settle_payment import Receipt
from ports.errors import ConcurrencyConflict
from ports.queries import Page
from tests.usecases.world import World


@pytest.fixture
async def busy() -> World:
    """A world whose store lets other tasks run before each of its calls."""
    return World(store=MemoryStore(yielding=True), gateway=FakeGateway())


async def outcomes(*attempts: Awaitable[object]) -> list[type]:
    """What each attempt came to: the error's type, or None's."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    return sorted((type(r) if isinstance(r, DomainError) else type(None) for r in results), key=str)


async def test_seven_workshop_seats_are_sold_to_seven_of_sixty(busy: World) -> None:
    ana = await busy.seller()
    workshop = await busy.offer(ana, ServiceType.WORKSHOP, max_participants=7)
    await busy.offer_class(workshop, ana, seats=7)
    (session,) = (await busy.store.sessions(Page(), service_id=workshop.id)).items

    results = await outcomes(
        *(busy.buy(busy.person(Role.CLIENT), workshop, session_id=session.id) for _ in range(60))
    )

    assert (7, 53) == (results.count(type(None)), results.count(SessionFull))
    stored = await busy.store.session(session.id)
    assert stored is not None
    assert 7 == stored.current_participants
    await busy.assert_books_balance()


async def test_one_time_is_sold_once(busy: World) -> None:
    ana = await busy.seller()
    hour = await busy.offer(ana)
    at = busy.clock.now() + timedelta(days=2)

    results = await outcomes(
        *(
            busy.buy(busy.person(Role.CLIENT), hour, start_time=at + timedelta(minutes=minute))
            for minute in range(30)
        )
    )

    assert (1, 29) == (results.count(type(None)), results.count(SessionOverlap))
    await busy.assert_books_balance()


async def test_courses_that_share_nothing_are_sold_to_all_who_come_at_once(busy: World) -> None:
    courses = []
    for _ in range(2):
        teacher = await busy.seller()
        course = await busy.offer(teacher, ServiceType.COURSE, max_participants=32)
        for days in (7, 14, 21):
            await busy.offer_class(course, teacher, days=days, seats=32)
        courses.append(course)

    results = await outcomes(
        *(busy.buy(busy.person(Role.CLIENT), courses[number % 2]) for number in range(64))
    )

    assert [type(None)] * 64 == results
    held = [s.current_participants for c in courses for s in await classes_of(busy, c)]
    assert [32] * 6 == held
    await busy.assert_books_balance()


async def classes_of(world: World, course: Service) -> Sequence[ServiceSession]:
    """A course's public sessions."""
    return (await world.store.sessions(Page(), service_id=course.id)).items


async def keeps_a_buffer(world: World, ana: Actor) -> None:
    """Half an hour between any two sessions, at any time of the day."""
    weekly = tuple(WeeklyHours(weekday=day, start_minute=0, end_minute=24 * 60) for day in range(7))
    hours = Availability(timezone="UTC", weekly=weekly, buffer_minutes=30)
    await set_availability(ana.user_id, hours, actor=ana, ports=world.ports)


async def test_who_loses_by_the_buffer_alone_is_told_so(busy: World) -> None:
    ana = await busy.seller()
    await keeps_a_buffer(busy, ana)
    hour = await busy.offer(ana)
    at = busy.clock.now() + timedelta(days=2)
    times = [at, at + timedelta(minutes=75)] * 10

    answers = await asyncio.gather(
        *(busy.buy(busy.person(Role.CLIENT), hour, start_time=time) for time in times), return_exceptions=True
    )

    sold = next(time for time, answer in zip(times, answers, strict=True) if isinstance(answer, Receipt))
    expected: list[type] = [SessionOverlap if time == sold else OutsideAvailability for time in times]
    expected[times.index(sold)] = Receipt
    assert expected == [type(answer) for answer in answers]
    await busy.assert_books_balance()


async def test_a_seat_that_loses_its_time_by_the_buffer_alone_is_told_so(busy: World) -> None:
    ana, eva = await busy.seller(), busy.person(Role.CLIENT)
    await keeps_a_buffer(busy, ana)
    seats = (await busy.buy(eva, await busy.offer_package(ana))).seats
    at = busy.clock.now() + timedelta(days=2)

    first = await outcomes(
        busy.put_on(eva, seats[0], at), busy.put_on(eva, seats[1], at + timedelta(minutes=75))
    )
    far = [await busy.put_on(eva, seat, at + timedelta(days=day)) for day, seat in enumerate(seats[2:4], 1)]
    then = await outcomes(
        *(
            reschedule_booking(
                seat.booking.id,
                actor=eva,
                start_time=at + timedelta(days=5, minutes=75 * number),
                ports=busy.ports,
            )
            for number, seat in enumerate(far)
        )
    )

    assert [type(None), OutsideAvailability] == first == then


async def test_neighbouring_times_are_all_sold(busy: World) -> None:
    ana = await busy.seller()
    hour = await busy.offer(ana)
    at = busy.clock.now() + timedelta(days=2)

    results = await outcomes(
        *(
            busy.buy(busy.person(Role.CLIENT), hour, start_time=at + timedelta(hours=number))
            for number in range(40)
        )
    )

    assert [type(None)] * 40 == results
    await busy.assert_books_balance()


async def test_credits_are_spent_once(busy: World) -> None:
    ana, eva = await busy.seller(), busy.person(Role.CLIENT)
    package = await busy.offer_package(ana)
    await busy.give_credits(eva, 100_000)

    results = await outcomes(*(busy.buy(eva, package, None, apply_credits=True) for _ in range(20)))

    assert (2, 18) == (results.count(type(None)), results.count(InsufficientCredits))
    assert (20_000, 0) == await busy.credits_of(eva)
    await busy.assert_books_balance()


async def test_a_seat_is_refunded_once(busy: World) -> None:
    ana, eva = await busy.seller(), busy.person(Role.CLIENT)
    receipt = await busy.buy(eva, await busy.offer_package(ana))

    await outcomes(
        *(
            refund_order(
                receipt.order.id,
                actor=eva,
                booking_ids=None,
                destination=Destination.ORIGINAL,
                reason=None,
                ports=busy.ports,
            )
            for _ in range(10)
        )
    )

    assert 40000 == busy.gateway.refunded_cents()
    await busy.assert_books_balance()


async def test_a_conflict_is_told_after_three_attempts(world: World) -> None:
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise ConcurrencyConflict("somebody was faster")

    with pytest.raises(Conflict):
        await retrying(attempt, clock=world.clock)
    assert 3 == attempts


async def test_a_customer_gets_one_seat_in_a_session(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    workshop = await world.offer(ana, ServiceType.WORKSHOP, max_participants=7)
    await world.offer_class(workshop, ana, seats=7)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    await world.buy(eva, workshop, session_id=session.id)

    with pytest.raises(AlreadyBooked):
        await world.buy(eva, workshop, session_id=session.id)

    assert 8000 == world.gateway.charged_cents()
