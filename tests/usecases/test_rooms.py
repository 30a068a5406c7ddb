"""What the room service tells: it starts and completes sessions, and says who was there."""

import asyncio
from datetime import datetime, timedelta

import pytest
from attrs import field, frozen

from adapters.memory.faults import Fault, FaultyStore
from adapters.memory.store import MemoryStore
from adapters.memory.testing.waiting import waiting_events
from core.domain.actors import Actor, Role
from core.domain.bookings import Attendance, Seat
from core.domain.catalogue import ServiceType
from core.domain.errors import Conflict, Forbidden, NotFound, PractitionerAbsent
from core.domain.events import EventType
from core.domain.ids import SessionId, UserId
from core.domain.ledger import PLATFORM_FORFEITS, practitioner_account
from core.domain.presence import RoomEventKind
from core.domain.sessions import ServiceSession
from core.domain.statuses import OrderStatus, SessionStatus
from core.usecases.attendance import read_attendance, set_attendance
from core.usecases.call_off import cancel_session
from core.usecases.deliver import complete_session
from core.usecases.note_room_event import note_room_event
from core.usecases.settle_payment import Receipt
from ports.queries import Page
from ports.rooms import RoomReport
from ports.store import Kind
from tests.usecases.world import World

STARTED, FINISHED = RoomEventKind.ROOM_STARTED, RoomEventKind.ROOM_FINISHED
JOINED, LEFT = RoomEventKind.PARTICIPANT_JOINED, RoomEventKind.PARTICIPANT_LEFT
ATTENDED, NO_SHOW, UNKNOWN = Attendance.ATTENDED, Attendance.NO_SHOW, Attendance.UNKNOWN
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@frozen(kw_only=True)
class Room:
    """An hour's workshop a day ahead with these customers, and what its room service tells."""

    world: World
    ana: Actor
    guests: tuple[Actor, ...]
    receipts: tuple[Receipt, ...]
    session_id: SessionId
    start: datetime
    told: list[RoomReport] = field(factory=list)

    @property
    def seats(self) -> list[Seat]:
        return [receipt.seats[0] for receipt in self.receipts]

    async def tell(self, kind: RoomEventKind, minute: float, who: Actor | None = None) -> ServiceSession:
        """The event, told when it happens."""
        at = self.start + minute * MINUTE
        self.world.clock.advance(max(timedelta(0), at - self.world.clock.now()))
        report = RoomReport(
            id=f"EV_{len(self.told)}",
            session_id=self.session_id,
            user_id=None if who is None else UserId(who.user_id),
            kind=kind,
            occurred_at=at,
        )
        self.told.append(report)
        return await self.again(report)

    async def again(self, report: RoomReport) -> ServiceSession:
        return await note_room_event(report, actor=None, ports=self.world.ports)

    async def session(self) -> ServiceSession:
        found = await self.world.store.session(self.session_id)
        assert found is not None
        return found

    async def attendance(self) -> list[Attendance]:
        """Of each guest's seat, as it is kept."""
        found = [await self.world.seats(receipt) for receipt in self.receipts]
        return [seats[0].booking.attendance for seats in found]

    async def owed(self) -> int:
        return await self.world.balance(practitioner_account(self.ana.user_id))


async def room_of(world: World, guests: int = 2) -> Room:
    ana = await world.seller()
    workshop = await world.offer(ana, ServiceType.WORKSHOP)
    asked = await world.offer_class(workshop, ana, days=1)
    (session,) = (await world.store.sessions(Page(), service_id=workshop.id)).items
    customers = tuple(world.person(Role.CLIENT) for _ in range(guests))
    receipts = tuple([await world.buy(eva, workshop, session_id=session.id) for eva in customers])
    return Room(
        world=world,
        ana=ana,
        guests=customers,
        receipts=receipts,
        session_id=session.id,
        start=asked.start_time,
    )


async def test_a_session_lives_by_its_room(world: World) -> None:
    room = await room_of(world)
    came, _ = room.guests

    statuses = [
        (await room.tell(STARTED, -10)).status,
        (await room.tell(JOINED, -9, room.ana)).status,
        (await room.tell(JOINED, 1, came)).status,
        (await room.tell(LEFT, 58, came)).status,
        (await room.tell(FINISHED, 59)).status,
    ]

    scheduled, under_way, done = SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS, SessionStatus.COMPLETED
    assert [scheduled, scheduled, under_way, under_way, done] == statuses
    assert [ATTENDED, NO_SHOW] == await room.attendance()
    assert (6800, 8000) == (await room.owed(), await world.balance(PLATFORM_FORFEITS))
    sheet = await read_attendance(room.session_id, actor=room.ana, ports=world.ports)
    assert [(room.ana.user_id, 68 * 60), (came.user_id, 57 * 60)] == [
        (one.user_id, one.duration_seconds) for one in sheet.participants
    ]
    await world.assert_books_balance()


async def test_an_event_that_is_told_twice_is_kept_once(world: World) -> None:
    room = await room_of(world)
    await room.tell(JOINED, 1, room.guests[0])
    before = await room.session()

    assert before == await room.again(room.told[0])

    assert 1 == len([row async for row in world.store.scan(Kind.ROOM_EVENT)])


async def test_an_event_that_is_told_many_times_at_once_is_kept_once() -> None:
    world = World(store=MemoryStore(yielding=True))
    room = await room_of(world)
    await room.tell(JOINED, -1, room.ana)
    report = RoomReport(
        id="EV_many",
        session_id=room.session_id,
        user_id=room.guests[0].user_id,
        kind=JOINED,
        occurred_at=room.start - MINUTE,
    )

    told = await asyncio.gather(*(room.again(report) for _ in range(16)))

    assert [await room.session()] * 16 == told
    assert 2 == len([row async for row in world.store.scan(Kind.ROOM_EVENT)])


async def test_everybody_joins_at_once_and_the_session_starts_once() -> None:
    world = World(store=MemoryStore(yielding=True))
    room = await room_of(world, guests=8)
    world.clock.advance(room.start - world.clock.now())

    await asyncio.gather(*(room.tell(JOINED, 0, one) for one in (room.ana, *room.guests)))

    assert 9 == len([row async for row in world.store.scan(Kind.ROOM_EVENT)])
    started = [e for e in await waiting_events(world.store) if e.type is EventType.SESSION_STARTED]
    assert 1 == len(started)


async def test_an_event_is_told_again_when_somebody_else_was_faster() -> None:
    faults: list[Fault | None] = []
    world = World(store=FaultyStore(iter(lambda: faults.pop() if faults else None, Fault.SLOW)))
    room = await room_of(world)
    faults.append(Fault.CONFLICT)

    assert SessionStatus.IN_PROGRESS is (await room.tell(JOINED, 0, room.ana)).status


async def test_the_sweep_completes_by_what_the_room_told(world: World) -> None:
    room = await room_of(world)
    await room.tell(JOINED, 0, room.ana)
    await room.tell(JOINED, 5, room.guests[1])

    report = await world.sweep_after(HOUR)

    assert (1, 0) == (report.sessions_completed, report.sessions_for_review)
    assert [NO_SHOW, ATTENDED] == await room.attendance()


async def test_without_a_room_the_sweep_delivers_every_seat(world: World) -> None:
    room = await room_of(world)

    report = await world.sweep_after(timedelta(days=2))

    assert (1, 0) == (report.sessions_completed, report.sessions_for_review)
    assert ([UNKNOWN, UNKNOWN], 13_600) == (await room.attendance(), await room.owed())


async def test_what_comes_after_the_end_is_kept_and_corrected_by_hand_alone(world: World) -> None:
    room = await room_of(world)
    await room.tell(JOINED, 0, room.ana)
    await world.sweep_after(2 * HOUR)
    late = RoomReport(
        id="EV_late",
        session_id=room.session_id,
        user_id=room.guests[0].user_id,
        kind=JOINED,
        occurred_at=room.start + MINUTE,
    )

    await room.again(late)

    assert ([NO_SHOW, NO_SHOW], 0) == (await room.attendance(), await room.owed())
    sheet = await read_attendance(room.session_id, actor=room.ana, ports=world.ports)
    assert [room.ana.user_id, room.guests[0].user_id] == [one.user_id for one in sheet.participants]
    await set_attendance(
        room.session_id,
        room.guests[0].user_id,
        ATTENDED,
        reason="the room says so",
        actor=room.ana,
        ports=world.ports,
    )
    assert 6800 == await room.owed()
    await world.assert_books_balance()


async def waiting_for_ana(world: World) -> Room:
    """A room that a guest came to, after the sweep has looked at it."""
    room = await room_of(world)
    await room.tell(JOINED, 0, room.guests[0])
    report = await world.sweep_after(HOUR)
    assert (0, 1) == (report.sessions_completed, report.sessions_for_review)
    return room


async def test_a_session_whose_practitioner_never_came_waits_for_a_review(world: World) -> None:
    room = await waiting_for_ana(world)

    again = await world.sweep_after(HOUR)

    assert (0, 0, ()) == (again.sessions_completed, again.sessions_for_review, again.failures)
    for whose in (None, room.ana.user_id):
        found = await world.store.sessions_for_review(Page(), practitioner_id=whose)
        assert [await room.session()] == list(found.items)
    asked = [e for e in await waiting_events(world.store) if e.type is EventType.SESSION_REVIEW_NEEDED]
    assert [room.session_id] == [e.subject_id for e in asked]
    assert 0 == await room.owed()


async def test_only_an_admin_completes_it(world: World) -> None:
    room = await waiting_for_ana(world)

    with pytest.raises(PractitionerAbsent):
        await complete_session(room.session_id, actor=room.ana, ports=world.ports)
    done = await complete_session(room.session_id, actor=world.person(Role.ADMIN), ports=world.ports)

    assert (SessionStatus.COMPLETED, False) == (done.status, done.needs_review)
    assert ([ATTENDED, NO_SHOW], 6800) == (await room.attendance(), await room.owed())
    assert () == tuple((await world.store.sessions_for_review(Page(), practitioner_id=None)).items)
    await world.assert_books_balance()


async def test_canceling_it_refunds_everybody_in_full(world: World) -> None:
    room = await waiting_for_ana(world)

    gone = await cancel_session(room.session_id, actor=room.ana, reason="was ill", ports=world.ports)

    assert (SessionStatus.CANCELED, False) == (gone.status, gone.needs_review)
    orders = [await world.order(receipt) for receipt in room.receipts]
    assert [(OrderStatus.REFUNDED, 8000)] * 2 == [(order.status, order.refunded_cents) for order in orders]
    assert () == tuple((await world.store.sessions_for_review(Page(), practitioner_id=None)).items)
    await world.assert_books_balance()


async def test_a_late_word_of_the_practitioner_lets_the_sweep_go_on(world: World) -> None:
    room = await waiting_for_ana(world)

    await room.tell(JOINED, 2, room.ana)
    report = await world.sweep_after()

    assert (1, 0) == (report.sessions_completed, report.sessions_for_review)
    assert [ATTENDED, NO_SHOW] == await room.attendance()


async def test_nobody_else_plays_the_room_service(world: World) -> None:
    room = await room_of(world)
    report = RoomReport(id="EV_1", session_id=room.session_id, kind=STARTED, occurred_at=room.start)

    with pytest.raises(Forbidden):
        await note_room_event(report, actor=room.guests[0], ports=world.ports)
    with pytest.raises(NotFound):
        await room.again(
            RoomReport(id="1", session_id=SessionId(world.ids()), kind=STARTED, occurred_at=room.start)
        )
    for actor in (room.ana, world.person(Role.ADMIN)):
        kept = await note_room_event(report, actor=actor, ports=world.ports)
        assert room.session_id == kept.id


async def test_a_placeholder_has_no_room(world: World) -> None:
    ana = await world.seller()
    receipt = await world.buy(world.person(Role.CLIENT), await world.offer_package(ana))
    report = RoomReport(
        id="EV_1",
        session_id=receipt.seats[0].session.id,
        kind=STARTED,
        occurred_at=world.clock.now(),
    )

    with pytest.raises(Conflict):
        await note_room_event(report, actor=None, ports=world.ports)
