"""Lists, details and reports of the memory store."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from adapters.memory.analytics import MemoryAnalytics
from adapters.memory.balances import transaction
from adapters.memory.pages import created, happened, is_in, page_of, place, starts
from adapters.memory.tables import ALL
from core.domain.bookings import Booking, Seat
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings, Payout
from core.domain.ids import BookingId, OrderId, PaymentId, RefundId, ServiceId, SessionId, UserId
from core.domain.ledger import USER_POSTING_TYPES, JournalEntry, practitioner_account
from core.domain.notifications import Contact
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.sessions import ServiceSession, overlaps
from core.domain.statuses import EarningsStatus, OrderStatus
from ports.queries import (
    AccountBalance,
    BookingState,
    EarningsSummary,
    Items,
    Page,
    Transaction,
)


class MemoryQueries(MemoryAnalytics):
    """`ports.queries.Queries` over dicts. With `yielding` other tasks may run before each call."""

    async def practitioner(self, practitioner_id: UserId) -> Practitioner | None:
        await self._turn()
        return self._tables.practitioners.get(practitioner_id)

    async def practitioners_with_account(self, stripe_account_id: str) -> Sequence[Practitioner]:
        """Those who named this account at the gateway."""
        await self._turn()
        keys = self._tables.accounts_of_practitioners.ascending(stripe_account_id)
        return tuple(self._tables.practitioners.at(keys))

    async def service(self, service_id: ServiceId) -> Service | None:
        await self._turn()
        return self._tables.services.get(service_id)

    async def services_by_id(self, ids: Sequence[ServiceId]) -> Sequence[Service]:
        await self._turn()
        return self._services(ids)

    async def services(
        self, page: Page, *, service_type: ServiceType | None = None, practitioner_id: UserId | None = None
    ) -> Items[Service]:
        """Active public services, newest first; with `practitioner_id` that practitioner's."""
        await self._turn()
        tables = self._tables
        if practitioner_id is None:
            keys = tables.listed_services.descending(ALL, place(page))
        else:
            keys = tables.practitioners_services.descending(practitioner_id.int, place(page))
        rows = tables.services.at(keys)
        found = (row for row in rows if service_type in (None, row.service_type))
        return page_of(found, page, created)

    async def session(self, session_id: SessionId) -> ServiceSession | None:
        await self._turn()
        return self._tables.sessions.get(session_id)

    async def sessions(
        self,
        page: Page,
        *,
        service_id: ServiceId | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Items[ServiceSession]:
        """Public sessions that have a time and start in [start, end), oldest first by start."""
        await self._turn()
        tables = self._tables
        if service_id is None:
            keys = tables.public_sessions.ascending(ALL, place(page), start=start, end=end)
        else:
            keys = tables.services_public_sessions.ascending(
                service_id.int, place(page), start=start, end=end
            )
        return page_of(tables.sessions.at(keys), page, starts)

    async def sessions_for_review(
        self, page: Page, *, practitioner_id: UserId | None
    ) -> Items[ServiceSession]:
        """Sessions that need a review, oldest first by start; everybody's with None."""
        await self._turn()
        tables = self._tables
        if practitioner_id is None:
            keys = tables.sessions_for_review.ascending(ALL, place(page))
        else:
            keys = tables.practitioners_reviews.ascending(practitioner_id.int, place(page))
        return page_of(tables.sessions.at(keys), page, starts)

    async def busy(
        self, practitioner_id: UserId, *, start: datetime, end: datetime
    ) -> Sequence[ServiceSession]:
        """The individual sessions that keep the practitioner busy in [start, end), in any order."""
        await self._turn()
        return self._busy_between(practitioner_id, start, end)

    async def order(self, order_id: OrderId) -> Order | None:
        await self._turn()
        return self._tables.orders.get(order_id)

    async def orders(
        self,
        page: Page,
        *,
        user_id: UserId | None,
        order_type: OrderType | None = None,
        status: OrderStatus | None = None,
    ) -> Items[Order]:
        """A user's orders, newest first; everybody's with None."""
        await self._turn()
        tables = self._tables
        if user_id is None:
            keys = tables.all_orders.descending(ALL, place(page))
        else:
            keys = tables.users_orders.descending(user_id.int, place(page))
        rows = tables.orders.at(keys)
        found = (row for row in rows if order_type in (None, row.order_type) and status in (None, row.status))
        return page_of(found, page, created)

    async def order_seats(self, order_id: OrderId) -> Sequence[Seat]:
        """All seats of an order, oldest first."""
        await self._turn()
        return self._order_seats(order_id)

    async def order_payments(self, order_id: OrderId) -> Sequence[Payment]:
        """All payments of an order, oldest first."""
        await self._turn()
        return self._order_payments(order_id)

    async def seat(self, booking_id: BookingId) -> Seat | None:
        await self._turn()
        booking = self._tables.bookings.get(booking_id)
        return None if booking is None else self._seat(booking)

    async def seats(
        self,
        page: Page,
        *,
        user_id: UserId,
        now: datetime,
        state: BookingState | None = None,
        order_id: OrderId | None = None,
        session_id: SessionId | None = None,
    ) -> Items[Seat]:
        """A user's seats, newest booking first."""
        await self._turn()
        keys = self._tables.users_bookings.descending(user_id.int, place(page))
        seats = map(self._seat, self._tables.bookings.at(keys))
        found = (
            seat
            for seat in seats
            if order_id in (None, seat.booking.order_id)
            and session_id in (None, seat.session.id)
            and (state is None or is_in(seat, state, now))
        )
        return page_of(found, page, lambda seat: created(seat.booking))

    async def payment(self, payment_id: PaymentId) -> Payment | None:
        await self._turn()
        return self._tables.payments.get(payment_id)

    async def refund(self, refund_id: RefundId) -> Refund | None:
        await self._turn()
        return self._tables.refunds.get(refund_id)

    async def refunds(self, order_id: OrderId) -> Sequence[Refund]:
        """An order's refunds, oldest first."""
        await self._turn()
        tables = self._tables
        return list(tables.refunds.at(tables.orders_refunds.ascending(order_id.int)))

    async def contact(self, user_id: UserId) -> Contact | None:
        await self._turn()
        return self._tables.contacts.get(user_id)

    async def credit_account(self, user_id: UserId) -> CreditAccount | None:
        await self._turn()
        return self._tables.accounts.get(user_id)

    async def order_entries(self, order_id: OrderId) -> Sequence[JournalEntry]:
        """The journal entries of an order's chain, by number."""
        await self._turn()
        tables = self._tables
        found = tables.entries.at(tables.orders_entries.ascending(order_id.int))
        return sorted(found, key=lambda entry: entry.seq)

    async def order_transactions(self, order_id: OrderId) -> Sequence[Transaction]:
        """The postings on the user's behalf of an order, oldest first."""
        await self._turn()
        tables = self._tables
        found = [
            transaction(entry, posting)
            for entry in tables.entries.at(tables.orders_entries.ascending(order_id.int))
            for posting in entry.postings
            if posting.type in USER_POSTING_TYPES and posting.user_id is not None
        ]
        return sorted(found, key=lambda row: (row.occurred_at, row.id.int))

    async def credit_transactions(self, page: Page, *, user_id: UserId) -> Items[Transaction]:
        """The postings on `user_credit:{user}`, newest first, each with the balance after it."""
        await self._turn()
        after = place(page)
        lines = reversed(self._tables.balances.credit_lines(user_id))
        found = (line for line in lines if after is None or (line.occurred_at, line.id.int) < after)
        return page_of(found, page, happened)

    async def earnings(
        self, page: Page, *, practitioner_id: UserId | None, status: EarningsStatus | None = None
    ) -> Items[Earnings]:
        """A practitioner's earnings, newest first; everybody's with None."""
        await self._turn()
        tables = self._tables
        if practitioner_id is None:
            keys = tables.all_earnings.descending(ALL, place(page))
        else:
            keys = tables.practitioners_earnings.descending(practitioner_id.int, place(page))
        rows = tables.earnings.at(keys)
        return page_of((row for row in rows if status in (None, row.status)), page, created)

    async def earnings_summary(self, practitioner_id: UserId, *, currency: str) -> EarningsSummary:
        """What a practitioner's amounts in one currency add up to; zeros where there are none."""
        await self._turn()
        tables = self._tables
        sums = dict.fromkeys(EarningsStatus, 0)
        for row in tables.earnings.at(tables.practitioners_earnings.ascending(practitioner_id.int)):
            sums[row.status] += row.net_amount_cents if row.currency == currency else 0
        balances = tables.balances.of(practitioner_account(practitioner_id))
        return EarningsSummary(
            currency=currency,
            projected_cents=sums[EarningsStatus.PROJECTED],
            pending_cents=sums[EarningsStatus.PENDING],
            available_cents=sums[EarningsStatus.AVAILABLE],
            paid_cents=sums[EarningsStatus.PAID],
            reversed_cents=sums[EarningsStatus.REVERSED],
            balance_cents=sum(b.balance_cents for b in balances if b.currency == currency),
        )

    async def payouts(self, page: Page, *, practitioner_id: UserId | None) -> Items[Payout]:
        """A practitioner's payouts, newest first; everybody's with None."""
        await self._turn()
        tables = self._tables
        if practitioner_id is None:
            keys = tables.all_payouts.descending(ALL, place(page))
        else:
            keys = tables.practitioners_payouts.descending(practitioner_id.int, place(page))
        return page_of(tables.payouts.at(keys), page, created)

    async def account_balances(self, account: str) -> Sequence[AccountBalance]:
        """The balances of one account, by currency."""
        await self._turn()
        return self._tables.balances.of(account)

    async def trial_balance(self) -> Sequence[AccountBalance]:
        """The balances of each account family and currency, by name."""
        await self._turn()
        return self._tables.balances.by_family()

    def _busy_between(
        self, practitioner_id: UserId, start: datetime, end: datetime
    ) -> tuple[ServiceSession, ...]:
        nearby = self._tables.agenda.near(practitioner_id, start, end)
        sessions = self._tables.sessions.at(nearby)
        return tuple(session for session in sessions if overlaps(session, start, end))

    def _services(self, ids: Iterable[ServiceId]) -> list[Service]:
        rows = self._tables.services.rows
        return [rows[key.int] for key in dict.fromkeys(ids) if key.int in rows]

    def _seat(self, booking: Booking) -> Seat:
        return Seat(booking=booking, session=self._tables.sessions.rows[booking.session_id.int])

    def _order_seats(self, order_id: OrderId) -> list[Seat]:
        tables = self._tables
        return [self._seat(row) for row in tables.bookings.at(tables.orders_bookings.ascending(order_id.int))]

    def _order_payments(self, order_id: OrderId) -> list[Payment]:
        tables = self._tables
        return list(tables.payments.at(tables.orders_payments.ascending(order_id.int)))
