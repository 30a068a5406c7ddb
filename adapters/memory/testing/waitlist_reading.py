"""Contract: what decisions, customers and sweeps are told of lines."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from datetime import timedelta

import pytest

from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_placeholder,
    make_practitioner,
    make_service,
    make_waiting,
)
from adapters.memory.testing.ids import NOW, moments, new_id, new_user
from adapters.memory.testing.paging import assert_paged
from adapters.memory.testing.sales import stock
from adapters.memory.testing.waitlist_guards import stored_session
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes, SeatChange
from core.domain.ids import SessionId, WaitlistId
from core.domain.statuses import BookingStatus, SessionStatus, WaitlistStatus
from core.domain.views import LineView, PlaceView
from core.domain.waitlist import LIVE_STATUSES
from ports.queries import Page, Place
from ports.store import DueKind, Store

TICK = timedelta(milliseconds=1)
OFFERED = {"status": WaitlistStatus.OFFERED, "offer_expires_at": NOW}


class LineLoads:
    """The line and one's own place in it."""

    async def test_a_line_holds_its_live_places_in_order(self, store: Store) -> None:
        _, session = await stored_session(store)
        _, other = await stored_session(store)
        entries = [make_waiting(session, status=status) for status in WaitlistStatus]
        early = make_waiting(session, created_at=NOW - TICK)
        await stock(store, *reversed(entries), early, make_waiting(other))

        live = [early, *(entry for entry in entries if entry.status in LIVE_STATUSES)]

        assert LineView(session=session, entries=tuple(live)) == await store.load_line(session.id)

    async def test_a_session_without_a_line_has_an_empty_one(self, store: Store) -> None:
        _, session = await stored_session(store)

        assert LineView(session=session, entries=()) == await store.load_line(session.id)
        assert await store.load_line(SessionId(new_id())) is None
        assert await store.load_place(SessionId(new_id()), new_user()) is None
        assert await store.waitlist_entry(WaitlistId(new_id())) is None

    @pytest.mark.parametrize("status", WaitlistStatus)
    async def test_ones_place_is_the_live_one(self, store: Store, status: WaitlistStatus) -> None:
        _, session = await stored_session(store)
        entry = make_waiting(session, status=status)
        await stock(store, entry, make_waiting(session))

        view = await store.load_place(session.id, entry.user_id)

        expected = entry if status in LIVE_STATUSES else None
        assert PlaceView(session=session, entry=expected, is_seated=False) == view

    @pytest.mark.parametrize("status", BookingStatus)
    async def test_whoever_has_a_seat_is_seated(self, store: Store, status: BookingStatus) -> None:
        workshop, session = await stored_session(store)
        order = make_order(workshop)
        await stock(store, order, make_booking(order, session, status=status))

        view = await store.load_place(session.id, order.user_id)

        assert view is not None
        assert view.is_seated == (status in (BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT))
        others = await store.load_place(session.id, new_user())
        assert others == PlaceView(session=session, entry=None, is_seated=False)

    @pytest.mark.parametrize("status", WaitlistStatus)
    async def test_a_checkout_is_told_of_the_buyers_offer(self, store: Store, status: WaitlistStatus) -> None:
        workshop, session = await stored_session(store)
        entry = make_waiting(session, status=status, offer_expires_at=NOW)
        await stock(store, entry, make_waiting(session, **OFFERED))

        view = await store.load_checkout(workshop.id, entry.user_id, session_id=session.id)
        elsewhere = await store.load_checkout(workshop.id, entry.user_id)

        assert view is not None
        assert elsewhere is not None
        assert (entry if status is WaitlistStatus.OFFERED else None) == view.offer
        assert (session,) == view.sessions
        assert elsewhere.offer is None

    async def test_scheduling_is_told_of_the_holders_offer(self, store: Store) -> None:
        _, session = await stored_session(store)
        seller = make_practitioner()
        service = make_service(seller, service_type=ServiceType.WORKSHOP)
        placeholder, order = make_placeholder(service), make_order(service)
        draft = make_booking(order, placeholder)
        offer = make_waiting(session, user_id=order.user_id, **OFFERED)
        await stock(store, seller, service, placeholder, order, draft, offer)
        await stock(store, make_waiting(session, **OFFERED))

        into = await store.load_schedule(draft.id, session_id=session.id)
        at_a_time = await store.load_schedule(draft.id, start_time=NOW)

        assert into is not None
        assert at_a_time is not None
        assert (offer, session) == (into.offer, into.target)
        assert at_a_time.offer is None


class PlaceLists:
    """Lists of lines and of places."""

    async def test_a_line_comes_in_pages_the_longest_wait_first(self, store: Store) -> None:
        _, session = await stored_session(store)
        entries = [make_waiting(session, created_at=at) for at in moments(3) for _ in range(2)]
        gone = make_waiting(session, status=WaitlistStatus.LEFT)
        await stock(store, *reversed(entries), gone)

        await assert_paged(lambda page: store.line(page, session_id=session.id), entries)

    async def test_ones_places_come_newest_first_each_with_its_position(self, store: Store) -> None:
        _, first = await stored_session(store)
        _, second = await stored_session(store)
        _, third = await stored_session(store)
        user = new_user()
        alone = make_waiting(first, user_id=user)
        behind = [
            make_waiting(second, created_at=NOW - TICK),
            make_waiting(second, created_at=NOW - TICK, status=WaitlistStatus.OFFERED),
            make_waiting(second, created_at=NOW + TICK),
        ]
        second_place = make_waiting(second, user_id=user, created_at=NOW + TICK)
        offered = make_waiting(third, user_id=user, created_at=NOW + 2 * TICK, **OFFERED)
        await stock(store, alone, *behind, second_place, offered, make_waiting(second))

        expected = [
            Place(entry=offered, session=third, position=None),
            Place(entry=second_place, session=second, position=4),
            Place(entry=alone, session=first, position=1),
        ]
        await assert_paged(lambda page: store.places(page, user_id=user), expected)
        waiting = await store.places(Page(), user_id=user, status=WaitlistStatus.WAITING)
        assert expected[1:] == list(waiting.items)
        nothing = await store.places(Page(), user_id=new_user())
        assert [] == list(nothing.items)


class DueLines:
    """Lines that the sweep has to move on."""

    async def test_a_line_is_due_while_a_seat_is_unclaimed(self, store: Store) -> None:
        _, stuck = await stored_session(store, current_participants=2, waiting_count=1)
        await stored_session(store, current_participants=2, offered_seats=1, waiting_count=1)
        await stored_session(store, current_participants=2)

        assert [stuck.id] == list(await store.due(DueKind.LINES, NOW, 10))

    async def test_a_line_is_due_when_its_session_begins(self, store: Store) -> None:
        _, full = await stored_session(store, waiting_count=1)
        begins = full.start_time
        assert begins is not None

        assert [] == list(await store.due(DueKind.LINES, begins - TICK, 10))
        assert [full.id] == list(await store.due(DueKind.LINES, begins, 10))

    @pytest.mark.parametrize("status", SessionStatus)
    async def test_a_line_is_due_where_no_seats_are_handed_out(
        self, store: Store, status: SessionStatus
    ) -> None:
        _, session = await stored_session(store, waiting_count=1, status=status)

        is_open = status in (SessionStatus.DRAFT, SessionStatus.SCHEDULED)
        assert ([] if is_open else [session.id]) == list(await store.due(DueKind.LINES, NOW, 10))

    async def test_lines_are_due_by_the_start_of_their_sessions(self, store: Store) -> None:
        starts = list(moments(4, timedelta(hours=1)))
        found = [
            await stored_session(
                store,
                start_time=start,
                end_time=start + timedelta(hours=1),
                current_participants=0,
                waiting_count=1,
            )
            for start in reversed(starts)
        ]
        ids = [session.id for _, session in reversed(found)]

        assert ids[:3] == list(await store.due(DueKind.LINES, NOW - timedelta(days=1), 3))

    async def test_a_line_that_has_moved_on_is_no_longer_due(self, store: Store) -> None:
        _, session = await stored_session(store, current_participants=2, waiting_count=1)

        offered = SeatChange(session_id=session.id, seats=0, offered=1, waiting=-1)
        await store.commit(Changes(seats=(offered,)))

        assert [] == list(await store.due(DueKind.LINES, NOW, 10))
