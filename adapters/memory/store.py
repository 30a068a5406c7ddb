"""The memory store: the port's reference implementation, single-threaded, gone with the process."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from adapters.memory.commit import commit
from adapters.memory.rows import Key
from adapters.memory.runs import MemoryRuns, scan_order
from adapters.memory.tables import ALL, Tables
from core.domain.changes import Changes
from core.domain.orders import Payment
from ports.store import DueKind, Kind, Overdue, StoredRecord

SINCE: Final[Mapping[DueKind, str]] = {
    DueKind.SESSIONS: "end_time",
    DueKind.HOLDS: "hold_expires_at",
    DueKind.EXPIRIES: "expiry_due_at",
    DueKind.EARNINGS: "available_after",
    DueKind.PAYMENTS: "updated_at",
    DueKind.REFUNDS: "updated_at",
    DueKind.PAYOUTS: "updated_at",
    DueKind.OFFERS: "offer_expires_at",
    DueKind.INBOX: "next_try_at",
    DueKind.LINES: "start_time",
    DueKind.REMINDERS: "next_reminder_at",
}
"""The field that says since when an item is due."""


class MemoryStore(MemoryRuns):
    """`ports.store.Store` over dicts.

    A commit has no pause inside, so it is atomic among the tasks of one event loop. With
    `yielding` other tasks may run before each call, as they may with a database; that lets
    races happen in tests and costs a turn of the loop per call.
    """

    def __init__(self, *, yielding: bool = False) -> None:
        super().__init__(Tables(), yielding=yielding)

    async def commit(self, changes: Changes) -> None:
        """Write everything, or nothing."""
        await self._turn()
        commit(self._tables, changes)

    async def due(self, kind: DueKind, now: datetime, limit: int) -> Sequence[UUID]:
        """The ids of at most `limit` due items, oldest first."""
        await self._turn()
        return [row.id for row in islice(self._due(kind, now), limit)]

    async def overdue(self, kind: DueKind, now: datetime) -> Overdue:
        """How much is due at `now`, and how old the oldest is."""
        await self._turn()
        rows = list(self._due_rows(kind, now))
        moments = [moment for row in rows if (moment := getattr(row, SINCE[kind])) is not None]
        return Overdue(count=len(rows), oldest_at=min(moments, default=None))

    async def forget_idempotency(self, now: datetime, limit: int) -> int:
        """Delete at most `limit` records with `expires_at` <= now; tells how many."""
        await self._turn()
        tables = self._tables
        keys = list(islice(tables.expiring_requests.until(ALL, now), limit))
        for key in keys:
            tables.requests.write(key, None)
        return len(keys)

    async def scan(
        self, kind: Kind, *, after: str | None = None, batch: int = 500
    ) -> AsyncIterator[StoredRecord]:
        """Every row of a kind that was there at the start and still is, in the order of its key.

        Others may run after each `batch` rows.
        """
        rows = self._tables.by_kind[kind].rows
        for index, key in enumerate(scan_order(kind, rows, after)):
            if index % batch == 0:
                await self._turn()
            row: StoredRecord | None = rows.get(key)
            if row is not None:
                yield row

    async def count(self, kind: Kind) -> int:
        """How many rows of a kind there are."""
        await self._turn()
        return len(self._tables.by_kind[kind].rows)

    async def ping(self) -> None:
        """Answer, as long as the process lives."""

    async def check_schema(self) -> None:
        """Pass: this schema is always the release's own."""

    async def migrate(self) -> Sequence[str]:
        """Apply nothing: there is nothing to bring up to date."""
        return ()

    async def close(self) -> None:
        """Keep everything: the rows live as long as the store."""

    def _due(self, kind: DueKind, now: datetime) -> Iterator[Any]:
        if kind is DueKind.HOLDS:
            return self._payments_of(self._tables.held_orders.until(ALL, now))
        return self._due_rows(kind, now)

    def _due_rows(self, kind: DueKind, now: datetime) -> Iterator[Any]:
        tables = self._tables
        if kind is DueKind.HOLDS:
            return tables.orders.at(tables.held_orders.until(ALL, now))
        if kind is DueKind.LINES:
            return self._stuck_lines(now)
        table, index = tables.due[kind]
        return table.at(index.until(ALL, now))

    def _payments_of(self, orders: Iterable[Key]) -> Iterator[Payment]:
        for order in orders:
            yield from self._tables.payments.at(self._tables.orders_payments.ascending(order))
