"""What sweeps and audits read and note."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from adapters.mongo.documents import RECORDS, Document, key_fields, to_document
from adapters.mongo.indexes import (
    EXPIRING,
    HELD,
    OPEN_PAYMENTS,
    OPEN_PAYOUTS,
    REMINDED,
    RUNNING,
    WAITED_FOR,
    one_of,
)
from adapters.mongo.lookups import related
from adapters.mongo.pages import ASCENDING, order_by
from adapters.mongo.runs import Runs
from core.domain.earnings import Earnings, Payout
from core.domain.idempotency import IdempotencyRecord
from core.domain.inbox import InboxItem
from core.domain.orders import Order, Payment, Refund
from core.domain.rows import KeyPart, place_parts
from core.domain.sessions import OPEN_STATUSES, ServiceSession
from core.domain.statuses import InboxStatus, OrderStatus, RefundStatus, WaitlistStatus
from core.domain.waitlist import WaitlistEntry
from ports.store import DueKind, Kind, Overdue, StoredRecord


@frozen
class Due:
    """Which documents are due: those like this, with the instant reached."""

    kind: type[Any]
    where: Document
    at: str

    def at_last(self, now: datetime) -> Document:
        """The condition that a document is due at `now`."""
        return self.where | {self.at: self.where.get(self.at, {}) | {"$lte": now}}


@frozen
class DueLine(Due):
    """Sessions with a line that waits for somebody to move it on."""

    def at_last(self, now: datetime) -> Document:
        """The condition that a seat is unclaimed, or that the line is to be closed."""
        claimed = {"$add": ["$current_participants", "$offered_seats"]}
        stuck = [
            {"$expr": {"$lt": [claimed, "$max_participants"]}},
            {self.at: {"$lte": now}},
            {"status": {"$nin": [status.value for status in OPEN_STATUSES]}},
        ]
        return self.where | {"$or": stuck}


DUE: Final[Mapping[DueKind, Due]] = {
    DueKind.SESSIONS: Due(ServiceSession, RUNNING, "end_time"),
    DueKind.HOLDS: Due(Order, {"status": OrderStatus.PENDING_PAYMENT.value}, "hold_expires_at"),
    DueKind.EXPIRIES: Due(Order, EXPIRING, "expiry_due_at"),
    DueKind.EARNINGS: Due(Earnings, HELD, "available_after"),
    DueKind.PAYMENTS: Due(Payment, {"status": one_of(OPEN_PAYMENTS)}, "updated_at"),
    DueKind.REFUNDS: Due(Refund, {"status": RefundStatus.PENDING.value}, "updated_at"),
    DueKind.PAYOUTS: Due(Payout, {"status": one_of(OPEN_PAYOUTS)}, "updated_at"),
    DueKind.OFFERS: Due(WaitlistEntry, {"status": WaitlistStatus.OFFERED.value}, "offer_expires_at"),
    DueKind.INBOX: Due(InboxItem, {"status": InboxStatus.WAITING.value}, "next_try_at"),
    DueKind.REMINDERS: Due(ServiceSession, REMINDED, "next_reminder_at"),
    DueKind.LINES: DueLine(ServiceSession, WAITED_FOR, "start_time"),
}

SCAN_ORDER: Final[Mapping[Kind, tuple[str, ...]]] = {Kind.ENTRY: ("chain", "seq")}
"""The key that a kind is scanned by, where that is not `_id`."""


class Sweeps(Runs):
    """The part of `ports.store.Store` that is nobody's request."""

    async def due(self, kind: DueKind, now: datetime, limit: int) -> Sequence[UUID]:
        """The ids of at most `limit` due items, oldest first."""
        due = DUE[kind]
        items = "payments" if kind is DueKind.HOLDS else None
        pipeline = [
            {"$match": due.at_last(now)},
            {"$sort": dict(order_by(due.at, ASCENDING))},
            *(_each_payment(items) if items else ()),
            {"$limit": limit},
            {"$project": {"_id": f"${items}._id" if items else 1}},
        ]
        return [document["_id"] for document in await self._connection.aggregate(due.kind, pipeline)]

    async def overdue(self, kind: DueKind, now: datetime) -> Overdue:
        """How much is due at `now`, and how old the oldest is."""
        due = DUE[kind]
        counted = {"_id": None, "count": {"$sum": 1}, "oldest_at": {"$min": f"${due.at}"}}
        # The order is what makes MongoDB follow the index that is kept for these.
        in_order = {"$sort": dict(order_by(due.at, ASCENDING))}
        pipeline = [{"$match": due.at_last(now)}, in_order, {"$group": counted}]
        found = await self._connection.aggregate(due.kind, pipeline)
        if not found:
            return Overdue(count=0, oldest_at=None)
        return Overdue(count=found[0]["count"], oldest_at=found[0]["oldest_at"])

    async def forget_idempotency(self, now: datetime, limit: int) -> int:
        """Delete at most `limit` records with `expires_at` <= now; tells how many."""
        requests = self._connection.collection(IdempotencyRecord)
        expired = {"expires_at": {"$lte": now}}
        async with self._connection.within(self._connection.commit_seconds):
            found = requests.find(expired, ["_id"], sort=order_by("expires_at", ASCENDING), limit=limit)
            keys = [document["_id"] for document in await found.to_list()]
            # Asked again, for a record may have been renewed since.
            result = await requests.delete_many({"_id": {"$in": keys}} | expired)
        return result.deleted_count

    async def scan(
        self, kind: Kind, *, after: str | None = None, batch: int = 500
    ) -> AsyncIterator[StoredRecord]:
        """Every row of a kind, in a fixed order (entries by chain and seq), `batch` of them in memory."""
        record, key = RECORDS[kind], SCAN_ORDER.get(kind, ("_id",))
        where = {} if after is None else _beyond(_seen(record, place_parts(kind, after), key), key)
        while True:
            rows: list[StoredRecord] = await self._connection.find(
                record, where, sort=[(field, ASCENDING) for field in key], limit=batch
            )
            for row in rows:
                yield row
            if len(rows) < batch:
                return
            where = _beyond(to_document(rows[-1]), key)


def _seen(record: type[Any], parts: tuple[KeyPart, ...], key: tuple[str, ...]) -> Document:
    """The fields that a scan follows, of a row that stands at that place."""
    if key != ("_id",):
        return dict(zip(key, parts, strict=True))
    names = key_fields(record)
    return {"_id": parts[0] if len(names) == 1 else dict(zip(names, parts, strict=True))}


def _each_payment(into: str) -> Sequence[Mapping[str, Any]]:
    """Turn orders into their payments, oldest first."""
    oldest_first = {"$sort": dict(order_by("created_at", ASCENDING))}
    return (
        related(Payment, by="_id", to="order_id", into=into, then=(oldest_first,)),
        {"$unwind": f"${into}"},
    )


def _beyond(last: Document, key: tuple[str, ...]) -> Document:
    """What follows a document in the order of its key."""
    first = key[0]
    if len(key) == 1:
        return {first: {"$gt": last[first]}}
    second = key[1]
    return {
        first: {"$gte": last[first]},
        "$or": [{first: {"$gt": last[first]}}, {second: {"$gt": last[second]}}],
    }
