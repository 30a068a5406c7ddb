"""What sweeps and audits read and note."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from adapters.mongo.documents import RECORDS, Document, to_document
from adapters.mongo.indexes import OPEN_PAYMENTS, OPEN_PAYOUTS, one_of
from adapters.mongo.lookups import related
from adapters.mongo.outbox import Outbox
from adapters.mongo.pages import ASCENDING, order_by
from core.domain.earnings import Earnings, Payout
from core.domain.idempotency import IdempotencyRecord
from core.domain.orders import Order, Payment, Refund
from core.domain.sessions import OCCUPYING_STATUSES, ServiceSession
from core.domain.statuses import EarningsStatus, OrderStatus, RefundStatus
from ports.store import DueKind, Kind, StoredRecord


@frozen
class Due:
    """Which documents are due: in one of these statuses, with the instant reached."""

    kind: type[Any]
    status: Any
    at: str


DUE: Final[Mapping[DueKind, Due]] = {
    DueKind.SESSIONS: Due(ServiceSession, one_of(OCCUPYING_STATUSES), "end_time"),
    DueKind.HOLDS: Due(Order, OrderStatus.PENDING_PAYMENT.value, "hold_expires_at"),
    DueKind.EARNINGS: Due(Earnings, EarningsStatus.PENDING.value, "available_after"),
    DueKind.PAYMENTS: Due(Payment, one_of(OPEN_PAYMENTS), "updated_at"),
    DueKind.REFUNDS: Due(Refund, RefundStatus.PENDING.value, "updated_at"),
    DueKind.PAYOUTS: Due(Payout, one_of(OPEN_PAYOUTS), "updated_at"),
}

SCAN_ORDER: Final[Mapping[Kind, tuple[str, ...]]] = {Kind.ENTRY: ("chain", "seq")}
"""The key that a kind is scanned by, where that is not `_id`."""


class Sweeps(Outbox):
    """The part of `ports.store.Store` that is nobody's request."""

    async def due(self, kind: DueKind, now: datetime, limit: int) -> Sequence[UUID]:
        """The ids of at most `limit` due items, oldest first."""
        due = DUE[kind]
        items = "payments" if kind is DueKind.HOLDS else None
        pipeline = [
            {"$match": {"status": due.status, due.at: {"$lte": now}}},
            {"$sort": dict(order_by(due.at, ASCENDING))},
            *(_each_payment(items) if items else ()),
            {"$limit": limit},
            {"$project": {"_id": f"${items}._id" if items else 1}},
        ]
        return [document["_id"] for document in await self._connection.aggregate(due.kind, pipeline)]

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

    async def scan(self, kind: Kind, *, batch: int = 500) -> AsyncIterator[StoredRecord]:
        """Every row of a kind, in a fixed order (entries by chain and seq), `batch` of them in memory."""
        record, key = RECORDS[kind], SCAN_ORDER.get(kind, ("_id",))
        where: Document = {}
        while True:
            rows: list[StoredRecord] = await self._connection.find(
                record, where, sort=[(field, ASCENDING) for field in key], limit=batch
            )
            for row in rows:
                yield row
            if len(rows) < batch:
                return
            where = _beyond(to_document(rows[-1]), key)


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
