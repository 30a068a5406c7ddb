"""Reads for lists, details and reports: straight to indexed queries, no decision there.

Every list is a page: ordered by an instant and then by id, newest first unless said otherwise,
and continued from a cursor (the order key of the last item of the page before).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from attrs import frozen

from core.domain.analytics import DaySum, PackageUsage
from core.domain.bookings import Seat
from core.domain.calendar import CalendarItem, Span
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.credits import CreditAccount
from core.domain.dispatches import Channel, Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ids import (
    BookingId,
    InboxId,
    OrderId,
    PaymentId,
    RefundId,
    ServiceId,
    SessionId,
    SubscriptionId,
    UserId,
    WaitlistId,
)
from core.domain.inbox import InboxItem
from core.domain.ledger import JournalEntry, PostingType
from core.domain.notifications import Contact
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.runs import Run
from core.domain.sessions import ServiceSession
from core.domain.statuses import (
    DispatchStatus,
    DisputeStatus,
    EarningsStatus,
    InboxStatus,
    OrderStatus,
    WaitlistStatus,
)
from core.domain.subscriptions import Subscription
from core.domain.waitlist import WaitlistEntry

T_co = TypeVar("T_co", covariant=True)


@frozen(kw_only=True)
class Cursor:
    """The order key of the last item that was seen."""

    at: datetime
    id: UUID


@frozen(kw_only=True)
class Page:
    """At most `limit` items, after the cursor."""

    limit: int = 50
    after: Cursor | None = None


@frozen(kw_only=True)
class Items(Generic[T_co]):
    """A page of items; `next` continues, None at the end."""

    items: Sequence[T_co]
    next: Cursor | None = None


class BookingState(StrEnum):
    """What a customer looks for: seats without a time, to come, over, or canceled.

    `unscheduled`: draft. `upcoming`: occupied, its session not completed or canceled and ending
    after now. `past`: occupied, its session completed or ended. `canceled`: canceled.
    """

    UNSCHEDULED = "unscheduled"
    UPCOMING = "upcoming"
    PAST = "past"
    CANCELED = "canceled"


@frozen(kw_only=True)
class Transaction:
    """A posting on a user's behalf. `balance_after_cents` is set on lists of a user's credits."""

    id: UUID
    user_id: UserId
    order_id: OrderId | None
    booking_id: BookingId | None
    type: PostingType
    account: str
    amount_cents: int
    currency: str
    occurred_at: datetime
    balance_after_cents: int | None = None


@frozen(kw_only=True)
class EarningsSummary:
    """Net amounts by status; `balance_cents` is the practitioner's ledger balance."""

    currency: str
    projected_cents: int
    pending_cents: int
    available_cents: int
    paid_cents: int
    reversed_cents: int
    balance_cents: int


@frozen(kw_only=True)
class AccountBalance:
    """The sum of an account's postings in one currency."""

    account: str
    currency: str
    balance_cents: int
    postings: int


@frozen(kw_only=True)
class Place:
    """A customer's place in a session's line. `position` counts from 1 among those who wait, and is
    None for a place that does not wait (any more).
    """

    entry: WaitlistEntry
    session: ServiceSession
    position: int | None


@frozen(kw_only=True)
class Parked:
    """An event or a dispatch that waits for a person. `channel` and `recipient` are a dispatch's."""

    id: UUID
    event_type: str
    subject_id: UUID
    channel: Channel | None
    recipient: str | None
    attempts: int
    last_error: str | None
    parked_at: datetime


@frozen(kw_only=True)
class Backlog:
    """How many items wait and how many are parked; `oldest_at` is when the oldest waiting one was made."""

    waiting: int
    parked: int
    oldest_at: datetime | None


@frozen(kw_only=True)
class OutboxState:
    """What is still to be planned, and what is still to be sent."""

    events: Backlog
    dispatches: Backlog


class Queries(Protocol):
    """Indexed reads. A single thing that does not exist is None."""

    async def practitioner(self, practitioner_id: UserId) -> Practitioner | None: ...
    async def practitioners_with_account(self, stripe_account_id: str) -> Sequence[Practitioner]:
        """Those who named this account at the gateway, in any order."""
        ...

    async def service(self, service_id: ServiceId) -> Service | None: ...
    async def services_by_id(self, ids: Sequence[ServiceId]) -> Sequence[Service]: ...
    async def services(
        self, page: Page, *, service_type: ServiceType | None = None, practitioner_id: UserId | None = None
    ) -> Items[Service]:
        """Active public services, newest first; with `practitioner_id` that practitioner's."""
        ...

    async def session(self, session_id: SessionId) -> ServiceSession | None: ...
    async def sessions(
        self,
        page: Page,
        *,
        service_id: ServiceId | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Items[ServiceSession]:
        """Public sessions that have a time and start in [start, end), oldest first by start."""
        ...

    async def sessions_for_review(
        self, page: Page, *, practitioner_id: UserId | None
    ) -> Items[ServiceSession]:
        """Sessions that need a review, oldest first by start; everybody's with None."""
        ...

    async def busy(
        self, practitioner_id: UserId, *, start: datetime, end: datetime
    ) -> Sequence[ServiceSession]:
        """The individual sessions that keep the practitioner busy in [start, end), in any order."""
        ...

    async def order(self, order_id: OrderId) -> Order | None: ...
    async def orders(
        self,
        page: Page,
        *,
        user_id: UserId | None,
        order_type: OrderType | None = None,
        status: OrderStatus | None = None,
    ) -> Items[Order]:
        """A user's orders; everybody's with None."""
        ...

    async def order_seats(self, order_id: OrderId) -> Sequence[Seat]:
        """All seats of an order, oldest first."""
        ...

    async def order_payments(self, order_id: OrderId) -> Sequence[Payment]: ...
    async def seat(self, booking_id: BookingId) -> Seat | None: ...
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
        ...

    async def waitlist_entry(self, entry_id: WaitlistId) -> WaitlistEntry | None: ...
    async def line(self, page: Page, *, session_id: SessionId) -> Items[WaitlistEntry]:
        """The live places of a session's line, oldest first."""
        ...

    async def places(
        self, page: Page, *, user_id: UserId, status: WaitlistStatus | None = None
    ) -> Items[Place]:
        """A user's places in lines, newest first."""
        ...

    async def inbox_item(self, item_id: InboxId) -> InboxItem | None: ...
    async def inbox_items(self, page: Page, *, status: InboxStatus | None = None) -> Items[InboxItem]:
        """What webhooks told, newest first; with a status those alone."""
        ...

    async def payment(self, payment_id: PaymentId) -> Payment | None: ...
    async def refund(self, refund_id: RefundId) -> Refund | None: ...
    async def refunds(self, order_id: OrderId) -> Sequence[Refund]:
        """An order's refunds, oldest first."""
        ...

    async def order_disputes(self, order_id: OrderId) -> Sequence[Dispute]:
        """An order's disputes, oldest first."""
        ...

    async def disputes(self, page: Page, *, status: DisputeStatus | None = None) -> Items[Dispute]:
        """Everybody's disputes, newest first."""
        ...

    async def contact(self, user_id: UserId) -> Contact | None: ...
    async def credit_account(self, user_id: UserId) -> CreditAccount | None: ...
    async def order_entries(self, order_id: OrderId) -> Sequence[JournalEntry]:
        """The journal entries of an order's chain, by number."""
        ...

    async def order_transactions(self, order_id: OrderId) -> Sequence[Transaction]:
        """The postings on the user's behalf (USER_POSTING_TYPES) of an order, oldest first."""
        ...

    async def credit_transactions(self, page: Page, *, user_id: UserId) -> Items[Transaction]:
        """The postings on `user_credit:{user}`, newest first, each with the balance after it."""
        ...

    async def earnings(
        self, page: Page, *, practitioner_id: UserId | None, status: EarningsStatus | None = None
    ) -> Items[Earnings]: ...
    async def earnings_summary(self, practitioner_id: UserId, *, currency: str) -> EarningsSummary:
        """What a practitioner's amounts in one currency add up to; zeros where there are none."""
        ...

    async def payouts(self, page: Page, *, practitioner_id: UserId | None) -> Items[Payout]: ...
    async def account_balances(self, account: str) -> Sequence[AccountBalance]:
        """The balances of one account, by currency."""
        ...

    async def trial_balance(self) -> Sequence[AccountBalance]:
        """The balances of each account family (`account_family`) and currency, by name.

        `account` is the family's name.
        """
        ...

    async def calendar(self, span: Span, *, practitioner_id: UserId | None) -> Sequence[CalendarItem]:
        """Sessions whose time reaches into the span, by start and id; everybody's with None.

        Canceled ones too. `attendees`: the occupied seats, by booking id.
        """
        ...

    async def feed_owner(self, token_hash: str) -> Practitioner | None:
        """Whose calendar feed the token with this digest opens."""
        ...

    async def package_usage(self, *, practitioner_id: UserId | None) -> Sequence[PackageUsage]:
        """Each package and bundle that was sold, as `most_sold_first` says; everybody's with None."""
        ...

    async def day_sums(self, span: Span, *, practitioner_id: UserId | None) -> Sequence[DaySum]:
        """Sums over the journal's entries that occurred in the span, by UTC day, currency, kind,
        account family and type, in any order; with a practitioner those of their orders alone.
        """
        ...

    async def dispatches_to(
        self, page: Page, *, channel: Channel, recipient: str, status: DispatchStatus | None = None
    ) -> Items[Dispatch]:
        """What was planned for the recipient on that channel, newest first."""
        ...

    async def runs(self, page: Page) -> Items[Run]:
        """The runs that brought rows in, newest first by `started_at`."""
        ...

    async def subscription(self, subscription_id: SubscriptionId) -> Subscription | None: ...
    async def subscriptions(self, page: Page, *, owner_id: UserId | None) -> Items[Subscription]:
        """An owner's subscriptions that are not deleted, newest first; everybody's with None."""
        ...

    async def subscriptions_about(self, practitioner_id: UserId | None) -> Sequence[Subscription]:
        """The active subscriptions to the practitioner's events and to everybody's, in any order.

        With None, those to everybody's alone.
        """
        ...

    async def parked(self, page: Page) -> Items[Parked]:
        """Parked events and dispatches together, newest parking first."""
        ...

    async def outbox_state(self) -> OutboxState:
        """The outbox in figures; it reads all that waits or is parked, and nothing else."""
        ...
