"""Contract: each declared load brings exactly what its decision has to know."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from collections.abc import Iterable
from datetime import timedelta

from adapters.memory.testing.builders import (
    make_earnings,
    make_order,
    make_payment,
    make_practitioner,
    make_refund,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import NOW, moments, new_id, new_user
from adapters.memory.testing.journal import make_account, make_credit_change
from adapters.memory.testing.sales import make_sale, stock
from core.domain.bookings import Seat
from core.domain.catalogue import Component, ServiceType
from core.domain.changes import Changes
from core.domain.ids import (
    BookingId,
    EarningsId,
    OrderId,
    PaymentId,
    PayoutId,
    RefundId,
    ServiceId,
    SessionId,
)
from core.domain.sessions import ServiceSession
from core.domain.statuses import SessionStatus
from core.domain.views import (
    CheckoutView,
    OrderView,
    RefundView,
)
from ports.store import Store

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def _by_id(rows: Iterable[ServiceSession]) -> list[ServiceSession]:
    return sorted(rows, key=lambda row: row.id)


class CheckoutLoads:
    """What a purchase has to know."""

    async def test_a_session_service_comes_with_its_practitioner_and_an_empty_account(
        self, store: Store
    ) -> None:
        sale = make_sale()
        await stock(store, *sale.rows)
        user = new_user()

        expected = CheckoutView(
            service=sale.service, practitioner=sale.practitioner, account=make_account(user)
        )
        assert expected == await store.load_checkout(sale.service.id, user)

    async def test_an_empty_account_is_in_the_services_currency(self, store: Store) -> None:
        seller = make_practitioner()
        offer = make_service(seller, currency="eur")
        await stock(store, seller, offer)
        user = new_user()

        view = await store.load_checkout(offer.id, user)

        assert view is not None
        assert make_account(user, currency="eur") == view.account

    async def test_the_account_is_the_buyers(self, store: Store) -> None:
        sale = make_sale()
        await stock(store, *sale.rows)
        user = new_user()
        changes = (make_credit_change(user, 700, held=200), make_credit_change(new_user(), 5))
        await store.commit(Changes(credits=changes))

        view = await store.load_checkout(sale.service.id, user)

        assert view is not None
        assert make_account(user, balance_cents=700, held_cents=200) == view.account

    async def test_sessions_in_the_way_of_the_chosen_time_are_busy(self, store: Store) -> None:
        seller = make_practitioner()
        service = make_service(seller)
        times = ((-60, 0), (0, 20), (20, 40), (40, 100), (100, 160))
        _, first, second, third, _ = sessions = [
            make_session(service, start_time=NOW + start * MINUTE, end_time=NOW + end * MINUTE)
            for start, end in times
        ]
        gone = make_session(service, start_time=NOW, status=SessionStatus.CANCELED)
        await stock(store, seller, service, *sessions, gone)

        whole = await store.load_checkout(service.id, new_user(), start_time=NOW)
        exact = await store.load_checkout(service.id, new_user(), start_time=NOW + 40 * MINUTE)

        assert whole is not None
        assert [first, second, third] == _by_id(whole.busy)
        assert exact is not None
        assert (third,) == exact.busy

    async def test_a_package_comes_with_its_parts(self, store: Store) -> None:
        seller = make_practitioner()
        parts = [make_service(seller), make_service(seller), make_service(seller)]
        package = make_service(
            seller,
            service_type=ServiceType.PACKAGE,
            components=tuple(Component(service_id=part.id, quantity=2) for part in parts[:2]),
        )
        bundle = make_service(
            seller, service_type=ServiceType.BUNDLE, bundled_service_id=parts[2].id, session_count=9
        )
        await stock(store, seller, *parts, package, bundle)

        views = [await store.load_checkout(offer.id, new_user()) for offer in (package, bundle)]

        expected = [parts[:2], parts[2:]]
        assert expected == [sorted(view.parts, key=lambda s: s.id) for view in views if view is not None]

    async def test_a_workshop_comes_with_the_chosen_session_if_it_is_its_own(self, store: Store) -> None:
        seller = make_practitioner()
        workshop, other = (make_service(seller, service_type=ServiceType.WORKSHOP) for _ in range(2))
        mine, theirs = make_session(workshop), make_session(other)
        await stock(store, seller, workshop, other, mine, theirs)

        views = [
            await store.load_checkout(workshop.id, new_user(), session_id=chosen)
            for chosen in (mine.id, theirs.id, SessionId(new_id()), None)
        ]

        assert [(mine,), (), (), ()] == [view.sessions for view in views if view is not None]

    async def test_a_course_comes_with_all_its_sessions_by_start(self, store: Store) -> None:
        seller = make_practitioner()
        course = make_service(seller, service_type=ServiceType.COURSE)
        sessions = [make_session(course, start_time=start) for start in moments(4, HOUR)]
        canceled = make_session(course, status=SessionStatus.CANCELED)
        await stock(store, seller, course, *reversed(sessions), canceled)

        view = await store.load_checkout(course.id, new_user())

        assert view is not None
        assert tuple(sessions) == view.sessions


class OrderLoads:
    """What settling, canceling and refunding have to know."""

    async def test_an_order_comes_with_everything_of_it_and_nothing_else(self, store: Store) -> None:
        sale, other = make_sale(seats=3), make_sale()
        charges = [
            make_payment(sale.order, idempotency_key=key, created_at=at)
            for key, at in zip(("a", "b"), moments(2), strict=True)
        ]
        earned = make_earnings(sale.bookings[1])
        await stock(store, *sale.rows, *charges, earned)
        await stock(store, *other.rows, make_payment(other.order), make_earnings(other.booking))

        seats = tuple(
            Seat(booking=booking, session=session)
            for booking, session in zip(sale.bookings, sale.sessions, strict=True)
        )
        expected = OrderView(order=sale.order, seats=seats, payments=tuple(charges), earnings=(earned,))
        assert expected == await store.load_order(sale.order.id)
        assert expected == await store.load_payment(charges[0].id)
        assert list(seats) == list(await store.order_seats(sale.order.id))

    async def test_an_order_of_credits_has_neither_seats_nor_earnings(self, store: Store) -> None:
        order = make_order()
        await stock(store, order)

        expected = OrderView(order=order, seats=(), payments=(), earnings=())
        assert expected == await store.load_order(order.id)

    async def test_a_refund_comes_with_its_order_and_payment(self, store: Store) -> None:
        order = make_order()
        charge = make_payment(order)
        by_card, by_credits = make_refund(order, charge), make_refund(order)
        await stock(store, order, charge, by_card, by_credits)

        expected = RefundView(refund=by_card, order=order, payment=charge)
        assert expected == await store.load_refund(by_card.id)
        expected = RefundView(refund=by_credits, order=order, payment=None)
        assert expected == await store.load_refund(by_credits.id)

    async def test_what_does_not_exist_loads_as_none(self, store: Store) -> None:
        assert await store.load_checkout(ServiceId(new_id()), new_user()) is None
        assert await store.load_order(OrderId(new_id())) is None
        assert await store.load_payment(PaymentId(new_id())) is None
        assert await store.load_schedule(BookingId(new_id())) is None
        assert await store.load_delivery(SessionId(new_id())) is None
        assert await store.load_refund(RefundId(new_id())) is None
        assert await store.load_payable(new_user()) is None
        assert await store.load_payout(PayoutId(new_id())) is None
        assert [] == list(await store.load_earnings([EarningsId(new_id())]))
        assert [] == list(await store.load_earnings([]))
