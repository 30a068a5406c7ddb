"""The store: declared loads, one commit, and a scan for audits.

Every load is consistent in itself (one snapshot). A commit is all or nothing, durable when it
returns, and re-checks each guard inside the database.
"""

from collections.abc import AsyncIterator, Collection, Sequence, Set
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from attrs import frozen

from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch, Lease
from core.domain.earnings import Earnings
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.ids import (
    BookingId,
    DispatchId,
    EarningsId,
    EventId,
    OrderId,
    PaymentId,
    PayoutId,
    RefundId,
    RunId,
    ServiceId,
    SessionId,
    UserId,
)
from core.domain.kinds import Kind
from core.domain.rows import StoredRecord
from core.domain.runs import Brought, Run
from core.domain.views import (
    CancellationView,
    CheckoutView,
    DeliveryView,
    LineView,
    OrderView,
    PayoutSettlementView,
    PayoutView,
    PlaceView,
    RefundView,
    ScheduleView,
)
from ports.queries import Queries

__all__ = ["DueKind", "Kind", "Store", "StoredRecord"]


class DueKind(StrEnum):
    """What the sweep looks for. An item is due at `now`."""

    SESSIONS = "sessions"
    """Scheduled or in progress and not for review, `end_time` <= now. Ids of sessions, oldest end first."""
    HOLDS = "holds"
    """Orders pending payment with `hold_expires_at` <= now. Ids of their payments, oldest first."""
    EXPIRIES = "expiries"
    """Orders with `expiry_due_at` <= now. Ids of orders, oldest first."""
    EARNINGS = "earnings"
    """Pending and not frozen, `available_after` <= now. Ids of earnings, oldest first."""
    PAYMENTS = "payments"
    """Created, waiting for their customer, processing or unknown, `updated_at` <= now. Ids of payments,
    oldest first.
    """
    REFUNDS = "refunds"
    """Pending, `updated_at` <= now. Ids of refunds, oldest first."""
    PAYOUTS = "payouts"
    """Pending or in transit, `updated_at` <= now. Ids of payouts, oldest first."""
    OFFERS = "offers"
    """Offers of waitlists with `offer_expires_at` <= now. Ids of waitlist entries, oldest first."""
    INBOX = "inbox"
    """Notices that wait to be applied, `next_try_at` <= now. Ids of inbox items, earliest try first."""
    LINES = "lines"
    """Sessions in which somebody waits though a seat is unclaimed, `start_time` <= now, or the session
    takes no bookings any more. Ids of sessions, by start.
    """
    REMINDERS = "reminders"
    """Scheduled with `next_reminder_at` <= now. Ids of sessions, oldest reminder first."""


@frozen(kw_only=True)
class Overdue:
    """How many items of a kind are due, and since when the oldest is; None when none is.

    Of holds the orders are counted. A line is due since its session's start, which may be still to come.
    """

    count: int
    oldest_at: datetime | None


class Store(Queries, Protocol):
    """Where everything is kept.

    Methods raise Unavailable when the database cannot be reached. `commit` also raises
    ConcurrencyConflict, AlreadyExists, StillReferenced, CommitUnknown and the guards' domain errors
    (SessionFull, SessionOverlap, InsufficientCredits); after any of them but CommitUnknown nothing is
    written.
    """

    async def load_checkout(
        self,
        service_id: ServiceId,
        user_id: UserId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> CheckoutView | None:
        """What buying the service takes; None when the service does not exist.

        `sessions`: with a workshop the one with `session_id` (only if it is the service's), with
        a course all of its sessions that are not canceled, by start time. `busy`: with a `session`
        service and a `start_time`, the practitioner's occupying individual sessions that overlap
        [start_time, start_time + duration) or the buffers that the practitioner's availability puts
        around it. A missing account counts as an empty one. `offer`: with a `session_id`, the user's
        place in its line if it is `offered`, whatever the time.
        """
        ...

    async def load_payment(self, payment_id: PaymentId) -> OrderView | None:
        """The order that a payment is for, with everything of it."""
        ...

    async def load_order(self, order_id: OrderId) -> OrderView | None:
        """An order with everything of it."""
        ...

    async def load_schedule(
        self,
        booking_id: BookingId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> ScheduleView | None:
        """What scheduling a seat takes. `busy` as in `load_checkout`, for the seat's practitioner,
        [start_time, start_time + the session's duration) and without the seat's own session;
        `target` is the session with `session_id`, `earnings` are the seat's, `offer` is as in
        `load_checkout`, for the seat's holder.
        """
        ...

    async def load_delivery(self, session_id: SessionId) -> DeliveryView | None:
        """A session with its occupied seats (confirmed or pending payment), and its room's events by
        `occurred_at` and id.
        """
        ...

    async def load_cancellation(self, session_id: SessionId) -> CancellationView | None:
        """A session with its live seats (all but canceled ones), oldest first, and what hangs on them."""
        ...

    async def load_place(self, session_id: SessionId, user_id: UserId) -> PlaceView | None:
        """A session, the user's live place in its line, and whether the user has an occupied seat."""
        ...

    async def load_line(self, session_id: SessionId) -> LineView | None:
        """A session with the live places of its line, by `created_at` and id."""
        ...

    async def load_refund(self, refund_id: RefundId) -> RefundView | None: ...

    async def load_payable(self, practitioner_id: UserId) -> PayoutView | None:
        """What a payout to the practitioner could take: earnings `available`, not frozen and in no payout,
        oldest first.
        """
        ...

    async def load_payout(self, payout_id: PayoutId) -> PayoutSettlementView | None: ...

    async def load_earnings(self, ids: Sequence[EarningsId]) -> Sequence[Earnings]:
        """The earnings with these ids, in any order."""
        ...

    async def find_idempotency(self, actor: str, key: str) -> IdempotencyRecord | None:
        """What is known about a caller's key."""
        ...

    async def commit(self, changes: Changes) -> None:
        """Write everything, or nothing."""
        ...

    async def due(self, kind: DueKind, now: datetime, limit: int) -> Sequence[UUID]:
        """The ids of at most `limit` due items."""
        ...

    async def overdue(self, kind: DueKind, now: datetime) -> Overdue:
        """How much is due at `now`, and how old the oldest is."""
        ...

    async def claim_events(self, lease: Lease, limit: int) -> Sequence[Event]:
        """Take at most `limit` events that are due at `lease.at` and nobody's, those due first first.

        They come back as they are stored now: the lease's until `lease.until`, at their next
        version. Any number of workers get disjoint events; one that loses every race gets none.
        """
        ...

    async def claim_dispatches(self, channel: Channel, lease: Lease, limit: int) -> Sequence[Dispatch]:
        """The same for the channel's dispatches."""
        ...

    async def load_events(self, ids: Sequence[EventId]) -> Sequence[Event]:
        """The events with these ids, in any order."""
        ...

    async def load_dispatches(self, ids: Sequence[DispatchId]) -> Sequence[Dispatch]:
        """The dispatches with these ids, in any order."""
        ...

    async def forget_idempotency(self, now: datetime, limit: int) -> int:
        """Delete at most `limit` records with `expires_at` <= now; tells how many."""
        ...

    def scan(self, kind: Kind, *, after: str | None = None, batch: int = 500) -> AsyncIterator[StoredRecord]:
        """Every row of a kind, in the order of its key (entries by chain and seq), in bounded memory.

        The order is the same in every store. `after` is the place (`core.domain.rows.place_of`) of a
        row, there or not, behind which to begin.
        """
        ...

    async def count(self, kind: Kind) -> int:
        """How many rows of a kind there are."""
        ...

    async def load_run(self, run_id: RunId) -> Run | None:
        """A run as it is now."""
        ...

    async def brought(
        self, run_id: RunId, kind: Kind, *, after: str | None = None, limit: int = 500
    ) -> Sequence[Brought]:
        """What a run brought in of a kind, by the rows' keys as text, at most `limit` behind the key
        `after`.
        """
        ...

    async def brought_of(self, run_id: RunId, kind: Kind, keys: Collection[str]) -> Set[str]:
        """Those of the keys, as text, under which a run brought in a row of that kind."""
        ...

    async def ping(self) -> None:
        """Prove that the database answers, or raise Unavailable."""
        ...

    async def check_schema(self) -> None:
        """Prove that the schema is this release's, or raise SchemaOutdated."""
        ...

    async def migrate(self) -> Sequence[str]:
        """Bring the schema up to date; tells the steps that were applied."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
