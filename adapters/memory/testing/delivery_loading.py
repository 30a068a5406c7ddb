"""Contract: what scheduling, delivering and paying out load."""

# ruff: noqa: S101 - assert is how a contract speaks, and it says what is expected first

from collections.abc import Iterable
from datetime import timedelta

from attrs import evolve

from adapters.memory.testing.builders import (
    make_booking,
    make_earnings,
    make_order,
    make_payout,
    make_placeholder,
    make_practitioner,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import moments, new_id
from adapters.memory.testing.sales import make_sale, stock
from core.domain.bookings import Seat
from core.domain.catalogue import ServiceType
from core.domain.earnings import Earnings
from core.domain.ids import (
    EarningsId,
    SessionId,
)
from core.domain.statuses import BookingStatus, EarningsStatus
from core.domain.views import (
    DeliveryView,
    PayoutSettlementView,
    PayoutView,
    ScheduleView,
)
from ports.store import Store

HOUR = timedelta(hours=1)


class ScheduleLoads:
    """What giving a seat its time has to know."""

    async def test_a_draft_seat_comes_with_order_service_and_practitioner(self, store: Store) -> None:
        sale = make_sale()
        placeholder = make_placeholder(sale.service)
        draft = make_booking(sale.order, placeholder)
        await stock(store, *sale.rows, placeholder, draft)

        expected = ScheduleView(
            seat=Seat(booking=draft, session=placeholder),
            order=sale.order,
            service=sale.service,
            practitioner=sale.practitioner,
        )
        assert expected == await store.load_schedule(draft.id)

    async def test_busy_sessions_are_those_of_the_seats_practitioner_but_its_own(self, store: Store) -> None:
        sale, elsewhere = make_sale(), make_sale()
        start = sale.session.start_time
        assert start is not None
        rival = make_session(sale.service, start_time=start + HOUR)
        after = make_session(sale.service, start_time=start + 2 * HOUR)
        await stock(store, *sale.rows, *elsewhere.rows, rival, after)

        view = await store.load_schedule(sale.booking.id, start_time=start + HOUR / 2)

        assert view is not None
        assert (rival,) == view.busy

    async def test_the_public_session_asked_for_is_the_target(self, store: Store) -> None:
        sale = make_sale()
        workshop = make_service(sale.practitioner, service_type=ServiceType.WORKSHOP)
        public = make_session(workshop)
        await stock(store, *sale.rows, workshop, public)

        found = await store.load_schedule(sale.booking.id, session_id=public.id)
        missing = await store.load_schedule(sale.booking.id, session_id=SessionId(new_id()))

        assert found is not None
        assert public == found.target
        assert missing is not None
        assert missing.target is None


class DeliveryLoads:
    """What completing a session and paying for it have to know."""

    async def test_a_session_comes_with_its_occupied_seats(self, store: Store) -> None:
        seller = make_practitioner()
        workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
        session, other = make_session(workshop), make_session(workshop)
        orders = [make_order(workshop, created_at=at) for at in moments(4)]
        statuses = (BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT, BookingStatus.CANCELED)
        seats = [
            make_booking(order, session, status=status)
            for order, status in zip(orders, statuses, strict=False)
        ]
        elsewhere = make_booking(orders[3], other)
        earned = [make_earnings(seat, status=EarningsStatus.PROJECTED) for seat in (seats[0], elsewhere)]
        await stock(store, seller, workshop, session, other, *orders, *seats, elsewhere, *earned)

        view = await store.load_delivery(session.id)

        assert view is not None
        occupied = tuple(Seat(booking=seat, session=session) for seat in seats[:2])
        assert DeliveryView(
            session=session, seats=occupied, orders=tuple(orders[:2]), earnings=(earned[0],)
        ) == evolve(view, orders=tuple(sorted(view.orders, key=lambda order: order.id)))

    async def test_a_payout_could_take_what_is_available_and_in_no_payout(self, store: Store) -> None:
        sale, other = make_sale(seats=5), make_sale()
        taken = make_payout(sale.practitioner)
        earned = [
            make_earnings(seat, status=EarningsStatus.AVAILABLE, created_at=at, available_after=at)
            for seat, at in zip(sale.bookings, moments(5), strict=True)
        ]
        earned[3] = evolve(earned[3], status=EarningsStatus.PENDING)
        earned[4] = evolve(earned[4], payout_id=taken.id)
        theirs = make_earnings(other.booking, status=EarningsStatus.AVAILABLE)
        await stock(store, *sale.rows, *other.rows, taken, *reversed(earned), theirs)

        expected = PayoutView(practitioner=sale.practitioner, earnings=tuple(earned[:3]))
        assert expected == await store.load_payable(sale.practitioner.id)

    async def test_a_payout_comes_with_the_earnings_it_took(self, store: Store) -> None:
        sale = make_sale(seats=3)
        payout = make_payout(sale.practitioner)
        earned = [
            make_earnings(seat, payout_id=None if index == 2 else payout.id)
            for index, seat in enumerate(sale.bookings)
        ]
        await stock(store, *sale.rows, payout, *earned)

        view = await store.load_payout(payout.id)

        assert view is not None
        assert PayoutSettlementView(
            payout=payout, practitioner=sale.practitioner, earnings=tuple(earned[:2])
        ) == evolve(view, earnings=_sorted(view.earnings))

    async def test_earnings_are_found_by_their_ids(self, store: Store) -> None:
        sale = make_sale(seats=3)
        earned = [make_earnings(seat) for seat in sale.bookings]
        await stock(store, *sale.rows, *earned)

        found = await store.load_earnings([earned[2].id, EarningsId(new_id()), earned[0].id])

        assert (earned[0], earned[2]) == _sorted(found)


def _sorted(earnings: Iterable[Earnings]) -> tuple[Earnings, ...]:
    return tuple(sorted(earnings, key=lambda row: row.id))
