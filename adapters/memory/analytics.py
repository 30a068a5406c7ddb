"""Calendars and reports of the memory store."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from adapters.memory.tables import ALL, OCCUPIED, Tables
from core.domain.analytics import BOUGHT_STATUSES, DaySum, PackageUsage, most_sold_first
from core.domain.bookings import Booking
from core.domain.calendar import LONGEST_SESSION, Attendee, CalendarItem, Span
from core.domain.catalogue import Practitioner
from core.domain.ids import ServiceId, UserId
from core.domain.ledger import PLATFORM_FORFEITS, EntryKind, JournalEntry, PostingType, account_family
from core.domain.orders import Order
from core.domain.sessions import OCCUPYING_STATUSES, ServiceSession
from core.domain.statuses import BookingStatus


class MemoryAnalytics:
    """The part of the memory store's queries that looks over many rows at once."""

    def __init__(self, tables: Tables, *, yielding: bool) -> None:
        self._tables = tables
        self._yielding = yielding

    async def _turn(self) -> None:
        """Let others go first, so that tests meet the interleavings of a database."""
        if self._yielding:
            await asyncio.sleep(0)

    async def calendar(self, span: Span, *, practitioner_id: UserId | None) -> Sequence[CalendarItem]:
        """Sessions whose time reaches into the span, by start; everybody's with None."""
        await self._turn()
        tables = self._tables
        earliest = span.start - LONGEST_SESSION
        if practitioner_id is None:
            keys = tables.timed_sessions.ascending(ALL, start=earliest, end=span.end)
        else:
            keys = tables.practitioners_sessions.ascending(practitioner_id.int, start=earliest, end=span.end)
        return [
            self._item(session)
            for session in tables.sessions.at(keys)
            if session.end_time is not None and session.end_time > span.start
        ]

    async def feed_owner(self, token_hash: str) -> Practitioner | None:
        """Whose calendar feed the token with this digest opens."""
        await self._turn()
        owner = self._tables.feeds.owners.get(token_hash)
        return None if owner is None else self._tables.practitioners.rows[owner]

    async def package_usage(self, *, practitioner_id: UserId | None) -> Sequence[PackageUsage]:
        """Each package and bundle that was sold, the most sold first; everybody's with None."""
        await self._turn()
        tables = self._tables
        sold: dict[tuple[ServiceId, UserId, str], list[Order]] = defaultdict(list)
        for order in tables.orders.at(tables.sold_packages.ascending(ALL)):
            if order.status not in BOUGHT_STATUSES or practitioner_id not in (None, order.practitioner_id):
                continue
            if order.service_id is not None and order.practitioner_id is not None:
                sold[order.service_id, order.practitioner_id, order.currency].append(order)
        return most_sold_first(
            self._usage(service_id, seller, currency, orders)
            for (service_id, seller, currency), orders in sold.items()
        )

    async def day_sums(self, span: Span, *, practitioner_id: UserId | None) -> Sequence[DaySum]:
        """Sums over the journal by UTC day, currency, kind, account family and type."""
        await self._turn()
        tables = self._tables
        sums: Counter[tuple[date, str, EntryKind, str, PostingType]] = Counter()
        for entry in tables.entries.at(tables.timed_entries.ascending(ALL, start=span.start, end=span.end)):
            if practitioner_id is not None and self._seller(entry) != practitioner_id:
                continue
            for posting in entry.postings:
                family = account_family(posting.account)
                key = (entry.occurred_at.date(), entry.currency, entry.kind, family, posting.type)
                sums[key] += posting.amount_cents
        return [
            DaySum(day=day, currency=currency, kind=kind, family=family, type=type_, amount_cents=total)
            for (day, currency, kind, family, type_), total in sums.items()
        ]

    def _item(self, session: ServiceSession) -> CalendarItem:
        if session.start_time is None or session.end_time is None:
            raise ValueError(f"session {session.id} has no time")
        return CalendarItem(
            service_session_id=session.id,
            service_id=session.service_id,
            practitioner_id=session.practitioner_id,
            title=self._tables.services.rows[session.service_id.int].name,
            session_type=session.session_type,
            status=session.status,
            start_time=session.start_time,
            end_time=session.end_time,
            max_participants=session.max_participants,
            version=session.version,
            attendees=tuple(
                Attendee(user_id=row.user_id, booking_id=row.id, status=row.status)
                for row in sorted(self._taken(session), key=lambda row: row.id)
            ),
        )

    def _taken(self, session: ServiceSession) -> Iterator[Booking]:
        tables = self._tables
        rows = tables.bookings.at(tables.sessions_bookings.ascending(session.id.int))
        return (row for row in rows if row.status in OCCUPIED)

    def _usage(
        self, service_id: ServiceId, seller: UserId, currency: str, orders: Sequence[Order]
    ) -> PackageUsage:
        service = self._tables.services.rows[service_id.int]
        return PackageUsage(
            service_id=service_id,
            practitioner_id=seller,
            name=service.name,
            service_type=service.service_type,
            currency=currency,
            sold=len(orders),
            sold_cents=sum(order.subtotal_amount_cents for order in orders),
            sessions_total=sum(order.total_sessions for order in orders),
            sessions_scheduled=sum(self._scheduled(order) for order in orders),
            sessions_completed=sum(order.sessions_completed for order in orders),
            sessions_canceled=sum(order.sessions_canceled - order.sessions_expired for order in orders),
            sessions_expired=sum(order.sessions_expired for order in orders),
            breakage_cents=sum(self._forfeited(order) for order in orders),
        )

    def _scheduled(self, order: Order) -> int:
        """How many of the order's seats have a time and wait for it."""
        tables = self._tables
        bookings = tables.bookings.at(tables.orders_bookings.ascending(order.id.int))
        return sum(
            booking.status is BookingStatus.CONFIRMED
            and tables.sessions.rows[booking.session_id.int].status in OCCUPYING_STATUSES
            for booking in bookings
        )

    def _forfeited(self, order: Order) -> int:
        """What the platform kept of the order's value."""
        tables = self._tables
        entries = tables.entries.at(tables.orders_entries.ascending(order.id.int))
        return sum(
            posting.amount_cents
            for entry in entries
            for posting in entry.postings
            if posting.account == PLATFORM_FORFEITS
        )

    def _seller(self, entry: JournalEntry) -> UserId | None:
        order = None if entry.order_id is None else self._tables.orders.get(entry.order_id)
        return None if order is None else order.practitioner_id
