"""What practitioners hear of their own sessions: what others do, once, and as little as they want."""

from datetime import timedelta
from typing import Any

import pytest

from core.domain.actors import Actor, Role
from core.domain.bookings import Seat
from core.domain.catalogue import ServiceType
from core.domain.ids import UserId
from core.domain.notifications import OptionalKind
from core.domain.orders import Destination
from core.domain.presence import RoomEventKind
from core.usecases.call_off import cancel_session
from core.usecases.cancel_order import cancel_order
from core.usecases.note_room_event import note_room_event
from core.usecases.refund import cancel_booking
from core.usecases.reschedule import reschedule_booking, reschedule_session
from ports.mail import Letter
from ports.queries import Page
from ports.rooms import RoomReport
from tests.usecases.test_notifications import DAY, HOUR, Mailbox
from tests.usecases.world import World


@pytest.fixture
def mail(world: World) -> Mailbox:
    return Mailbox(world=world)


async def ana_of(mail: Mailbox, **fields: Any) -> Actor:
    """A practitioner in Lisbon who wants to hear everything, unless said otherwise."""
    return await mail.reach(await mail.world.seller(), "ana", **fields)


async def booked(mail: Mailbox, ana: Actor) -> Seat:
    """A seat of a stranger, in a week; the mail about it was read."""
    world, eva = mail.world, mail.world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 7 * DAY)
    await mail.letters()
    return receipt.seats[0]


async def only(mail: Mailbox) -> Letter:
    (letter,) = await mail.letters()
    return letter


async def test_a_booking_is_told_by_the_practitioners_clock(mail: Mailbox) -> None:
    world, ana = mail.world, await ana_of(mail, timezone="Asia/Tokyo")
    eva = world.person(Role.CLIENT)
    await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + DAY)

    letter = await only(mail)

    assert ("ana@example.org", "New booking: Breathing") == (letter.to, letter.subject)
    assert "(Asia/Tokyo, UTC+9)" in letter.text
    assert "seats are taken" not in letter.text
    assert "You can turn these messages off" in letter.text
    assert [] == await mail.letters()


async def test_a_seat_in_a_group_tells_how_many_are_taken(mail: Mailbox) -> None:
    world, ana = mail.world, await ana_of(mail)
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    await world.offer_class(workshop, ana, seats=8)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items

    await world.buy(world.person(Role.CLIENT), workshop, session_id=session.id)

    assert "1 of 8 seats are taken." in (await only(mail)).text


async def test_a_course_is_one_mail_when_it_is_booked_and_one_when_it_is_canceled(mail: Mailbox) -> None:
    world, ana, eva = mail.world, await ana_of(mail), mail.world.person(Role.CLIENT)
    course = await world.offer(ana, ServiceType.COURSE, price_cents=30_000)
    for days in (7, 14, 21):
        await world.offer_class(course, ana, days=days)

    receipt = await world.buy(eva, course)
    assert "3 sessions of Breathing were booked. The first of them:" in (await only(mail)).text
    await cancel_order(
        receipt.order.id, actor=eva, destination=Destination.ORIGINAL, reason=None, ports=world.ports
    )
    assert "3 sessions were canceled, Breathing among them" in (await only(mail)).text


async def test_a_package_is_told_of_seat_by_seat_as_they_get_a_time(mail: Mailbox) -> None:
    world, ana, eva = mail.world, await ana_of(mail), mail.world.person(Role.CLIENT)
    receipt = await world.buy(eva, await world.offer_package(ana))
    assert [] == await mail.letters()
    await world.put_on(eva, receipt.seats[0], world.clock.now() + 2 * DAY)
    assert "New booking: Breathing" == (await only(mail)).subject

    await cancel_order(
        receipt.order.id, actor=eva, destination=Destination.ORIGINAL, reason=None, ports=world.ports
    )

    assert "A booking of Breathing was canceled." in (await only(mail)).text


async def test_a_seat_that_its_holder_moves_is_told(mail: Mailbox) -> None:
    ana = await ana_of(mail)
    seat = await booked(mail, ana)
    holder = Actor(user_id=seat.booking.user_id, roles=frozenset({Role.CLIENT}))
    start = mail.world.clock.now() + 8 * DAY

    await reschedule_booking(seat.booking.id, actor=holder, start_time=start, ports=mail.world.ports)

    assert "Booking moved: Breathing" == (await only(mail)).subject


async def test_what_practitioners_do_to_a_whole_session_they_are_not_told(mail: Mailbox) -> None:
    world, ana = mail.world, await ana_of(mail)
    seat = await booked(mail, ana)
    start = world.clock.now() + 8 * DAY

    await reschedule_session(seat.session.id, actor=ana, start_time=start, ports=world.ports)
    await cancel_session(seat.session.id, actor=ana, reason=None, ports=world.ports)

    assert [] == await mail.letters()


async def test_seats_that_practitioners_cancel_themselves_they_are_not_told(mail: Mailbox) -> None:
    world, ana = mail.world, await ana_of(mail)

    seat = await booked(mail, ana)
    await cancel_booking(seat.booking.id, actor=ana, reason=None, ports=world.ports)
    assert [] == await mail.letters()

    seat = await booked(mail, ana)
    await cancel_order(
        seat.booking.order_id, actor=ana, destination=Destination.ORIGINAL, reason=None, ports=world.ports
    )

    assert [] == await mail.letters()


async def test_a_seat_that_an_admin_cancels_is_told(mail: Mailbox) -> None:
    seat = await booked(mail, await ana_of(mail))

    await cancel_booking(
        seat.booking.id, actor=mail.world.person(Role.ADMIN), reason=None, ports=mail.world.ports
    )

    assert "Booking canceled: Breathing" == (await only(mail)).subject


async def test_a_canceled_seat_is_told(mail: Mailbox) -> None:
    ana = await ana_of(mail)
    seat = await booked(mail, ana)
    holder = Actor(user_id=seat.booking.user_id, roles=frozenset({Role.CLIENT}))

    await cancel_booking(seat.booking.id, actor=holder, reason=None, ports=mail.world.ports)

    assert "Booking canceled: Breathing" == (await only(mail)).subject


async def test_somebody_who_books_with_themselves_hears_of_it_once(mail: Mailbox) -> None:
    world, ana = mail.world, await ana_of(mail)
    await world.buy(ana, await world.offer(ana), start_time=world.clock.now() + DAY)

    assert "Booked: Breathing" == (await only(mail)).subject


async def test_a_session_that_needs_a_review_is_told_to_whoever_was_missed(mail: Mailbox) -> None:
    world, ana = mail.world, await ana_of(mail, unwanted=tuple(OptionalKind))
    seat = await booked(mail, ana)
    assert seat.session.start_time is not None
    world.clock.set(seat.session.start_time)
    await _comes(world, seat, seat.booking.user_id)

    await world.sweep_after(2 * HOUR)

    letter = await only(mail)
    assert "Please explain: Breathing" == letter.subject
    assert "which refunds the seat." in letter.text
    assert "turn these messages off" not in letter.text


async def _comes(world: World, seat: Seat, who: UserId) -> None:
    report = RoomReport(
        id="EV_1",
        session_id=seat.session.id,
        user_id=who,
        kind=RoomEventKind.PARTICIPANT_JOINED,
        occurred_at=world.clock.now() + timedelta(minutes=1),
    )
    await note_room_event(report, actor=None, ports=world.ports)


async def test_a_practitioner_with_many_bookings_turns_them_off(mail: Mailbox) -> None:
    world = mail.world
    kinds = (OptionalKind.SEAT_BOOKED, OptionalKind.SEAT_CANCELED)
    ana = await ana_of(mail, unwanted=kinds)
    workshop = await world.offer(ana, ServiceType.WORKSHOP, max_participants=20)
    await world.offer_class(workshop, ana, seats=20)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    buyers = [world.person(Role.CLIENT) for _ in range(20)]

    bought = [await world.buy(buyer, workshop, session_id=session.id) for buyer in buyers]
    seat = bought[0].seats[0].booking.id
    await cancel_booking(seat, actor=buyers[0], reason=None, ports=world.ports)

    assert [] == await mail.letters()
