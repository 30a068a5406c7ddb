"""Waiting for a seat: freed seats are offered in order, held for a while, and passed on."""

from datetime import timedelta
from typing import Any

import pytest

from core.domain.actors import Actor, Role
from core.domain.bookings import Seat
from core.domain.catalogue import Component, Service, ServiceType
from core.domain.errors import (
    AlreadyBooked,
    AlreadyWaiting,
    Forbidden,
    IllegalTransition,
    NotFound,
    SessionFull,
    WaitlistClosed,
)
from core.domain.events import Event
from core.domain.ids import SessionId, WaitlistId
from core.domain.orders import Destination
from core.domain.sessions import ServiceSession
from core.domain.statuses import OrderStatus, WaitlistStatus
from core.domain.waitlist import WaitlistEntry
from core.usecases.call_off import cancel_session
from core.usecases.cancel_order import cancel_order
from core.usecases.deliver import start_session
from core.usecases.lines import advance_line
from core.usecases.refund import cancel_booking, refund_order
from core.usecases.reschedule import reschedule_booking
from core.usecases.schedule import schedule
from core.usecases.settle_payment import Receipt
from core.usecases.waitlist import decline_offer, join_waitlist, leave_waitlist, read_line
from ports.queries import Page
from ports.store import Kind
from tests.usecases.world import ASKING, DECLINED, World

HOUR = timedelta(hours=1)
WAITING, OFFERED = WaitlistStatus.WAITING, WaitlistStatus.OFFERED


class FullWorkshop:
    """A workshop session with two seats, both sold, and customers who wait."""

    def __init__(self, world: World, ana: Actor, workshop: Service, session: ServiceSession) -> None:
        self.world, self.ana, self.workshop, self.session_id = world, ana, workshop, session.id
        self.receipts: list[Receipt] = []
        self.waiting: list[Actor] = []

    async def sell(self, **fields: Any) -> Receipt:
        """A seat, to somebody new."""
        buyer = self.world.person(Role.CLIENT)
        return await self.buy(buyer, **fields)

    async def buy(self, buyer: Actor, **fields: Any) -> Receipt:
        return await self.world.buy(buyer, self.workshop, session_id=self.session_id, **fields)

    async def join(self, actor: Actor) -> WaitlistEntry:
        return await join_waitlist(self.session_id, actor=actor, ports=self.world.ports)

    async def cancel(self, seat: Seat) -> None:
        """The holder gives the seat up."""
        holder = Actor(user_id=seat.booking.user_id, roles=frozenset({Role.CLIENT}))
        await cancel_booking(seat.booking.id, actor=holder, reason=None, ports=self.world.ports)

    async def statuses(self) -> list[WaitlistStatus]:
        """Where those who have joined stand, in the order in which they did."""
        places = [(await self.world.store.places(Page(), user_id=a.user_id)).items for a in self.waiting]
        return [items[0].entry.status for items in places]

    async def entry_of(self, actor: Actor) -> WaitlistEntry:
        return (await self.world.store.places(Page(), user_id=actor.user_id)).items[0].entry

    async def session(self) -> ServiceSession:
        found = await self.world.store.session(self.session_id)
        assert found is not None
        return found


@pytest.fixture
async def full(world: World) -> FullWorkshop:
    """Two seats sold, three customers who wait."""
    ana = await world.seller()
    workshop = await world.offer(ana, ServiceType.WORKSHOP, max_participants=2)
    await world.offer_class(workshop, ana, seats=2)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    full = FullWorkshop(world, ana, workshop, session)
    full.receipts = [await full.sell() for _ in range(2)]
    full.waiting = [world.person(Role.CLIENT) for _ in range(3)]
    for actor in full.waiting:
        await full.join(actor)
    return full


async def test_a_canceled_seat_is_offered_to_the_first_in_line_for_an_hour(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])

    assert [OFFERED, WAITING, WAITING] == await full.statuses()
    entry = await full.entry_of(full.waiting[0])
    assert full.world.clock.now() + HOUR == entry.offer_expires_at
    session = await full.session()
    assert (1, 1, 2) == (session.current_participants, session.offered_seats, session.waiting_count)


async def test_the_offer_is_accepted_by_an_ordinary_purchase(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])

    receipt = await full.buy(full.waiting[0])

    assert OrderStatus.PAID is receipt.order.status
    assert [WaitlistStatus.ACCEPTED, WAITING, WAITING] == await full.statuses()
    session = await full.session()
    assert (2, 0, 2) == (session.current_participants, session.offered_seats, session.waiting_count)
    assert session == receipt.seats[0].session


async def test_nobody_buys_past_the_line(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])

    for actor in (full.world.person(Role.CLIENT), full.waiting[1]):
        with pytest.raises(SessionFull):
            await full.buy(actor)


async def test_an_offer_past_its_time_is_no_offer_even_before_the_sweep(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])
    full.world.clock.advance(HOUR)

    with pytest.raises(SessionFull):
        await full.buy(full.waiting[0])


async def test_the_sweep_passes_a_lapsed_offer_on(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])

    assert 0 == (await full.world.sweep_after(HOUR - timedelta(milliseconds=1))).lines_advanced
    assert 1 == (await full.world.sweep_after(timedelta(milliseconds=1))).lines_advanced

    assert [WaitlistStatus.LAPSED, OFFERED, WAITING] == await full.statuses()
    with pytest.raises(SessionFull):
        await full.buy(full.waiting[0])
    await full.buy(full.waiting[1])


async def test_a_declined_offer_passes_on_at_once_and_never_comes_back(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])
    entry = await full.entry_of(full.waiting[0])

    for _ in range(2):
        await decline_offer(entry.id, actor=full.waiting[0], ports=full.world.ports)

    assert [WaitlistStatus.DECLINED, OFFERED, WAITING] == await full.statuses()
    with pytest.raises(SessionFull):
        await full.buy(full.waiting[0])


async def test_only_its_owner_declines_an_offer(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])
    offer, waiting = [await full.entry_of(actor) for actor in full.waiting[:2]]

    for entry_id in (offer.id, WaitlistId(full.world.ids())):
        with pytest.raises(NotFound):
            await decline_offer(entry_id, actor=full.waiting[1], ports=full.world.ports)
    with pytest.raises(IllegalTransition):
        await decline_offer(waiting.id, actor=full.waiting[1], ports=full.world.ports)


async def test_leaving_is_for_those_who_wait_and_those_who_are_asked(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])

    for actor in (full.waiting[1], full.waiting[0], full.waiting[0], full.world.person(Role.CLIENT)):
        await leave_waitlist(full.session_id, actor=actor, ports=full.world.ports)

    assert [WaitlistStatus.DECLINED, WaitlistStatus.LEFT, OFFERED] == await full.statuses()


async def test_whoever_left_may_join_again_behind_the_others(full: FullWorkshop) -> None:
    first = full.waiting[0]
    await leave_waitlist(full.session_id, actor=first, ports=full.world.ports)
    full.world.clock.advance(timedelta(minutes=1))

    await full.join(first)

    (place,) = (await full.world.store.places(Page(), user_id=first.user_id, status=WAITING)).items
    assert 3 == place.position


async def test_who_has_a_place_or_a_seat_does_not_wait(full: FullWorkshop) -> None:
    with pytest.raises(AlreadyWaiting):
        await full.join(full.waiting[0])
    holder = Actor(user_id=full.receipts[0].order.user_id, roles=frozenset({Role.CLIENT}))
    with pytest.raises(AlreadyBooked):
        await full.join(holder)
    with pytest.raises(Forbidden):
        await full.join(full.ana)
    nowhere = SessionId(full.world.ids())
    with pytest.raises(NotFound):
        await join_waitlist(nowhere, actor=full.waiting[0], ports=full.world.ports)


async def test_a_refunded_order_frees_its_seat_for_the_line(full: FullWorkshop) -> None:
    order = full.receipts[0].order
    buyer = Actor(user_id=order.user_id, roles=frozenset({Role.CLIENT}))

    await refund_order(
        order.id,
        actor=buyer,
        booking_ids=None,
        destination=Destination.ORIGINAL,
        reason=None,
        ports=full.world.ports,
    )

    assert [OFFERED, WAITING, WAITING] == await full.statuses()


async def test_a_canceled_order_frees_its_seat_for_the_line(full: FullWorkshop) -> None:
    order = full.receipts[0].order
    buyer = Actor(user_id=order.user_id, roles=frozenset({Role.CLIENT}))

    await cancel_order(
        order.id, actor=buyer, destination=Destination.ORIGINAL, reason=None, ports=full.world.ports
    )

    assert [OFFERED, WAITING, WAITING] == await full.statuses()


async def test_a_declined_card_uses_the_offer_up_and_the_seat_passes_on(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])

    receipt = await full.buy(full.waiting[0], card=DECLINED)

    assert OrderStatus.CANCELED is receipt.order.status
    assert [WaitlistStatus.ACCEPTED, OFFERED, WAITING] == await full.statuses()


async def test_an_order_that_is_never_paid_passes_its_seat_on(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])
    await full.buy(full.waiting[0], card=ASKING)
    assert [WaitlistStatus.ACCEPTED, WAITING, WAITING] == await full.statuses()

    await full.world.sweep_after(timedelta(minutes=15))

    assert [WaitlistStatus.ACCEPTED, OFFERED, WAITING] == await full.statuses()


async def test_a_seat_moved_elsewhere_is_offered_on(full: FullWorkshop) -> None:
    await full.world.offer_class(full.workshop, full.ana, days=9, seats=1)
    other = (await full.world.store.sessions(Page(), service_id=full.workshop.id)).items[1]
    seat = full.receipts[0].seats[0]
    holder = Actor(user_id=seat.booking.user_id, roles=frozenset({Role.CLIENT}))

    await reschedule_booking(seat.booking.id, actor=holder, session_id=other.id, ports=full.world.ports)

    assert [OFFERED, WAITING, WAITING] == await full.statuses()


async def test_an_offer_is_accepted_with_a_seat_that_moves_in(full: FullWorkshop) -> None:
    await full.world.offer_class(full.workshop, full.ana, days=9, seats=1)
    other = (await full.world.store.sessions(Page(), service_id=full.workshop.id)).items[1]
    first = full.waiting[0]
    receipt = await full.world.buy(first, full.workshop, session_id=other.id)
    await full.cancel(full.receipts[0].seats[0])

    moved = await reschedule_booking(
        receipt.seats[0].booking.id, actor=first, session_id=full.session_id, ports=full.world.ports
    )

    assert await full.session() == moved.session
    assert [WaitlistStatus.ACCEPTED, WAITING, WAITING] == await full.statuses()


async def test_an_offer_is_accepted_with_a_seat_of_a_package(full: FullWorkshop) -> None:
    parts = (Component(service_id=full.workshop.id, quantity=1),)
    package = await full.world.offer(full.ana, ServiceType.PACKAGE, components=parts)
    first, second = full.waiting[:2]
    seats = [(await full.world.buy(actor, package)).seats[0] for actor in (first, second)]
    await full.cancel(full.receipts[0].seats[0])

    with pytest.raises(SessionFull):
        await schedule(seats[1].booking.id, actor=second, session_id=full.session_id, ports=full.world.ports)
    await schedule(seats[0].booking.id, actor=first, session_id=full.session_id, ports=full.world.ports)

    assert [WaitlistStatus.ACCEPTED, WAITING, WAITING] == await full.statuses()


async def test_a_session_that_is_called_off_closes_its_line(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])

    await cancel_session(full.session_id, actor=full.ana, reason=None, ports=full.world.ports)

    assert [WaitlistStatus.CLOSED] * 3 == await full.statuses()
    session = await full.session()
    assert (0, 0, 0) == (session.current_participants, session.offered_seats, session.waiting_count)
    with pytest.raises(WaitlistClosed):
        await full.join(full.world.person(Role.CLIENT))


async def test_a_session_that_starts_closes_its_line(full: FullWorkshop) -> None:
    await start_session(full.session_id, actor=full.ana, ports=full.world.ports)

    assert [WaitlistStatus.CLOSED] * 3 == await full.statuses()


async def test_the_sweep_closes_the_line_of_a_session_that_has_begun(full: FullWorkshop) -> None:
    report = await full.world.sweep_after(timedelta(days=7))

    assert 1 == report.lines_advanced
    assert [WaitlistStatus.CLOSED] * 3 == await full.statuses()


async def test_a_moved_line_stays_where_it_is(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])

    again = await advance_line(full.session_id, ports=full.world.ports)

    assert () == again.entries
    with pytest.raises(NotFound):
        await advance_line(SessionId(full.world.ids()), ports=full.world.ports)


async def test_only_the_practitioner_and_admins_see_the_line(full: FullWorkshop) -> None:
    for actor in (full.ana, full.world.person(Role.ADMIN)):
        line = await read_line(full.session_id, Page(), actor=actor, ports=full.world.ports)
        assert [actor.user_id for actor in full.waiting] == [entry.user_id for entry in line.items]
    with pytest.raises(Forbidden):
        await read_line(full.session_id, Page(), actor=full.waiting[0], ports=full.world.ports)


async def test_everyone_is_told(full: FullWorkshop) -> None:
    await full.cancel(full.receipts[0].seats[0])
    await full.world.sweep_after(HOUR)
    await cancel_session(full.session_id, actor=full.ana, reason=None, ports=full.world.ports)

    rows = [row async for row in full.world.store.scan(Kind.EVENT) if isinstance(row, Event)]
    told = [row.type.value for row in rows if row.type.value.startswith("waitlist.")]
    assert [
        *["waitlist.joined"] * 3,
        "waitlist.offered",
        "waitlist.lapsed",
        "waitlist.offered",
        *["waitlist.closed"] * 2,
    ] == told
