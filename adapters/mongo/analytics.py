"""Reports of what was sold and earned, each one pipeline over indexes."""

from collections.abc import Sequence
from typing import Final

from adapters.mongo.calendar import Calendars
from adapters.mongo.documents import Document, structured
from adapters.mongo.indexes import IS_PACKAGE, one_of
from adapters.mongo.journal import EACH_POSTING
from adapters.mongo.lookups import Stage, related
from adapters.mongo.pages import only
from core.domain.analytics import BOUGHT_STATUSES, DaySum, PackageUsage, most_sold_first
from core.domain.bookings import Booking
from core.domain.calendar import Span
from core.domain.catalogue import Service
from core.domain.ids import UserId
from core.domain.ledger import PLATFORM_FORFEITS, EntryKind, JournalEntry, PostingType
from core.domain.orders import Order
from core.domain.sessions import OCCUPYING_STATUSES, ServiceSession
from core.domain.statuses import BookingStatus

SCHEDULED_SEATS: Final = related(
    Booking,
    by="_id",
    to="order_id",
    into="scheduled",
    then=(
        {"$match": {"status": BookingStatus.CONFIRMED}},
        related(
            ServiceSession,
            by="session_id",
            into="session",
            then=({"$match": {"status": one_of(OCCUPYING_STATUSES)}}, {"$project": {"_id": 1}}),
        ),
        {"$match": {"session": {"$ne": []}}},
        {"$project": {"_id": 1}},
    ),
)
FORFEITS: Final = related(
    JournalEntry,
    by="_id",
    to="order_id",
    into="forfeits",
    then=(
        {"$match": {"postings.account": PLATFORM_FORFEITS}},
        EACH_POSTING,
        {"$match": {"postings.account": PLATFORM_FORFEITS}},
        {"$project": {"_id": 0, "cents": "$postings.amount_cents"}},
    ),
)
BY_SERVICE: Final[Stage] = {
    "$group": {
        "_id": {"service": "$service_id", "practitioner": "$practitioner_id", "currency": "$currency"},
        "sold": {"$sum": 1},
        "sold_cents": {"$sum": "$subtotal_amount_cents"},
        "sessions_total": {"$sum": "$total_sessions"},
        "sessions_completed": {"$sum": "$sessions_completed"},
        "sessions_canceled": {"$sum": {"$subtract": ["$sessions_canceled", "$sessions_expired"]}},
        "sessions_expired": {"$sum": "$sessions_expired"},
        "sessions_scheduled": {"$sum": {"$size": "$scheduled"}},
        "breakage_cents": {"$sum": {"$sum": "$forfeits.cents"}},
    }
}
NAMED: Final[Sequence[Stage]] = (
    related(Service, by="_id.service", into="service", then=({"$project": {"name": 1, "service_type": 1}},)),
    {
        "$set": {
            "service_id": "$_id.service",
            "practitioner_id": "$_id.practitioner",
            "currency": "$_id.currency",
            "name": {"$first": "$service.name"},
            "service_type": {"$first": "$service.service_type"},
        }
    },
    {"$unset": ["_id", "service"]},
)
BY_DAY: Final[Sequence[Stage]] = (
    EACH_POSTING,
    {
        "$group": {
            "_id": {
                "day": {"$dateTrunc": {"date": "$occurred_at", "unit": "day"}},
                "currency": "$currency",
                "kind": "$kind",
                "family": {"$first": {"$split": ["$postings.account", ":"]}},
                "type": "$postings.type",
            },
            "amount_cents": {"$sum": "$postings.amount_cents"},
        }
    },
)


class Analytics(Calendars):
    """The part of `ports.queries.Queries` that reports."""

    async def package_usage(self, *, practitioner_id: UserId | None) -> Sequence[PackageUsage]:
        """Each package and bundle that was sold, the most sold first; everybody's with None."""
        where = only(practitioner_id=practitioner_id) | IS_PACKAGE | {"status": one_of(BOUGHT_STATUSES)}
        rows = await self._connection.aggregate(
            Order, [{"$match": where}, SCHEDULED_SEATS, FORFEITS, BY_SERVICE, *NAMED]
        )
        return most_sold_first(structured(PackageUsage, row) for row in rows)

    async def day_sums(self, span: Span, *, practitioner_id: UserId | None) -> Sequence[DaySum]:
        """Sums over the journal by UTC day, currency, kind, account family and type."""
        occurred: Document = {"occurred_at": {"$gte": span.start, "$lt": span.end}}
        if practitioner_id is None:
            rows = await self._connection.aggregate(JournalEntry, [{"$match": occurred}, *BY_DAY])
        else:
            mine = {"practitioner_id": practitioner_id, "created_at": {"$lt": span.end}}
            entries = related(
                JournalEntry, by="_id", to="order_id", into="entry", then=({"$match": occurred},)
            )
            rows = await self._connection.aggregate(
                Order,
                [
                    {"$match": mine},
                    {"$project": {"_id": 1}},
                    entries,
                    {"$unwind": "$entry"},
                    {"$replaceRoot": {"newRoot": "$entry"}},
                    *BY_DAY,
                ],
            )
        return [_day_sum(row) for row in rows]


def _day_sum(row: Document) -> DaySum:
    key = row["_id"]
    return DaySum(
        day=key["day"].date(),
        currency=key["currency"],
        kind=EntryKind(key["kind"]),
        family=key["family"],
        type=PostingType(key["type"]),
        amount_cents=int(row["amount_cents"]),
    )
