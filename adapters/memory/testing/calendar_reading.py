"""Contract: a calendar shows every session that has a time, with its name and who is coming."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from datetime import timedelta

import pytest
from attrs import evolve

from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_placeholder,
    make_practitioner,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import NOW, new_user
from adapters.memory.testing.sales import make_sale, stock
from core.domain.bookings import Booking
from core.domain.calendar import Attendee, CalendarItem, Span
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.changes import Changes
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, SessionStatus
from ports.errors import AlreadyExists
from ports.store import Store

HOUR = timedelta(hours=1)
DAY = Span(start=NOW, end=NOW + timedelta(days=1))


def item_of(session: ServiceSession, service: Service, *seats: Booking) -> CalendarItem:
    """How a calendar shows the session."""
    if session.start_time is None or session.end_time is None:
        raise ValueError("a session without a time is in no calendar")
    return CalendarItem(
        service_session_id=session.id,
        service_id=service.id,
        practitioner_id=session.practitioner_id,
        title=service.name,
        session_type=session.session_type,
        status=session.status,
        start_time=session.start_time,
        end_time=session.end_time,
        max_participants=session.max_participants,
        version=session.version,
        attendees=tuple(
            Attendee(user_id=seat.user_id, booking_id=seat.id, status=seat.status) for seat in seats
        ),
    )


async def crowded_calendar(store: Store, *, sessions: int, attendees: int) -> Practitioner:
    """Store so many sessions of a practitioner, an hour apart, with so many seats taken in each."""
    seller = make_practitioner()
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    meetings = [
        make_session(workshop, start_time=NOW + number * HOUR, current_participants=attendees)
        for number in range(sessions)
    ]
    orders = [make_order(workshop) for _ in range(attendees)]
    seats = [make_booking(order, meeting) for order in orders for meeting in meetings]
    await stock(store, seller, workshop, *meetings, *orders, *seats)
    return seller


class CalendarReads:
    """Sessions by time, whoever's they are."""

    async def test_a_calendar_shows_sessions_by_start_with_who_is_coming(self, store: Store) -> None:
        seller = make_practitioner()
        workshop = make_service(seller, service_type=ServiceType.WORKSHOP, name="Drumming")
        late = make_session(workshop, start_time=NOW + 5 * HOUR, current_participants=2)
        early = make_session(workshop, start_time=NOW + HOUR)
        orders = [make_order(workshop) for _ in range(3)]
        paid = make_booking(orders[0], late)
        unpaid = make_booking(orders[1], late, status=BookingStatus.PENDING_PAYMENT)
        gone = make_booking(orders[2], late, status=BookingStatus.CANCELED)
        await stock(store, seller, workshop, late, early, *orders, paid, unpaid, gone)

        found = await store.calendar(DAY, practitioner_id=seller.id)

        assert [item_of(early, workshop), item_of(late, workshop, paid, unpaid)] == list(found)

    async def test_a_calendar_shows_what_reaches_into_its_span(self, store: Store) -> None:
        seller = make_practitioner()
        service = make_service(seller, service_type=ServiceType.WORKSHOP)
        starts = (-2 * HOUR, -HOUR, -HOUR / 2, 0 * HOUR, 23 * HOUR, 24 * HOUR)
        sessions = [make_session(service, start_time=NOW + start) for start in starts]
        await stock(store, seller, service, *sessions)

        found = await store.calendar(DAY, practitioner_id=seller.id)

        assert [session.id for session in sessions[2:5]] == [item.service_session_id for item in found]

    async def test_a_calendar_shows_canceled_sessions_and_no_placeholders(self, store: Store) -> None:
        seller = make_practitioner()
        service = make_service(seller)
        canceled = make_session(service, start_time=NOW, status=SessionStatus.CANCELED)
        await stock(store, seller, service, canceled, make_placeholder(service))

        found = await store.calendar(DAY, practitioner_id=seller.id)

        assert [item_of(canceled, service)] == list(found)

    async def test_a_calendar_is_one_practitioners_or_everybodys(self, store: Store) -> None:
        mine, theirs = make_sale(first_start=NOW), make_sale(first_start=NOW + HOUR)
        await stock(store, *mine.rows, *theirs.rows)
        shown = [item_of(sale.session, sale.service, sale.booking) for sale in (mine, theirs)]

        assert shown[:1] == list(await store.calendar(DAY, practitioner_id=mine.practitioner.id))
        assert shown == list(await store.calendar(DAY, practitioner_id=None))
        assert [] == list(await store.calendar(DAY, practitioner_id=new_user()))

    async def test_a_feed_belongs_to_whom_its_digest_says(self, store: Store) -> None:
        mine = make_practitioner(calendar_token_hash="a" * 64)
        await stock(store, mine, make_practitioner(calendar_token_hash="b" * 64), make_practitioner())

        assert mine == await store.feed_owner("a" * 64)
        assert await store.feed_owner("c" * 64) is None

        closed = evolve(mine, calendar_token_hash=None, version=2)
        await store.commit(Changes(updates=(closed,)))
        assert await store.feed_owner("a" * 64) is None

    async def test_two_feeds_never_share_a_digest(self, store: Store) -> None:
        await stock(store, make_practitioner(calendar_token_hash="a" * 64))

        with pytest.raises(AlreadyExists) as refused:
            await stock(store, make_practitioner(calendar_token_hash="a" * 64))

        assert "calendar_feed" == refused.value.constraint
