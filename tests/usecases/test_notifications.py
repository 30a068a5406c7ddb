"""Who is told what by mail: once, in one mail for what belongs together, and nothing they do not want."""

import asyncio
from datetime import timedelta
from typing import Any

from attrs import evolve, field, frozen

from adapters.mail.sender import MailSender
from adapters.memory.consumers import CollectedLetters
from adapters.memory.store import MemoryStore
from adapters.memory.testing.contacts import make_contact
from core.domain.actors import Actor, Role
from core.domain.bookings import Attendance
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch
from core.domain.notifications import OptionalKind
from core.domain.orders import Destination
from core.usecases.call_off import cancel_session
from core.usecases.cancel_order import cancel_order
from core.usecases.contacts import ContactDetails, read_contact, save_contact
from core.usecases.dispatch import dispatch
from core.usecases.notify import MailNotices
from core.usecases.payout import pay_out
from core.usecases.refund import cancel_booking
from core.usecases.relay import relay_events
from core.usecases.reschedule import reschedule_booking, reschedule_session
from core.usecases.sweep import sweep
from core.usecases.transfer import transfer_package
from core.usecases.waitlist import join_waitlist
from ports.mail import Letter
from ports.queries import Page
from ports.store import Kind
from tests.usecases.world import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@frozen(kw_only=True)
class Mailbox:
    """The post of a world, by recipient's name."""

    world: World
    post: CollectedLetters = field(factory=CollectedLetters)

    async def reach(self, actor: Actor, name: str, **fields: Any) -> Actor:
        """Let somebody be reached under `name`@example.org."""
        contact = make_contact(user_id=actor.user_id, email=f"{name}@example.org", **fields)
        await self.world.store.commit(Changes(inserts=(contact,)))
        return actor

    async def seller(self) -> Actor:
        """Ana, who does not want to hear of each booking."""
        kinds = (OptionalKind.SEAT_BOOKED, OptionalKind.SEAT_MOVED, OptionalKind.SEAT_CANCELED)
        return await self.reach(await self.world.seller(), "ana", unwanted=kinds)

    async def client(self, name: str, **fields: Any) -> Actor:
        return await self.reach(self.world.person(Role.CLIENT), name, **fields)

    async def opened(self) -> list[tuple[str, str]]:
        """Whom the letters since the last time went to, and what about, by name."""
        return sorted((letter.to.partition("@")[0], letter.subject) for letter in await self.letters())

    async def letters(self) -> list[Letter]:
        """The letters since the last time: what a worker plans and sends now."""
        ports = self.world.ports
        await relay_events([MailNotices(ports.store)], ports=ports)
        sender = MailSender(contacts=ports.store, post=self.post, clock=ports.clock)
        report = await dispatch(Channel.MAIL, sender, ports=ports)
        assert (0, 0) == (report.put_off, report.parked)
        found = list(self.post.letters)
        self.post.letters.clear()
        return found


async def test_a_confirmed_seat_is_told_to_its_holder_once(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + DAY)

    assert [("eva", "Booked: Breathing")] == await mail.opened()
    assert [] == await mail.opened()


async def test_a_packages_seat_is_told_when_it_gets_a_time(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    receipt = await world.buy(eva, await world.offer_package(ana))
    assert [] == await mail.opened()

    await world.put_on(eva, receipt.seats[0], world.clock.now() + 2 * DAY)
    assert [("eva", "Booked: Breathing")] == await mail.opened()


async def test_a_moved_seat_or_session_is_told_to_each_holder(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva, bea = await mail.seller(), await mail.client("eva"), await mail.client("bea")
    seat = (await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 7 * DAY)).seats[0]
    workshop = await world.offer(ana, ServiceType.WORKSHOP, name="Sitting")
    await world.offer_class(workshop, ana)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    for buyer in (eva, bea):
        await world.buy(buyer, workshop, session_id=session.id)
    await mail.letters()

    moved = world.clock.now() + 8 * DAY
    await reschedule_booking(seat.booking.id, actor=eva, start_time=moved, ports=world.ports)
    assert [("eva", "New time: Breathing")] == await mail.opened()
    await reschedule_session(session.id, actor=ana, start_time=moved + DAY, ports=world.ports)
    assert [("bea", "New time: Sitting"), ("eva", "New time: Sitting")] == await mail.opened()


async def test_a_cancellation_tells_the_refunds_numbers(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    await world.give_credits(eva, 2000)
    hour = await world.offer(ana)
    start = world.clock.now() + 7 * DAY
    seat = (await world.buy(eva, hour, start_time=start, apply_credits=True)).seats[0]
    await mail.letters()

    await cancel_booking(seat.booking.id, actor=eva, reason=None, ports=world.ports)
    (letter,) = await mail.letters()
    assert "Canceled: Breathing" == letter.subject
    assert "You get back $80.00:\n- as credits: $20.00\n- to your card: $60.00\n" in letter.text


async def test_what_is_canceled_too_late_says_that_nothing_comes_back(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    start = world.clock.now() + HOUR
    seat = (await world.buy(eva, await world.offer(ana), start_time=start)).seats[0]
    await mail.letters()

    await cancel_booking(seat.booking.id, actor=eva, reason=None, ports=world.ports)
    (letter,) = await mail.letters()
    assert "Nothing is refunded." in letter.text


async def test_a_whole_order_is_canceled_in_one_mail_to_each_holder(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva, bea = await mail.seller(), await mail.client("eva"), await mail.client("bea")
    receipt = await world.buy(eva, await world.offer_package(ana))
    given = [seat.booking.id for seat in receipt.seats[:2]]
    await transfer_package(receipt.order.id, to=bea.user_id, booking_ids=given, actor=eva, ports=world.ports)
    assert [("bea", "Breathing is yours")] == await mail.opened()

    await cancel_order(
        receipt.order.id, actor=ana, destination=Destination.ORIGINAL, reason=None, ports=world.ports
    )
    to_bea, to_eva = sorted(await mail.letters(), key=lambda letter: letter.to)
    assert ("bea@example.org", "eva@example.org") == (to_bea.to, to_eva.to)
    assert "2 sessions with Ana Reis" in to_bea.text
    assert "refund" not in to_bea.text
    assert "You get back $400.00 for 3 sessions:\n- to your card: $400.00\n" in to_eva.text


async def test_a_session_that_is_called_off_is_told_to_each_holder(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva, bea = await mail.seller(), await mail.client("eva"), await mail.client("bea")
    workshop = await world.offer(ana, ServiceType.WORKSHOP, name="Sitting")
    await world.offer_class(workshop, ana)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    for buyer in (eva, bea):
        await world.buy(buyer, workshop, session_id=session.id)
    await mail.letters()

    await cancel_session(session.id, actor=ana, reason="ill", ports=world.ports)
    subject = "Ana Reis has canceled Sitting"
    assert [("bea", subject), ("eva", subject)] == await mail.opened()


async def test_reminders_come_a_day_and_an_hour_ahead(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 3 * DAY)
    await mail.letters()

    assert 0 == (await world.sweep_after(2 * DAY - SECOND)).reminders_told
    assert 1 == (await world.sweep_after(SECOND)).reminders_told
    assert [("eva", "In 24 hours: Breathing")] == await mail.opened()
    assert 1 == (await world.sweep_after(23 * HOUR)).reminders_told
    assert [("eva", "In an hour: Breathing")] == await mail.opened()
    await world.sweep_after(HOUR)
    assert [] == await mail.opened()


async def test_reminders_follow_the_start_and_tell_each_start_once(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    start = world.clock.now() + 3 * DAY
    seat = (await world.buy(eva, await world.offer(ana), start_time=start)).seats[0]
    await mail.letters()
    await world.sweep_after(2 * DAY)
    assert [("eva", "In 24 hours: Breathing")] == await mail.opened()

    admin = world.person(Role.ADMIN)
    await reschedule_booking(seat.booking.id, actor=admin, start_time=start + 2 * DAY, ports=world.ports)
    assert [("eva", "New time: Breathing")] == await mail.opened()
    await world.sweep_after(DAY)
    assert [] == await mail.opened()
    await world.sweep_after(DAY)
    assert [("eva", "In 24 hours: Breathing")] == await mail.opened()


async def test_a_reminder_of_a_time_that_has_moved_since_is_not_sent(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    start = world.clock.now() + 3 * DAY
    seat = (await world.buy(eva, await world.offer(ana), start_time=start)).seats[0]
    await mail.letters()
    await world.sweep_after(2 * DAY)
    admin = world.person(Role.ADMIN)
    await reschedule_booking(seat.booking.id, actor=admin, start_time=start + 2 * DAY, ports=world.ports)

    assert [("eva", "New time: Breathing")] == await mail.opened()


async def test_a_canceled_session_is_not_reminded_of(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    seat = (await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 3 * DAY)).seats[0]
    await cancel_booking(seat.booking.id, actor=eva, reason=None, ports=world.ports)
    await mail.letters()

    assert 0 == (await world.sweep_after(2 * DAY)).reminders_told
    assert [] == await mail.opened()


async def test_a_reminder_that_could_not_be_sent_in_time_is_dropped(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 3 * DAY)
    await world.sweep_after(2 * DAY)
    await relay_events([MailNotices(world.store)], ports=world.ports)
    world.clock.advance(DAY)

    assert [("eva", "Booked: Breathing")] == await mail.opened()


async def test_whoever_came_is_asked_for_a_review_and_their_practitioner_is_told_of_money(
    world: World,
) -> None:
    mail = Mailbox(world=world)
    ana, eva, bea = await mail.seller(), await mail.client("eva"), await mail.client("bea")
    hour = await world.offer(ana)
    start = world.clock.now() + 2 * HOUR
    await world.buy(eva, hour, start_time=start)
    missed = (await world.buy(bea, hour, start_time=start + HOUR)).seats[0]
    absent = evolve(missed.booking, attendance=Attendance.NO_SHOW, version=missed.booking.version + 1)
    await mail.letters()

    await world.sweep_after(3 * HOUR)
    assert [("eva", "How was Breathing?")] == [m for m in await mail.opened() if "How" in m[1]]
    await world.store.commit(Changes(updates=(absent,)))
    await world.sweep_after(HOUR)
    assert [] == [m for m in await mail.opened() if "How" in m[1]]

    await world.sweep_after(47 * HOUR)
    assert [("ana", "$68.00 available: Breathing")] == await mail.opened()
    await pay_out(ana.user_id, actor=ana, ports=world.ports)
    (letter,) = await mail.letters()
    assert "Paid out: $68.00" == letter.subject
    assert "$68.00 for one delivered seat is on its way" in letter.text


async def test_holders_are_told_14_days_and_a_day_before_a_package_ends(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    await world.buy(eva, await world.offer_package(ana, name="Five hours", validity_days=30))

    await world.sweep_after(16 * DAY)
    assert [("eva", "14 days left: Five hours")] == await mail.opened()
    await world.sweep_after(13 * DAY)
    assert [("eva", "One day left: Five hours")] == await mail.opened()
    await world.sweep_after(DAY)
    assert [] == await mail.opened()


async def test_a_free_seat_is_told_to_the_first_in_line(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva, bea = await mail.seller(), await mail.client("eva"), await mail.client("bea")
    workshop = await world.offer(ana, ServiceType.WORKSHOP, name="Sitting")
    await world.offer_class(workshop, ana, seats=1)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    seat = (await world.buy(eva, workshop, session_id=session.id)).seats[0]
    await join_waitlist(session.id, actor=bea, ports=world.ports)
    await mail.letters()

    await cancel_booking(seat.booking.id, actor=eva, reason=None, ports=world.ports)
    to_bea, _ = sorted(await mail.letters(), key=lambda letter: letter.to)
    assert "A seat is free: Sitting" == to_bea.subject
    assert "It is held for you until Monday 2 March 2026, 10:00 (Europe/Lisbon, UTC+0)." in to_bea.text


async def test_nobody_hears_what_they_do_not_want(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva", unwanted=tuple(OptionalKind))
    await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 2 * HOUR)

    assert [("eva", "Booked: Breathing")] == await mail.opened()
    await world.sweep_after(HOUR)
    await world.sweep_after(2 * HOUR)
    assert [] == await mail.opened()


async def test_mail_to_somebody_without_an_address_is_dropped(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), world.person(Role.CLIENT)
    await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 2 * HOUR)

    assert [] == await mail.opened()
    found = [row async for row in world.store.scan(Kind.DISPATCH) if isinstance(row, Dispatch)]
    assert {
        str(eva.user_id): ("dropped", "the recipient has given no address"),
        str(ana.user_id): ("dropped", "the recipient does not want these messages"),
    } == {one.recipient: (one.status, one.last_error) for one in found}


async def test_mail_goes_to_the_address_that_is_known_when_it_is_sent(world: World) -> None:
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("old")
    await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 2 * HOUR)
    details = ContactDetails(email="new@example.org", timezone="Asia/Kathmandu")
    await save_contact(details, actor=eva, ports=world.ports)

    (letter,) = await mail.letters()
    assert "new@example.org" == letter.to
    assert "Monday 2 March 2026, 16:45 (Asia/Kathmandu, UTC+5:45)" in letter.text


async def test_sweeps_at_once_tell_of_a_reminder_once() -> None:
    world = World(store=MemoryStore(yielding=True))
    mail = Mailbox(world=world)
    ana, eva = await mail.seller(), await mail.client("eva")
    await world.buy(eva, await world.offer(ana), start_time=world.clock.now() + 3 * DAY)
    await mail.letters()
    world.clock.advance(2 * DAY)

    reports = await asyncio.gather(*(sweep(ports=world.ports) for _ in range(8)))

    assert [] == [failure for report in reports for failure in report.failures]
    assert 1 == sum(report.reminders_told for report in reports)
    assert [("eva", "In 24 hours: Breathing")] == await mail.opened()


async def test_of_first_contacts_given_at_once_one_stands() -> None:
    world = World(store=MemoryStore(yielding=True))
    eva = world.person(Role.CLIENT)
    details = [ContactDetails(email=f"{name}@example.org", timezone="UTC") for name in ("a", "b", "c")]

    saved = await asyncio.gather(*(save_contact(one, actor=eva, ports=world.ports) for one in details))

    assert [1, 2, 3] == sorted(contact.version for contact in saved)
    (last,) = [contact for contact in saved if contact.version == 3]
    assert last == await read_contact(actor=eva, ports=world.ports)
