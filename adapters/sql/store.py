"""`ports.store.Store` over SQL: one adapter for PostgreSQL and SQLite."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ArgumentError

from adapters.sql import loads, outbox, scans, schema, sweeps
from adapters.sql.commit import apply, overlap
from adapters.sql.disputes import SqlDisputes
from adapters.sql.engine import Engine
from adapters.sql.errors import TimeTaken
from adapters.sql.inbox import SqlInbox
from adapters.sql.postgres import PostgresEngine
from adapters.sql.queries import SqlQueries
from adapters.sql.runs import SqlRuns
from adapters.sql.sqlite import SqliteEngine
from adapters.sql.subscriptions import SqlSubscriptions
from adapters.sql.waitlist import SqlWaitlist
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
    ServiceId,
    SessionId,
    UserId,
)
from core.domain.rows import place_parts
from core.domain.views import (
    CancellationView,
    CheckoutView,
    DeliveryView,
    OrderView,
    PayoutSettlementView,
    PayoutView,
    RefundView,
    ScheduleView,
)
from ports.store import DueKind, Kind, Overdue, StoredRecord


class SqlStore(SqlRuns, SqlDisputes, SqlInbox, SqlWaitlist, SqlSubscriptions, SqlQueries):
    """Everything in one database. `open` makes one; nothing is connected before the first call."""

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        pool_size: int = 10,
        max_overflow: int = 10,
        pool_timeout_seconds: float = 5,
        connect_timeout_seconds: float = 5,
        lock_timeout_seconds: float = 3,
        statement_timeout_seconds: float = 10,
        idle_timeout_seconds: float = 15,
        sqlite_readers: int = 3,
        sqlite_synchronous: str = "FULL",
        sqlite_busy_timeout_seconds: float = 10,
    ) -> "SqlStore":
        """A store at `sqlite:///file.db` or `postgresql://user:password@host:port/database`.

        The pool, the connect, lock, statement and idle limits are PostgreSQL's; `idle` bounds a
        transaction that nobody goes on with. Raises ValueError for another kind of address.
        """
        try:
            address = make_url(url)
        except ArgumentError:
            raise ValueError("the store's URL cannot be read") from None

        backend = address.get_backend_name()
        if backend in ("postgresql", "postgres"):
            return cls(
                PostgresEngine(
                    address,
                    pool_size=pool_size,
                    max_overflow=max_overflow,
                    pool_timeout_seconds=pool_timeout_seconds,
                    connect_timeout_seconds=connect_timeout_seconds,
                    settings={
                        "lock_timeout": _milliseconds(lock_timeout_seconds),
                        "statement_timeout": _milliseconds(statement_timeout_seconds),
                        "idle_in_transaction_session_timeout": _milliseconds(idle_timeout_seconds),
                    },
                )
            )
        if backend == "sqlite" and address.database not in (None, "", ":memory:"):
            return cls(
                SqliteEngine(
                    address.set(drivername="sqlite"),
                    readers=sqlite_readers,
                    synchronous=sqlite_synchronous,
                    busy_timeout_seconds=sqlite_busy_timeout_seconds,
                )
            )
        raise ValueError(f"a store of SQL is at sqlite:///file.db or postgresql://…, not at {backend}:")

    @property
    def engine(self) -> Engine:
        """The database underneath."""
        return self._engine

    async def load_checkout(
        self,
        service_id: ServiceId,
        user_id: UserId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> CheckoutView | None:
        """What buying the service takes; None when the service does not exist."""
        return await self._engine.read(loads.checkout, service_id, user_id, start_time, session_id)

    async def load_payment(self, payment_id: PaymentId) -> OrderView | None:
        """The order that a payment is for, with everything of it."""
        return await self._engine.read(loads.payment, payment_id)

    async def load_order(self, order_id: OrderId) -> OrderView | None:
        """An order with everything of it."""
        return await self._engine.read(loads.order, order_id)

    async def load_schedule(
        self,
        booking_id: BookingId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> ScheduleView | None:
        """What scheduling a seat takes."""
        return await self._engine.read(loads.schedule, booking_id, start_time, session_id)

    async def load_delivery(self, session_id: SessionId) -> DeliveryView | None:
        """A session with its occupied seats, oldest first, their orders and earnings."""
        return await self._engine.read(loads.delivery, session_id)

    async def load_cancellation(self, session_id: SessionId) -> CancellationView | None:
        """A session with its live seats, oldest first, their orders, payments and earnings."""
        return await self._engine.read(loads.cancellation, session_id)

    async def load_refund(self, refund_id: RefundId) -> RefundView | None:
        """A refund under way, with its order and payment."""
        return await self._engine.read(loads.refund, refund_id)

    async def load_payable(self, practitioner_id: UserId) -> PayoutView | None:
        """The practitioner's earnings that are available and in no payout, oldest first."""
        return await self._engine.read(loads.payable, practitioner_id)

    async def load_payout(self, payout_id: PayoutId) -> PayoutSettlementView | None:
        """A payout under way, with the earnings it took."""
        return await self._engine.read(loads.payout, payout_id)

    async def load_earnings(self, ids: Sequence[EarningsId]) -> Sequence[Earnings]:
        """The earnings with these ids, in any order."""
        return await self._engine.read(loads.earnings, ids)

    async def find_idempotency(self, actor: str, key: str) -> IdempotencyRecord | None:
        """What is known about a caller's key."""
        return await self._engine.read(loads.idempotency, actor, key)

    async def commit(self, changes: Changes) -> None:
        """Write everything, or nothing."""
        try:
            await self._engine.write(apply, changes)
        except TimeTaken as refused:
            raise overlap(changes) or refused from refused

    async def due(self, kind: DueKind, now: datetime, limit: int) -> Sequence[UUID]:
        """The ids of at most `limit` due items, oldest first."""
        return await self._engine.read(sweeps.due, kind, now, limit)

    async def overdue(self, kind: DueKind, now: datetime) -> Overdue:
        """How much is due at `now`, and how old the oldest is."""
        return await self._engine.read(sweeps.overdue, kind, now)

    async def claim_events(self, lease: Lease, limit: int) -> Sequence[Event]:
        """Take at most `limit` events that are due and nobody's, those due first first."""
        return await self._engine.write(outbox.claim_events, lease, limit)

    async def claim_dispatches(self, channel: Channel, lease: Lease, limit: int) -> Sequence[Dispatch]:
        """The same for the channel's dispatches."""
        return await self._engine.write(outbox.claim_dispatches, channel, lease, limit)

    async def load_events(self, ids: Sequence[EventId]) -> Sequence[Event]:
        """The events with these ids, in any order."""
        return await self._engine.read(outbox.events_by_id, ids)

    async def load_dispatches(self, ids: Sequence[DispatchId]) -> Sequence[Dispatch]:
        """The dispatches with these ids, in any order."""
        return await self._engine.read(outbox.dispatches_by_id, ids)

    async def forget_idempotency(self, now: datetime, limit: int) -> int:
        """Delete at most `limit` records with `expires_at` <= now; tells how many."""
        return await self._engine.write(sweeps.forget_idempotency, now, limit)

    async def scan(
        self, kind: Kind, *, after: str | None = None, batch: int = 500
    ) -> AsyncIterator[StoredRecord]:
        """Every row of a kind in the order of its key, `batch` at a time.

        Each batch is a snapshot of its own; rows that are written meanwhile may be missed.
        """
        place: scans.Place | None = None if after is None else place_parts(kind, after)
        while True:
            rows, place = await self._engine.read(scans.batch, kind, place, batch)
            for row in rows:
                yield row
            if place is None:
                return

    async def ping(self) -> None:
        """Prove that the database answers, or raise Unavailable."""
        await self._engine.read(_ask)

    async def check_schema(self) -> None:
        """Prove that the schema is this release's, or raise SchemaOutdated."""
        await self._engine.read(schema.check, self._engine.where)

    async def migrate(self) -> Sequence[str]:
        """Bring the schema up to date; tells the revisions that were applied."""
        from adapters.sql import revising  # noqa: PLC0415 - alembic takes long to load, few commands need it

        applied = await self._engine.alter(revising.upgrade, self._engine.where)
        await self._engine.write(schema.analyze)
        return applied

    async def close(self) -> None:
        """Let go of connections."""
        await self._engine.close()


def _ask(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
