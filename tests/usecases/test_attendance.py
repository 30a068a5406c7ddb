"""Who was there: noted before a session is delivered, corrected in the books afterwards."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from core.domain.actors import Actor, Role
from core.domain.attendance import AttendanceSheet
from core.domain.bookings import Attendance, Seat
from core.domain.catalogue import ServiceType
from core.domain.earnings import Earnings
from core.domain.errors import Forbidden, IllegalTransition, NotFound
from core.domain.ids import SessionId
from core.domain.ledger import (
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    PLATFORM_PROMOTIONS,
    EntryKind,
    JournalEntry,
    practitioner_account,
)
from core.domain.statuses import BookingStatus, EarningsStatus
from core.usecases.attendance import read_attendance, set_attendance
from core.usecases.call_off import cancel_session
from core.usecases.deliver import complete_session
from core.usecases.refund import cancel_booking
from ports.queries import Page
from tests.usecases.world import ASKING, World

PRESENT, ABSENT, UNKNOWN = Attendance.ATTENDED, Attendance.NO_SHOW, Attendance.UNKNOWN


async def say(world: World, seat: Seat, attendance: Attendance, actor: Actor) -> AttendanceSheet:
    return await set_attendance(
        seat.session.id,
        seat.booking.user_id,
        attendance,
        reason="as I saw it",
        actor=actor,
        ports=world.ports,
    )


async def complete(world: World, seat: Seat, ana: Actor) -> None:
    await complete_session(seat.session.id, actor=ana, ports=world.ports)


async def one_hour(world: World, ana: Actor, **fields: Any) -> Seat:
    hour = await world.offer(ana, **fields)
    at = world.clock.now() + timedelta(days=1)
    return (await world.buy(world.person(Role.CLIENT), hour, start_time=at)).seats[0]


async def package_seats(world: World, ana: Actor, count: int) -> list[Seat]:
    """Scheduled seats of one package of 40000 for five."""
    eva = world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer_package(ana))
    return [
        await world.put_on(eva, seat, world.clock.now() + timedelta(days=day))
        for day, seat in enumerate(receipt.seats[:count], start=1)
    ]


async def earnings_of(world: World, ana: Actor) -> list[Earnings]:
    return list((await world.store.earnings(Page(), practitioner_id=ana.user_id)).items)


async def entries_of(world: World, seat: Seat) -> list[JournalEntry]:
    return list(await world.store.order_entries(seat.booking.order_id))


async def split(world: World, ana: Actor) -> tuple[int, int, int]:
    """What the practitioner, the commission and the forfeits hold."""
    accounts = (practitioner_account(ana.user_id), PLATFORM_COMMISSION, PLATFORM_FORFEITS)
    first, second, third = [await world.balance(account) for account in accounts]
    return first, second, third


async def test_the_sheet_tells_who_is_booked_and_what_is_known(world: World) -> None:
    ana = await world.seller()
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    await world.offer_class(workshop, ana)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    seats = [
        (await world.buy(world.person(Role.CLIENT), workshop, session_id=session.id)).seats[0]
        for _ in range(3)
    ]
    await world.buy(world.person(Role.CLIENT), workshop, ASKING, session_id=session.id)
    users = [seat.booking.user_id for seat in seats]

    await say(world, seats[0], PRESENT, ana)
    said = await say(world, seats[1], ABSENT, ana)

    assert users == list(said.booked)
    assert ((users[0],), (users[1],), ()) == (said.attended, said.no_shows, said.participants)
    assert said == await read_attendance(session.id, actor=ana, ports=world.ports)
    stored = await world.store.seat(seats[1].booking.id)
    assert stored is not None
    assert "as I saw it" == stored.booking.attendance_reason


async def test_a_no_show_noted_in_time_is_never_earned(world: World) -> None:
    ana = await world.seller()
    seat = await one_hour(world, ana)

    await say(world, seat, ABSENT, ana)
    await complete(world, seat, ana)

    assert (0, 0, 8000) == await split(world, ana)
    assert [EarningsStatus.REVERSED] == [row.status for row in await earnings_of(world, ana)]


async def test_a_delivered_seat_that_was_a_no_show_is_taken_back_and_can_be_given_again(
    world: World,
) -> None:
    ana = await world.seller()
    seat = await one_hour(world, ana)
    await complete(world, seat, ana)
    assert (6800, 1200, 0) == await split(world, ana)

    await say(world, seat, ABSENT, ana)

    assert (0, 0, 8000) == await split(world, ana)
    assert [EarningsStatus.REVERSED] == [row.status for row in await earnings_of(world, ana)]
    *_, delivery, correction = await entries_of(world, seat)
    assert (EntryKind.DELIVERY, EntryKind.CORRECTION) == (delivery.kind, correction.kind)
    assert delivery.id == correction.corrects
    await world.assert_books_balance()

    await say(world, seat, PRESENT, ana)

    assert (6800, 1200, 0) == await split(world, ana)
    assert [EarningsStatus.PENDING] == [row.status for row in await earnings_of(world, ana)]
    again = (await entries_of(world, seat))[-1]
    assert (EntryKind.CORRECTION, correction.id) == (again.kind, again.corrects)
    assert 1 == (await world.sweep_after(timedelta(days=4))).earnings_released


async def test_a_package_seat_missed_by_mistake_is_earned_after_all(world: World) -> None:
    ana = await world.seller()
    first, second = await package_seats(world, ana, 2)
    await say(world, first, ABSENT, ana)
    for seat in (first, second):
        await complete(world, seat, ana)
    assert (6800, 1200, 8000) == await split(world, ana)

    await say(world, first, UNKNOWN, ana)

    assert (13_600, 2400, 0) == await split(world, ana)
    assert [8000, 8000] == [row.gross_amount_cents for row in await earnings_of(world, ana)]
    _, no_show, delivery, correction = await entries_of(world, first)
    assert (EntryKind.NO_SHOW, EntryKind.DELIVERY) == (no_show.kind, delivery.kind)
    assert no_show.id == correction.corrects
    (row,) = (row for row in await earnings_of(world, ana) if row.booking_id == first.booking.id)
    assert (EarningsStatus.PENDING, world.clock.now() + timedelta(hours=48)) == (
        row.status,
        row.available_after,
    )


async def test_a_correction_names_its_own_seats_entry_of_two_delivered_at_once(world: World) -> None:
    ana = await world.seller()
    first, second = await package_seats(world, ana, 2)
    for seat in (first, second):
        await complete(world, seat, ana)

    await say(world, first, ABSENT, ana)

    _, delivery, _, correction = await entries_of(world, first)
    assert delivery.id == correction.corrects


async def test_released_earnings_are_taken_back(world: World) -> None:
    ana = await world.seller()
    released = await one_hour(world, ana)
    await complete(world, released, ana)
    await world.sweep_after(timedelta(days=4))
    assert [EarningsStatus.AVAILABLE] == [row.status for row in await earnings_of(world, ana)]
    await say(world, released, ABSENT, ana)
    assert (0, 0, 8000) == await split(world, ana)


async def test_where_a_no_show_is_paid_a_correction_moves_no_money(world: World) -> None:
    ana = await world.seller()
    seat = await one_hour(world, ana, pay_practitioner_on_no_show=True)
    await complete(world, seat, ana)
    before = await entries_of(world, seat)

    said = await say(world, seat, ABSENT, ana)

    assert (seat.booking.user_id,) == said.no_shows
    assert before == await entries_of(world, seat)
    assert (6800, 1200, 0) == await split(world, ana)


async def test_a_free_seats_complimentary_earnings_go_back_where_they_came_from(world: World) -> None:
    ana = await world.seller()
    free: dict[str, Any] = {"price_cents": 0, "complimentary_earnings_cents": 500}
    later = await one_hour(world, ana, **free)
    await complete(world, later, ana)
    await say(world, later, ABSENT, ana)
    assert (0, 0) == (
        await world.balance(practitioner_account(ana.user_id)),
        await world.balance(PLATFORM_PROMOTIONS),
    )

    world.clock.advance(timedelta(days=2))
    missed = await one_hour(world, ana, **free)
    await say(world, missed, ABSENT, ana)
    await complete(world, missed, ana)
    await say(world, missed, PRESENT, ana)
    assert (500, -500) == (
        await world.balance(practitioner_account(ana.user_id)),
        await world.balance(PLATFORM_PROMOTIONS),
    )
    (entry,) = await entries_of(world, missed)
    assert (EntryKind.COMPLIMENTARY, None) == (entry.kind, entry.corrects)


async def test_the_same_once_more_changes_nothing(world: World) -> None:
    ana = await world.seller()
    seat = await one_hour(world, ana)
    await complete(world, seat, ana)
    await say(world, seat, ABSENT, ana)
    once = await entries_of(world, seat)

    await say(world, seat, ABSENT, ana)

    assert once == await entries_of(world, seat)


async def test_attendance_is_set_by_the_practitioner_for_those_with_a_paid_seat(world: World) -> None:
    ana = await world.seller()
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    await world.offer_class(workshop, ana)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    waiting = await world.buy(world.person(Role.CLIENT), workshop, ASKING, session_id=session.id)
    private = await one_hour(world, ana)
    stranger = world.person(Role.PRACTITIONER)

    with pytest.raises(IllegalTransition, match="booking is pending_payment"):
        await say(world, waiting.seats[0], ABSENT, ana)
    with pytest.raises(Forbidden):
        await say(world, waiting.seats[0], ABSENT, stranger)
    with pytest.raises(NotFound, match="no session"):
        await read_attendance(private.session.id, actor=stranger, ports=world.ports)
    with pytest.raises(NotFound, match="no session"):
        await read_attendance(SessionId(world.ids()), actor=ana, ports=world.ports)
    with pytest.raises(NotFound, match="no seat of user"):
        await set_attendance(session.id, stranger.user_id, ABSENT, reason=None, actor=ana, ports=world.ports)


async def test_what_is_noted_while_a_session_completes_is_never_lost() -> None:
    world = World(store=MemoryStore(yielding=True), gateway=FakeGateway())
    ana = await world.seller()
    seats = await package_seats(world, ana, 5)

    for seat in seats:
        await asyncio.gather(
            say(world, seat, ABSENT, ana), complete(world, seat, ana), say(world, seat, ABSENT, ana)
        )

    assert (0, 0, 40_000) == await split(world, ana)
    await world.assert_books_balance()


async def test_a_missed_seat_gives_nothing_unless_the_session_is_called_off(world: World) -> None:
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    await world.offer_class(workshop, ana)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    (seat,) = (await world.buy(eva, workshop, session_id=session.id)).seats
    await say(world, seat, ABSENT, ana)

    with pytest.raises(IllegalTransition):
        await cancel_booking(seat.booking.id, actor=eva, reason=None, ports=world.ports)
    await cancel_session(session.id, actor=ana, reason="the roof leaks", ports=world.ports)

    assert 8000 == world.gateway.refunded_cents()
    stored = await world.store.seat(seat.booking.id)
    assert stored is not None
    assert BookingStatus.CANCELED is stored.booking.status
