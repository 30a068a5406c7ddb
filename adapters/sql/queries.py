"""`ports.queries.Queries` over SQL."""

from collections.abc import Sequence
from datetime import datetime

from adapters.sql import analytics, calendar, lists, outbox, reports
from adapters.sql.engine import Engine
from adapters.sql.rows import ACCOUNT, CONTACT, ORDER, PAYMENT, PRACTITIONER, REFUND, SERVICE, SESSION
from core.domain.analytics import DaySum, PackageUsage
from core.domain.bookings import Seat
from core.domain.calendar import CalendarItem, Span
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings, Payout
from core.domain.ids import BookingId, OrderId, PaymentId, RefundId, ServiceId, SessionId, UserId
from core.domain.ledger import JournalEntry
from core.domain.notifications import Contact
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.sessions import ServiceSession
from core.domain.statuses import EarningsStatus, OrderStatus
from ports.queries import (
    AccountBalance,
    BookingState,
    EarningsSummary,
    Items,
    OutboxState,
    Page,
    Parked,
    Transaction,
)


class SqlQueries:
    """Indexed reads, each one statement on the primary."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def practitioner(self, practitioner_id: UserId) -> Practitioner | None:
        """The practitioner with that id."""
        return await self._engine.read(lists.get, PRACTITIONER, practitioner_id)

    async def practitioners_with_account(self, stripe_account_id: str) -> Sequence[Practitioner]:
        """Those who named this account at the gateway."""
        return await self._engine.read(lists.practitioners_with_account, stripe_account_id)

    async def service(self, service_id: ServiceId) -> Service | None:
        """The service with that id, whatever its status."""
        return await self._engine.read(lists.get, SERVICE, service_id)

    async def services_by_id(self, ids: Sequence[ServiceId]) -> Sequence[Service]:
        """Those services that exist, in the order of the ids."""
        return await self._engine.read(lists.services_by_id, ids)

    async def services(
        self, page: Page, *, service_type: ServiceType | None = None, practitioner_id: UserId | None = None
    ) -> Items[Service]:
        """Active public services, newest first; with `practitioner_id` that practitioner's."""
        return await self._engine.read(lists.service_page, page, service_type, practitioner_id)

    async def session(self, session_id: SessionId) -> ServiceSession | None:
        """The session with that id."""
        return await self._engine.read(lists.get, SESSION, session_id)

    async def sessions(
        self,
        page: Page,
        *,
        service_id: ServiceId | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Items[ServiceSession]:
        """Public sessions that have a time and start in [start, end), oldest first by start."""
        return await self._engine.read(lists.session_page, page, service_id, start, end)

    async def sessions_for_review(
        self, page: Page, *, practitioner_id: UserId | None
    ) -> Items[ServiceSession]:
        """Sessions that need a review, oldest first by start; everybody's with None."""
        return await self._engine.read(lists.review_page, page, practitioner_id)

    async def busy(
        self, practitioner_id: UserId, *, start: datetime, end: datetime
    ) -> Sequence[ServiceSession]:
        """The individual sessions that keep the practitioner busy in [start, end), in any order."""
        return await self._engine.read(lists.busy, practitioner_id, start, end)

    async def order(self, order_id: OrderId) -> Order | None:
        """The order with that id."""
        return await self._engine.read(lists.get, ORDER, order_id)

    async def orders(
        self,
        page: Page,
        *,
        user_id: UserId | None,
        order_type: OrderType | None = None,
        status: OrderStatus | None = None,
    ) -> Items[Order]:
        """A user's orders, newest first; everybody's with None."""
        return await self._engine.read(lists.order_page, page, user_id, order_type, status)

    async def order_seats(self, order_id: OrderId) -> Sequence[Seat]:
        """All seats of an order, oldest first."""
        return await self._engine.read(lists.order_seats, order_id)

    async def order_payments(self, order_id: OrderId) -> Sequence[Payment]:
        """All payments of an order, oldest first."""
        return await self._engine.read(lists.order_payments, order_id)

    async def seat(self, booking_id: BookingId) -> Seat | None:
        """The seat of that booking."""
        return await self._engine.read(lists.seat, booking_id)

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
        return await self._engine.read(
            lists.seat_page,
            page,
            user_id=user_id,
            now=now,
            state=state,
            order_id=order_id,
            session_id=session_id,
        )

    async def payment(self, payment_id: PaymentId) -> Payment | None:
        """The payment with that id."""
        return await self._engine.read(lists.get, PAYMENT, payment_id)

    async def refund(self, refund_id: RefundId) -> Refund | None:
        """The refund with that id."""
        return await self._engine.read(lists.get, REFUND, refund_id)

    async def refunds(self, order_id: OrderId) -> Sequence[Refund]:
        """An order's refunds, oldest first."""
        return await self._engine.read(lists.order_refunds, order_id)

    async def contact(self, user_id: UserId) -> Contact | None:
        """Where the user is reached."""
        return await self._engine.read(lists.get, CONTACT, user_id)

    async def credit_account(self, user_id: UserId) -> CreditAccount | None:
        """The user's account."""
        return await self._engine.read(lists.get, ACCOUNT, user_id)

    async def order_entries(self, order_id: OrderId) -> Sequence[JournalEntry]:
        """The journal entries of an order's chain, by number."""
        return await self._engine.read(reports.order_entries, order_id)

    async def order_transactions(self, order_id: OrderId) -> Sequence[Transaction]:
        """The postings on the user's behalf of an order, oldest first."""
        return await self._engine.read(reports.order_transactions, order_id)

    async def credit_transactions(self, page: Page, *, user_id: UserId) -> Items[Transaction]:
        """The postings on `user_credit:{user}`, newest first, each with the balance after it."""
        return await self._engine.read(reports.credit_transactions, page, user_id)

    async def earnings(
        self, page: Page, *, practitioner_id: UserId | None, status: EarningsStatus | None = None
    ) -> Items[Earnings]:
        """A practitioner's earnings, newest first; everybody's with None."""
        return await self._engine.read(lists.earnings_page, page, practitioner_id, status)

    async def earnings_summary(self, practitioner_id: UserId, *, currency: str) -> EarningsSummary:
        """Net amounts by status; the currency is "" while there is neither an earning nor a posting."""
        return await self._engine.read(reports.earnings_summary, practitioner_id, currency)

    async def payouts(self, page: Page, *, practitioner_id: UserId | None) -> Items[Payout]:
        """A practitioner's payouts, newest first; everybody's with None."""
        return await self._engine.read(lists.payout_page, page, practitioner_id)

    async def account_balances(self, account: str) -> Sequence[AccountBalance]:
        """The balances of one account, by currency."""
        return await self._engine.read(reports.account_balances, account)

    async def trial_balance(self) -> Sequence[AccountBalance]:
        """The balances of each account family and currency, by name. This reads the whole journal."""
        return await self._engine.read(reports.trial_balance)

    async def calendar(self, span: Span, *, practitioner_id: UserId | None) -> Sequence[CalendarItem]:
        """Sessions whose time reaches into the span, by start; everybody's with None."""
        return await self._engine.read(calendar.items, span, practitioner_id)

    async def feed_owner(self, token_hash: str) -> Practitioner | None:
        """Whose calendar feed the token with this digest opens."""
        return await self._engine.read(calendar.feed_owner, token_hash)

    async def package_usage(self, *, practitioner_id: UserId | None) -> Sequence[PackageUsage]:
        """Each package and bundle that was sold, the most sold first; everybody's with None."""
        return await self._engine.read(analytics.package_usage, practitioner_id)

    async def day_sums(self, span: Span, *, practitioner_id: UserId | None) -> Sequence[DaySum]:
        """Sums over the journal by UTC day, currency, kind, account family and type."""
        return await self._engine.read(analytics.day_sums, span, practitioner_id)

    async def parked(self, page: Page) -> Items[Parked]:
        """Parked events and dispatches together, newest parking first."""
        return await self._engine.read(outbox.parked, page)

    async def outbox_state(self) -> OutboxState:
        """The outbox in figures."""
        return await self._engine.read(outbox.state)
