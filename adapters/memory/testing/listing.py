"""Contract: lists are ordered, filtered, and paged without gaps or repeats."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_placeholder,
    make_practitioner,
    make_refund,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import NOW, moments, new_user
from adapters.memory.testing.paging import HOUR, MANY, assert_paged
from adapters.memory.testing.sales import make_sale, stock
from core.domain.bookings import Booking
from core.domain.catalogue import ServiceStatus, ServiceType, Visibility
from core.domain.orders import OrderType
from core.domain.statuses import BookingStatus, OrderStatus, SessionStatus
from ports.queries import BookingState, Page
from ports.store import Store


class CatalogueLists:
    """What a visitor finds."""

    async def test_services_are_listed_newest_first(self, store: Store) -> None:
        mine, theirs = make_practitioner(), make_practitioner()
        services = [
            make_service(seller, service_type=kind, created_at=at)
            for seller, kind, at in zip(
                (mine, theirs, mine, mine),
                (ServiceType.SESSION, ServiceType.SESSION, ServiceType.COURSE, ServiceType.SESSION),
                moments(4),
                strict=True,
            )
        ]
        hidden = [
            make_service(mine, visibility=Visibility.UNLISTED),
            make_service(mine, visibility=Visibility.PRIVATE),
            make_service(mine, status=ServiceStatus.ARCHIVED),
        ]
        await stock(store, mine, theirs, *services, *hidden)
        first, second, third, fourth = services

        await assert_paged(store.services, [fourth, third, second, first])
        await assert_paged(lambda p: store.services(p, practitioner_id=mine.id), [fourth, third, first])
        await assert_paged(
            lambda p: store.services(p, service_type=ServiceType.SESSION), [fourth, second, first]
        )
        await assert_paged(
            lambda p: store.services(p, service_type=ServiceType.COURSE, practitioner_id=mine.id), [third]
        )

    async def test_services_are_found_by_their_ids(self, store: Store) -> None:
        seller = make_practitioner()
        services = [make_service(seller) for _ in range(3)]
        await stock(store, seller, *services)

        found = await store.services_by_id([services[2].id, make_service().id, services[0].id])

        assert [services[0], services[2]] == sorted(found, key=lambda row: row.id)
        assert [] == list(await store.services_by_id([]))

    async def test_public_sessions_are_listed_by_start(self, store: Store) -> None:
        seller = make_practitioner()
        workshop, other = (make_service(seller, service_type=ServiceType.WORKSHOP) for _ in range(2))
        sessions = [
            make_session(service, start_time=start)
            for service, start in zip((workshop, other, workshop, workshop), moments(4, HOUR), strict=True)
        ]
        hidden = [
            make_session(workshop, visibility=Visibility.PRIVATE),
            make_session(workshop, visibility=Visibility.UNLISTED),
            make_placeholder(workshop),
        ]
        await stock(store, seller, workshop, other, *reversed(sessions), *hidden)
        first, second, third, fourth = sessions

        await assert_paged(store.sessions, sessions)
        await assert_paged(lambda p: store.sessions(p, service_id=workshop.id), [first, third, fourth])
        await assert_paged(lambda p: store.sessions(p, start=NOW + HOUR, end=NOW + 3 * HOUR), [second, third])
        await assert_paged(
            lambda p: store.sessions(p, service_id=workshop.id, end=NOW + 3 * HOUR), [first, third]
        )

    async def test_an_empty_list_is_one_empty_page(self, store: Store) -> None:
        for items in (await store.services(MANY), await store.orders(MANY, user_id=new_user())):
            assert [] == list(items.items)
            assert items.next is None


class OrderLists:
    """What a customer bought."""

    async def test_orders_are_listed_newest_first(self, store: Store) -> None:
        user = new_user()
        first, second, third = (make_order(user_id=user, created_at=at) for at in moments(3))
        second = evolve(second, status=OrderStatus.CANCELED)
        third = evolve(third, order_type=OrderType.DIRECT)
        other = make_order(created_at=NOW + 5 * HOUR)
        await stock(store, second, first, third, other)

        await assert_paged(lambda p: store.orders(p, user_id=user), [third, second, first])
        await assert_paged(lambda p: store.orders(p, user_id=None), [other, third, second, first])
        await assert_paged(
            lambda p: store.orders(p, user_id=user, order_type=OrderType.CREDIT), [second, first]
        )
        await assert_paged(lambda p: store.orders(p, user_id=user, status=OrderStatus.PAID), [third, first])
        await assert_paged(
            lambda p: store.orders(p, user_id=None, status=OrderStatus.PAID, order_type=OrderType.CREDIT),
            [other, first],
        )

    async def test_equal_instants_are_ordered_by_id(self, store: Store) -> None:
        user = new_user()
        orders = [make_order(user_id=user) for _ in range(7)]
        await stock(store, *orders[::2], *orders[1::2])

        await assert_paged(lambda p: store.orders(p, user_id=user), orders[::-1])

    async def test_a_page_goes_on_where_it_stopped_though_newer_items_came(self, store: Store) -> None:
        user = new_user()
        orders = [make_order(user_id=user, created_at=at) for at in moments(4)]
        await stock(store, *orders)
        first = await store.orders(Page(limit=2), user_id=user)
        await stock(store, make_order(user_id=user, created_at=NOW + HOUR))

        second = await store.orders(Page(limit=2, after=first.next), user_id=user)

        assert [*orders[3:1:-1], *orders[1::-1]] == [*first.items, *second.items]
        assert second.next is None

    async def test_refunds_of_an_order_are_listed_oldest_first(self, store: Store) -> None:
        order, other = make_order(), make_order()
        refunds = [make_refund(order, created_at=at) for at in moments(3)]
        await stock(store, order, other, *reversed(refunds), make_refund(other))

        assert refunds == list(await store.refunds(order.id))


class SeatLists:
    """What a customer has before and behind them."""

    async def test_seats_are_listed_newest_first(self, store: Store) -> None:
        user = new_user()
        sales = [make_sale(user_id=user, created_at=at) for at in moments(3)]
        await stock(store, *(row for sale in sales for row in sale.rows), *make_sale().rows)

        seats = [seat for sale in reversed(sales) for seat in await store.order_seats(sale.order.id)]

        await assert_paged(lambda p: store.seats(p, user_id=user, now=NOW), seats)
        await assert_paged(
            lambda p: store.seats(p, user_id=user, now=NOW, order_id=sales[1].order.id), seats[1:2]
        )
        here = seats[2].session.id
        await assert_paged(lambda p: store.seats(p, user_id=user, now=NOW, session_id=here), seats[2:])
        theirs = await store.seats(MANY, user_id=new_user(), now=NOW, session_id=here)
        assert [] == list(theirs.items)
        assert seats[0] == await store.seat(seats[0].booking.id)

    async def test_each_seat_is_found_in_its_state(self, store: Store) -> None:
        seller = make_practitioner()
        service = make_service(seller, service_type=ServiceType.WORKSHOP)
        user = new_user()
        order = make_order(service, user_id=user)
        await stock(store, seller, service, order)
        found: dict[BookingState | None, list[Booking]] = {state: [] for state in (*BookingState, None)}
        for status, times, moment, state in SEATS:
            session = make_session(service, status=status, start_time=times and times - HOUR, end_time=times)
            seat = make_booking(order, session, status=moment)
            await stock(store, session, seat)
            found[state].insert(0, seat)

        for state in BookingState:
            items = (await store.seats(MANY, user_id=user, now=NOW, state=state)).items
            assert found[state] == [seat.booking for seat in items]


_B, _S = BookingStatus, SessionStatus
SEATS: Sequence[tuple[SessionStatus, datetime | None, BookingStatus, BookingState | None]] = (
    (_S.DRAFT, None, _B.DRAFT, BookingState.UNSCHEDULED),
    (_S.DRAFT, NOW + HOUR, _B.DRAFT, BookingState.UNSCHEDULED),
    (_S.SCHEDULED, NOW + HOUR, _B.CONFIRMED, BookingState.UPCOMING),
    (_S.SCHEDULED, NOW + HOUR, _B.PENDING_PAYMENT, BookingState.UPCOMING),
    (_S.IN_PROGRESS, NOW + HOUR / 2, _B.CONFIRMED, BookingState.UPCOMING),
    (_S.COMPLETED, NOW + HOUR / 2, _B.CONFIRMED, BookingState.PAST),
    (_S.SCHEDULED, NOW, _B.CONFIRMED, BookingState.PAST),
    (_S.IN_PROGRESS, NOW - HOUR, _B.CONFIRMED, BookingState.PAST),
    (_S.CANCELED, NOW + HOUR, _B.CONFIRMED, None),
    (_S.DRAFT, None, _B.PENDING_PAYMENT, None),
    (_S.CANCELED, NOW + HOUR, _B.CANCELED, BookingState.CANCELED),
    (_S.SCHEDULED, NOW + HOUR, _B.CANCELED, BookingState.CANCELED),
)
"""A session's status and end, its seat's status, and the state in which the seat is found at NOW."""
