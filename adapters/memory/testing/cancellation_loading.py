"""Contract: what calling off a session, moving a seat and correcting an attendance load."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from attrs import evolve

from adapters.memory.testing.builders import (
    make_booking,
    make_earnings,
    make_order,
    make_payment,
    make_placeholder,
    make_practitioner,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import moments, new_id
from adapters.memory.testing.journal import make_entries, make_posting
from adapters.memory.testing.sales import make_sale, stock
from core.domain.bookings import Seat
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes
from core.domain.ids import OrderId, SessionId
from core.domain.ledger import PLATFORM_FORFEITS, order_chain, order_value
from core.domain.statuses import BookingStatus, EarningsStatus, OrderStatus, PaymentStatus
from core.domain.views import CancellationView
from ports.store import Store


class CancellationLoads:
    """What calling off a session has to know."""

    async def test_a_session_comes_with_its_live_seats_and_their_orders_payments(self, store: Store) -> None:
        seller = make_practitioner()
        workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
        session, other = make_session(workshop), make_session(workshop)
        orders = [make_order(workshop, created_at=at) for at in moments(4)]
        orders[1] = evolve(orders[1], status=OrderStatus.PENDING_PAYMENT)
        statuses = (BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT, BookingStatus.CANCELED)
        seats = [
            make_booking(order, session, status=status)
            for order, status in zip(orders, statuses, strict=False)
        ]
        elsewhere = make_booking(orders[3], other)
        failed = make_payment(orders[0], status=PaymentStatus.FAILED)
        paid = make_payment(orders[0], idempotency_key="pi:2", created_at=list(moments(2))[1])
        others = [make_payment(order) for order in orders[1:]]
        earned = [make_earnings(seat, status=EarningsStatus.PROJECTED) for seat in (seats[0], elsewhere)]
        await stock(store, seller, workshop, session, other, *orders, *seats, elsewhere, *earned)
        await stock(store, paid, failed, *others)

        view = await store.load_cancellation(session.id)

        assert view is not None
        assert CancellationView(
            session=session,
            seats=tuple(Seat(booking=seat, session=session) for seat in seats[:2]),
            orders=tuple(orders[:2]),
            payments=(failed, paid, others[0]),
            earnings=(earned[0],),
        ) == evolve(view, orders=tuple(sorted(view.orders, key=lambda order: order.id)))

    async def test_a_draft_seat_is_live(self, store: Store) -> None:
        sale = make_sale()
        placeholder = make_placeholder(sale.service)
        draft = make_booking(sale.order, placeholder)
        await stock(store, *sale.rows, placeholder, draft)

        view = await store.load_cancellation(placeholder.id)

        assert view is not None
        assert (Seat(booking=draft, session=placeholder),) == view.seats
        assert (sale.order,) == view.orders

    async def test_a_session_without_seats_can_be_called_off_and_no_session_cannot(
        self, store: Store
    ) -> None:
        seller = make_practitioner()
        workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
        empty = make_session(workshop)
        await stock(store, seller, workshop, empty)

        found = await store.load_cancellation(empty.id)

        nothing = CancellationView(session=empty, seats=(), orders=(), payments=(), earnings=())
        assert nothing == found
        assert await store.load_cancellation(SessionId(new_id())) is None


class RearrangingLoads:
    """What moving a seat, and correcting what happened in it, have to know."""

    async def test_a_seat_to_be_moved_comes_with_its_earnings(self, store: Store) -> None:
        sale = make_sale(seats=2)
        projected = make_earnings(sale.booking, status=EarningsStatus.PROJECTED)
        await stock(store, *sale.rows, projected, make_earnings(sale.bookings[1]))

        view = await store.load_schedule(sale.booking.id)

        assert view is not None
        assert projected == view.earnings

    async def test_an_orders_entries_come_by_number(self, store: Store) -> None:
        sale, other = make_sale(), make_sale()
        entries = [
            entry
            for order in (sale.order, other.order)
            for entry in make_entries(
                order_chain(order.id, 0, ""),
                *(
                    [
                        make_posting(order_value(order.id), -cents, booking_id=sale.booking.id),
                        make_posting(PLATFORM_FORFEITS, cents),
                    ]
                    for cents in (7, 5, 3)
                ),
                order_id=order.id,
            )
        ]
        await store.commit(Changes(inserts=(*sale.rows, *other.rows), entries=tuple(entries)))

        assert entries[:3] == list(await store.order_entries(sale.order.id))
        assert [] == list(await store.order_entries(OrderId(new_id())))
