"""Contract: a room's events are kept once and come with the session, and what needs a review is listed."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from datetime import timedelta

import pytest
from attrs import evolve

from adapters.memory.testing.builders import make_practitioner, make_service, make_session
from adapters.memory.testing.ids import NOW, moments, new_user
from adapters.memory.testing.rooms import make_room_event
from adapters.memory.testing.sales import make_sale, stock
from core.domain.bookings import Attendance
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.changes import Changes
from core.domain.earnings import Earnings
from core.domain.presence import RoomEvent, RoomEventKind
from core.domain.sessions import ServiceSession
from core.domain.statuses import SessionStatus
from ports.errors import ROOM_EVENT, AlreadyExists
from ports.queries import Page
from ports.store import DueKind, Kind, Store

HOUR = timedelta(hours=1)


async def workshop(store: Store) -> tuple[Practitioner, Service]:
    """Somebody's workshop."""
    seller = make_practitioner()
    service = make_service(seller, service_type=ServiceType.WORKSHOP)
    await stock(store, seller, service)
    return seller, service


async def tell(store: Store, *events: RoomEvent) -> None:
    """Keep events."""
    await store.commit(Changes(room_events=events))


class RoomEvents:
    """What happened in a room."""

    @pytest.mark.parametrize("kind", RoomEventKind)
    async def test_an_event_comes_back_equal(self, store: Store, kind: RoomEventKind) -> None:
        sale = make_sale()
        await stock(store, *sale.rows)
        told = make_room_event(
            sale.session,
            id="EV_~!" + "x" * 250,
            kind=kind,
            user_id=None if kind in (RoomEventKind.ROOM_STARTED, RoomEventKind.ROOM_FINISHED) else new_user(),
            occurred_at=NOW + timedelta(milliseconds=1),
            received_at=NOW + HOUR,
        )

        await tell(store, told)

        assert [told] == [row async for row in store.scan(Kind.ROOM_EVENT)]

    async def test_an_id_is_taken_once_whatever_else_it_tells(self, store: Store) -> None:
        sale = make_sale(seats=2)
        await stock(store, *sale.rows)
        told = make_room_event(sale.session)
        await tell(store, told)

        for again in (told, make_room_event(sale.sessions[1], id=told.id)):
            with pytest.raises(AlreadyExists) as refused:
                await store.commit(
                    Changes(
                        room_events=(again,),
                        updates=(evolve(sale.session, timezone="Asia/Tokyo", version=2),),
                    )
                )
            assert ROOM_EVENT == refused.value.constraint

        assert [told] == [row async for row in store.scan(Kind.ROOM_EVENT)]
        assert sale.session == await store.session(sale.session.id)

    async def test_events_are_scanned_in_the_order_of_their_ids(self, store: Store) -> None:
        sale = make_sale()
        await stock(store, *sale.rows)
        events = [make_room_event(sale.session, id=key) for key in ("A", "B", "_", "a", "b")]

        await tell(store, *reversed(events))

        for batch in (1, 2, 10):
            assert events == [row async for row in store.scan(Kind.ROOM_EVENT, batch=batch)]

    async def test_a_session_comes_with_its_rooms_events_as_they_happened(self, store: Store) -> None:
        sale, other = make_sale(), make_sale()
        await stock(store, *sale.rows, *other.rows)
        events = [make_room_event(sale.session, occurred_at=at) for at in moments(3)]
        at_once = [make_room_event(sale.session, id=f"EV_{key}", occurred_at=NOW + HOUR) for key in "ab"]
        await tell(store, *reversed([*events, *at_once]), make_room_event(other.session))

        view = await store.load_delivery(sale.session.id)

        assert view is not None
        assert (*events, *at_once) == view.room_events
        assert [sale.booking] == [seat.booking for seat in view.seats]

    async def test_a_room_without_seats_has_its_events_too(self, store: Store) -> None:
        _, service = await workshop(store)
        session = make_session(service)
        await stock(store, session)
        told = make_room_event(session)
        await tell(store, told)

        view = await store.load_delivery(session.id)

        assert view is not None
        assert ((told,), (), ()) == (view.room_events, view.seats, view.orders)

    async def test_many_seats_and_many_events_come_each_once(self, store: Store) -> None:
        seller, service = await workshop(store)
        session = make_session(service, max_participants=100, current_participants=30)
        sales = [make_sale(practitioner=seller, service=service) for _ in range(30)]
        bookings = [evolve(sale.booking, session_id=session.id) for sale in sales]
        await stock(store, session, *(sale.order for sale in sales), *bookings)
        events = [make_room_event(session, user_id=row.user_id) for row in (*bookings, *bookings)]
        await tell(store, *events)

        view = await store.load_delivery(session.id)

        assert view is not None
        assert (30, 30, 60) == (len(view.seats), len(view.orders), len(view.room_events))
        none: tuple[Earnings, ...] = ()
        assert none == view.earnings
        assert {Attendance.UNKNOWN} == {seat.booking.attendance for seat in view.seats}


class Reviews:
    """Sessions that time alone does not complete."""

    async def test_what_needs_a_review_is_not_due(self, store: Store) -> None:
        _, service = await workshop(store)
        for status in (SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS):
            await stock(store, make_session(service, start_time=NOW, status=status, needs_review=True))
        due = make_session(service, start_time=NOW)
        await stock(store, due)

        assert [due.id] == list(await store.due(DueKind.SESSIONS, NOW + HOUR, 10))

    async def test_after_its_review_it_is_due_again(self, store: Store) -> None:
        _, service = await workshop(store)
        session = make_session(service, start_time=NOW, needs_review=True)
        await stock(store, session)

        await store.commit(Changes(updates=(evolve(session, needs_review=False, version=2),)))

        assert [session.id] == list(await store.due(DueKind.SESSIONS, NOW + HOUR, 10))
        assert () == tuple((await store.sessions_for_review(Page(), practitioner_id=None)).items)

    async def test_they_are_listed_oldest_first_a_page_at_a_time(self, store: Store) -> None:
        seller, service = await workshop(store)
        _, elsewhere = await workshop(store)
        theirs = [make_session(service, start_time=at, needs_review=True) for at in moments(5)]
        other = make_session(elsewhere, start_time=NOW + HOUR, needs_review=True)
        await stock(store, *reversed(theirs), other, make_session(service, start_time=NOW))

        async def found(page: Page, whose: Practitioner | None) -> list[ServiceSession]:
            practitioner_id = None if whose is None else whose.id
            items = await store.sessions_for_review(page, practitioner_id=practitioner_id)
            rest = [] if items.next is None else await found(evolve(page, after=items.next), whose)
            return [*items.items, *rest]

        for limit in (2, 5, 50):
            assert theirs == await found(Page(limit=limit), seller)
            assert [*theirs, other] == await found(Page(limit=limit), None)
