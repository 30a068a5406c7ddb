"""Contract: what was sold and earned adds up, on every store alike."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import frozen

from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_placeholder,
    make_practitioner,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import NOW, new_user
from adapters.memory.testing.journal import make_entries, make_posting
from adapters.memory.testing.sales import make_sale, stock
from core.domain.analytics import DaySum, PackageUsage
from core.domain.calendar import Span
from core.domain.catalogue import Component, Practitioner, Service, ServiceType
from core.domain.changes import Changes, Record
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    PLATFORM_FORFEITS,
    EntryKind,
    JournalEntry,
    PostingType,
    order_chain,
    order_value,
)
from core.domain.orders import Order, OrderType
from core.domain.statuses import OrderStatus, SessionStatus
from ports.store import Store

MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
SPAN = Span(start=MIDNIGHT - timedelta(days=2), end=MIDNIGHT + timedelta(days=2))


@frozen(kw_only=True)
class SoldPackage:
    """A package of three that was sold once, with the rows of the sale."""

    order: Order
    rows: tuple[Record, ...]


def sold_package(package: Service, part: Service, **order: Any) -> SoldPackage:
    """One seat delivered, one scheduled, one still without a time."""
    fields: dict[str, Any] = {
        "order_type": OrderType.PACKAGE,
        "total_sessions": 3,
        "sessions_completed": 1,
        "created_at": MIDNIGHT,
    }
    bought = make_order(package, **(fields | order))
    done = make_session(part, start_time=NOW, status=SessionStatus.COMPLETED)
    sessions = (done, make_session(part), make_placeholder(part))
    return SoldPackage(
        order=bought, rows=(bought, *sessions, *(make_booking(bought, session) for session in sessions))
    )


def make_package(seller: Practitioner, part: Service, **fields: Any) -> Service:
    """A package of three."""
    inside = (Component(service_id=part.id, quantity=3),)
    usual: dict[str, Any] = {"service_type": ServiceType.PACKAGE, "components": inside}
    return make_service(seller, **(usual | fields))


def entries_of(
    order: Order, *groups: tuple[EntryKind, datetime, str, PostingType, int]
) -> tuple[JournalEntry, ...]:
    """The order's entries: for each an amount on an account, and its opposite on the order's value."""
    chain = order_chain(order.id, 0, "")
    made: list[JournalEntry] = []
    for kind, at, account, meaning, cents in groups:
        postings = (
            make_posting(account, cents, type=meaning),
            make_posting(order_value(order.id), -cents, type=meaning),
        )
        (entry,) = make_entries(chain, postings, kind=kind, occurred_at=at, order_id=order.id)
        chain = order_chain(order.id, entry.seq, entry.hash)
        made.append(entry)
    return tuple(made)


def charged(order: Order, at: datetime, cents: int = 10) -> JournalEntry:
    """A card charge at that instant."""
    (entry,) = entries_of(order, (EntryKind.PURCHASE, at, PAYMENT_GATEWAY, PostingType.CHARGE, -cents))
    return entry


class AnalyticsReads:
    """Sums by service and by day."""

    async def test_a_package_tells_how_it_is_used(self, store: Store) -> None:
        seller = make_practitioner()
        part = make_service(seller, service_type=ServiceType.WORKSHOP)
        package = make_package(seller, part, name="Three hours", price_cents=24_000)
        first = sold_package(package, part)
        second = sold_package(
            package,
            part,
            status=OrderStatus.PARTIALLY_REFUNDED,
            sessions_completed=0,
            sessions_canceled=2,
            sessions_expired=1,
        )
        unpaid = sold_package(package, part, status=OrderStatus.PENDING_PAYMENT)
        lapsed = sold_package(package, part, status=OrderStatus.CANCELED)
        await stock(store, seller, part, package, *first.rows, *second.rows, *unpaid.rows, *lapsed.rows)
        kept = entries_of(
            second.order,
            (EntryKind.REFUND, MIDNIGHT, PLATFORM_FORFEITS, PostingType.FORFEIT, 4000),
            (EntryKind.CORRECTION, MIDNIGHT, PLATFORM_FORFEITS, PostingType.FORFEIT, -1000),
        )
        await store.commit(Changes(entries=kept))

        (usage,) = await store.package_usage(practitioner_id=seller.id)

        assert 3 == usage.sessions_remaining
        assert usage == PackageUsage(
            service_id=package.id,
            practitioner_id=seller.id,
            name="Three hours",
            service_type=ServiceType.PACKAGE,
            currency="usd",
            sold=2,
            sold_cents=48_000,
            sessions_total=6,
            sessions_scheduled=2,
            sessions_completed=1,
            sessions_canceled=1,
            sessions_expired=1,
            breakage_cents=3000,
        )

    async def test_packages_are_listed_by_sales_one_practitioners_or_everybodys(self, store: Store) -> None:
        mine, theirs = make_practitioner(), make_practitioner()
        parts = [make_service(who, service_type=ServiceType.WORKSHOP) for who in (mine, theirs)]
        once = make_package(mine, parts[0])
        twice = make_package(
            mine, parts[0], service_type=ServiceType.BUNDLE, components=(), bundled_service_id=parts[0].id
        )
        other = make_package(theirs, parts[1])
        unsold = make_package(mine, parts[0])
        sales = [
            sold_package(once, parts[0]),
            *(sold_package(twice, parts[0], order_type=OrderType.BUNDLE) for _ in range(2)),
            sold_package(other, parts[1], status=OrderStatus.REFUNDED),
        ]
        rows = [row for sale in sales for row in sale.rows]
        await stock(store, mine, theirs, *parts, once, twice, other, unsold, *make_sale().rows, *rows)

        assert [twice.id, once.id] == await _services(store, mine)
        assert [twice.id, once.id, other.id] == await _services(store, None)
        assert [] == list(await store.package_usage(practitioner_id=new_user()))

    async def test_the_journal_is_summed_by_utc_day(self, store: Store) -> None:
        sale = make_sale(created_at=SPAN.start)
        moment = timedelta(milliseconds=1)
        await stock(store, *sale.rows)
        at = (
            SPAN.start - moment,
            MIDNIGHT - moment,
            MIDNIGHT,
            MIDNIGHT + moment,
            SPAN.end - moment,
            SPAN.end,
        )
        charges = [
            (EntryKind.PURCHASE, when, PAYMENT_GATEWAY, PostingType.CHARGE, -(10**number))
            for number, when in enumerate(at)
        ]
        await store.commit(Changes(entries=entries_of(sale.order, *charges)))

        found = await store.day_sums(SPAN, practitioner_id=sale.practitioner.id)

        assert _by_day(found, PAYMENT_GATEWAY) == {
            date(2026, 3, 2): -10,
            date(2026, 3, 3): -1100,
            date(2026, 3, 4): -10_000,
        }
        assert {-cents for cents in _by_day(found, PAYMENT_GATEWAY).values()} == set(
            _by_day(found, "order_value").values()
        )
        assert {("usd", EntryKind.PURCHASE, PostingType.CHARGE)} == {
            (each.currency, each.kind, each.type) for each in found
        }
        assert sorted(found, key=repr) == sorted(await store.day_sums(SPAN, practitioner_id=None), key=repr)

    async def test_a_practitioners_sums_are_of_their_orders_alone(self, store: Store) -> None:
        mine, theirs = make_sale(created_at=MIDNIGHT), make_sale(created_at=MIDNIGHT)
        credit = make_order(created_at=MIDNIGHT)
        await stock(store, *mine.rows, *theirs.rows, credit)
        entries = [
            charged(order, MIDNIGHT, cents)
            for order, cents in ((mine.order, 1), (theirs.order, 20), (credit, 300))
        ]
        await store.commit(Changes(entries=tuple(entries)))

        one = await store.day_sums(SPAN, practitioner_id=mine.practitioner.id)
        everybody = await store.day_sums(SPAN, practitioner_id=None)

        assert {MIDNIGHT.date(): -1} == _by_day(one, PAYMENT_GATEWAY)
        assert {MIDNIGHT.date(): -321} == _by_day(everybody, PAYMENT_GATEWAY)
        assert [] == list(await store.day_sums(SPAN, practitioner_id=new_user()))


async def _services(store: Store, seller: Practitioner | None) -> list[object]:
    found = await store.package_usage(practitioner_id=None if seller is None else seller.id)
    return [usage.service_id for usage in found]


def _by_day(sums: Sequence[DaySum], family: str) -> dict[date, int]:
    return {each.day: each.amount_cents for each in sums if each.family == family}
