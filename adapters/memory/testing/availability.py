"""Contract: hours are kept as they were given, and buffers keep sessions apart."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

import asyncio
from datetime import date, timedelta

from attrs import evolve

from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_placeholder,
    make_practitioner,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import NOW, new_id, new_user
from adapters.memory.testing.sales import stock
from core.domain.availability import Availability, DayException, WeeklyHours
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.changes import Changes
from core.domain.errors import SessionOverlap
from core.domain.ids import SessionId
from core.domain.planning import claim_of
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, SessionStatus
from ports.store import Store

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

HOURS = Availability(
    timezone="Australia/Lord_Howe",
    weekly=(
        WeeklyHours(weekday=0, start_minute=540, end_minute=720),
        WeeklyHours(weekday=6, start_minute=0, end_minute=1440),
    ),
    exceptions=(
        DayException(day=date(2026, 4, 5)),
        DayException(day=date(2028, 2, 29), start_minute=1, end_minute=1439),
    ),
    buffer_minutes=30,
    min_notice_minutes=90,
    horizon_days=45,
    step_minutes=20,
)
TIMES = ((-60, -30), (-30, 0), (60, 89), (90, 150))
"""Minutes from NOW. For an hour from NOW, the two in the middle are in a buffer of 30 minutes."""


def _sessions(service: Service) -> list[ServiceSession]:
    return [
        make_session(service, start_time=NOW + start * MINUTE, end_time=NOW + end * MINUTE)
        for start, end in TIMES
    ]


def _ids(sessions: tuple[ServiceSession, ...] | list[ServiceSession]) -> set[SessionId]:
    return {session.id for session in sessions}


def _claiming(seller: Practitioner, session: ServiceSession) -> Changes:
    return Changes(inserts=(session,), slots=(claim_of(session, seller.availability),))


class Availabilities:
    """When practitioners may be booked."""

    async def test_hours_are_set_changed_and_taken_away(self, store: Store) -> None:
        without = make_practitioner()
        first = evolve(without, availability=HOURS, version=2)
        second = evolve(without, availability=Availability(timezone="UTC"), version=3)
        third = evolve(without, version=4)
        await stock(store, without)

        for version in (first, second, third):
            await store.commit(Changes(updates=(version,)))

            assert version == await store.practitioner(without.id)

    async def test_a_purchase_sees_what_is_in_the_buffers(self, store: Store) -> None:
        seller = make_practitioner(availability=HOURS)
        service = make_service(seller)
        _, before, after, _ = sessions = _sessions(service)
        await stock(store, seller, service, *sessions)

        view = await store.load_checkout(service.id, new_user(), start_time=NOW)

        assert view is not None
        assert HOURS == view.availability
        assert _ids([before, after]) == _ids(view.busy)

    async def test_scheduling_sees_what_is_in_the_buffers(self, store: Store) -> None:
        seller = make_practitioner(availability=HOURS)
        service = make_service(seller)
        _, before, after, _ = sessions = _sessions(service)
        order, own = make_order(service), make_placeholder(service)
        seat = make_booking(order, own, status=BookingStatus.DRAFT)
        await stock(store, seller, service, *sessions, order, own, seat)

        view = await store.load_schedule(seat.id, start_time=NOW)

        assert view is not None
        assert HOURS == view.availability
        assert _ids([before, after]) == _ids(view.busy)

    async def test_without_hours_there_are_no_buffers(self, store: Store) -> None:
        seller = make_practitioner()
        service = make_service(seller)
        order, own = make_order(service), make_placeholder(service)
        seat = make_booking(order, own, status=BookingStatus.DRAFT)
        await stock(store, seller, service, *_sessions(service), order, own, seat)

        buying = await store.load_checkout(service.id, new_user(), start_time=NOW)
        scheduling = await store.load_schedule(seat.id, start_time=NOW)

        assert buying is not None
        assert scheduling is not None
        assert ((), None) == (buying.busy, buying.availability)
        assert ((), None) == (scheduling.busy, scheduling.availability)

    async def test_busy_are_the_individual_sessions_that_take_some_of_the_time(self, store: Store) -> None:
        seller, other = make_practitioner(), make_practitioner()
        service, theirs = make_service(seller), make_service(other)
        workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
        _, first, second, _ = sessions = _sessions(service)
        running = make_session(
            service,
            start_time=NOW,
            end_time=NOW + 20 * MINUTE,
            status=SessionStatus.IN_PROGRESS,
        )
        others = [
            make_session(service, start_time=NOW, status=SessionStatus.CANCELED),
            make_session(service, start_time=NOW, status=SessionStatus.COMPLETED),
            make_session(workshop, start_time=NOW),
            make_session(theirs, start_time=NOW),
            make_placeholder(service),
        ]
        await stock(store, seller, other, service, theirs, workshop, *sessions, running, *others)

        found = await store.busy(seller.id, start=NOW - 30 * MINUTE, end=NOW + 90 * MINUTE)
        touched = await store.busy(seller.id, start=NOW + 20 * MINUTE, end=NOW + 60 * MINUTE)

        assert _ids([first, running, second]) == _ids(list(found))
        assert [] == list(touched)

    async def test_a_claim_with_buffers_keeps_its_distance(self, store: Store) -> None:
        seller = make_practitioner(availability=HOURS)
        service = make_service(seller)
        first, close, apart = (
            make_session(service, start_time=NOW + minutes * MINUTE) for minutes in (0, 89, 90)
        )
        await stock(store, seller, service, first)

        refused = await asyncio.gather(store.commit(_claiming(seller, close)), return_exceptions=True)
        await store.commit(_claiming(seller, apart))

        assert [SessionOverlap] == [type(answer) for answer in refused]
        assert await store.session(close.id) is None
        assert apart == await store.session(apart.id)

    async def test_of_two_sessions_closer_than_the_buffer_one_is_booked(self, store: Store) -> None:
        seller = make_practitioner(availability=HOURS)
        service = make_service(seller)
        await stock(store, seller, service)
        rivals = [
            make_session(service, id=SessionId(new_id()), start_time=NOW + start)
            for start in (timedelta(0), HOUR + 10 * MINUTE)
        ]

        answers = await asyncio.gather(
            *(store.commit(_claiming(seller, rival)) for rival in rivals), return_exceptions=True
        )

        assert {type(None), SessionOverlap} == {type(answer) for answer in answers}
        assert 1 == len(await store.busy(seller.id, start=NOW, end=NOW + 3 * HOUR))
