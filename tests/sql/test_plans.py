"""Each list and each due query has its index: the database's own plans say so."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection

from adapters.sql import SqlStore
from adapters.sql.postgres import PLANNING
from adapters.sql.tables import metadata
from adapters.sql.withdrawals import KEYS, naming
from core.domain.calendar import Span
from core.domain.catalogue import ServiceType
from core.domain.dispatches import Channel
from core.domain.ids import (
    BookingId,
    DispatchId,
    EventId,
    OrderId,
    PaymentId,
    PayoutId,
    RefundId,
    RunId,
    ServiceId,
    SessionId,
    SubscriptionId,
    UserId,
)
from core.domain.rows import REFERENCES
from core.domain.statuses import DisputeStatus, EarningsStatus, InboxStatus, OrderStatus
from ports.queries import Cursor, Page
from ports.store import DueKind, Kind
from tests.builders import NOW, make_lease, new_id
from tests.servers import PostgresServer
from tests.sql.crowd import fill
from tests.sql.databases import migrated_database, opened
from tests.sql.statements import executed

ID = new_id()
USER, SERVICE, ORDER, SESSION = UserId(ID), ServiceId(ID), OrderId(ID), SessionId(ID)
PAGE = Page(limit=20, after=Cursor(at=NOW, id=ID))
SPAN = Span(start=NOW, end=NOW + timedelta(days=7))

Ask = Callable[[SqlStore], Awaitable[object]]

DUE_INDEXES: Mapping[DueKind, str] = {
    DueKind.SESSIONS: "ix_sessions_due",
    DueKind.HOLDS: "ix_orders_held",
    DueKind.EXPIRIES: "ix_orders_expiring",
    DueKind.EARNINGS: "ix_earnings_waiting",
    DueKind.PAYMENTS: "ix_payments_open",
    DueKind.REFUNDS: "ix_refunds_open",
    DueKind.PAYOUTS: "ix_payouts_open",
    DueKind.OFFERS: "ix_waitlist_offers",
    DueKind.INBOX: "ix_inbox_waiting",
    DueKind.LINES: "ix_sessions_waited_for",
    DueKind.REMINDERS: "ix_sessions_reminders",
}


def _overdue(kind: DueKind) -> Ask:
    return lambda store: store.overdue(kind, NOW)


def _who_names(child: Kind, field: str) -> Ask:
    """What a withdrawal asks before it deletes."""

    def look(connection: Connection) -> object:
        statement = naming(child, field, connection.dialect.name)
        return connection.execute(statement, {KEYS: [{"id": ID}]}).first()

    return lambda store: store.engine.read(look)


INDEXES: Mapping[str, tuple[Ask, tuple[str, ...]]] = {
    **{
        f"a {child} that names a {target}": (_who_names(child, field), ())
        for child, references in REFERENCES.items()
        for field, target in references
    },
    "services": (lambda s: s.services(PAGE), ("ix_services_created",)),
    "services of a type": (
        lambda s: s.services(PAGE, service_type=ServiceType.COURSE),
        ("ix_services_type",),
    ),
    "services of somebody": (lambda s: s.services(PAGE, practitioner_id=USER), ("ix_services_practitioner",)),
    "sessions": (lambda s: s.sessions(PAGE, start=NOW), ("ix_sessions_public",)),
    "sessions of a service": (lambda s: s.sessions(PAGE, service_id=SERVICE), ("ix_sessions_service",)),
    "sessions for review": (
        lambda s: s.sessions_for_review(PAGE, practitioner_id=None),
        ("ix_sessions_review",),
    ),
    "somebody's sessions for review": (
        lambda s: s.sessions_for_review(PAGE, practitioner_id=USER),
        ("ix_sessions_reviews_of",),
    ),
    "busy": (lambda s: s.busy(USER, start=NOW, end=NOW), ("ix_sessions_busy",)),
    "orders": (lambda s: s.orders(PAGE, user_id=None), ("ix_orders_created",)),
    "orders in a status": (
        lambda s: s.orders(PAGE, user_id=None, status=OrderStatus.PENDING_PAYMENT),
        ("ix_orders_status",),
    ),
    "orders of a user": (lambda s: s.orders(PAGE, user_id=USER), ("ix_orders_user",)),
    "seats of an order": (lambda s: s.order_seats(ORDER), ("ix_bookings_order",)),
    "seats of a user": (lambda s: s.seats(PAGE, user_id=USER, now=NOW), ("ix_bookings_user",)),
    "seats of a user in a session": (
        lambda s: s.seats(PAGE, user_id=USER, now=NOW, session_id=SESSION),
        ("ix_bookings_",),
    ),
    "payments of an order": (lambda s: s.order_payments(ORDER), ("ix_payments_order",)),
    "refunds of an order": (lambda s: s.refunds(ORDER), ("ix_refunds_order",)),
    "transactions of an order": (lambda s: s.order_transactions(ORDER), ("ix_journal_entries_order",)),
    "entries of an order": (lambda s: s.order_entries(ORDER), ("uq_journal_entries_chain",)),
    "transactions of a user": (
        lambda s: s.credit_transactions(PAGE, user_id=USER),
        ("ix_journal_postings_account",),
    ),
    "balances of an account": (lambda s: s.account_balances("payouts"), ("ix_journal_postings_account",)),
    "earnings": (lambda s: s.earnings(PAGE, practitioner_id=None), ("ix_earnings_created",)),
    "earnings in a status": (
        lambda s: s.earnings(PAGE, practitioner_id=None, status=EarningsStatus.PENDING),
        ("ix_earnings_status",),
    ),
    "earnings of somebody": (
        lambda s: s.earnings(PAGE, practitioner_id=USER),
        ("ix_earnings_practitioner",),
    ),
    "summary of earnings": (
        lambda s: s.earnings_summary(USER, currency="usd"),
        ("ix_earnings_practitioner", "ix_journal_postings_account"),
    ),
    "payouts": (lambda s: s.payouts(PAGE, practitioner_id=None), ("ix_payouts_created",)),
    "payouts of somebody": (lambda s: s.payouts(PAGE, practitioner_id=USER), ("ix_payouts_practitioner",)),
    "calendar": (
        lambda s: s.calendar(SPAN, practitioner_id=USER),
        ("ix_sessions_calendar", "bookings_s"),
    ),
    "everybody's calendar": (
        lambda s: s.calendar(SPAN, practitioner_id=None),
        ("ix_sessions_start", "bookings_s"),
    ),
    "owners of an account": (
        lambda s: s.practitioners_with_account("acct_1"),
        ("ix_practitioners_account",),
    ),
    "owner of a feed": (lambda s: s.feed_owner("f" * 64), ("uq_practitioners_feed",)),
    "use of packages": (
        lambda s: s.package_usage(practitioner_id=USER),
        ("ix_orders_packages", "ix_bookings_order", "ix_journal_entries_order"),
    ),
    "use of everybody's packages": (
        lambda s: s.package_usage(practitioner_id=None),
        ("ix_orders_packages", "ix_bookings_order", "ix_journal_entries_order"),
    ),
    "sums by day": (
        lambda s: s.day_sums(SPAN, practitioner_id=USER),
        ("ix_orders_practitioner",),
    ),
    "everybody's sums by day": (
        lambda s: s.day_sums(SPAN, practitioner_id=None),
        ("ix_journal_entries_time",),
    ),
    "due sessions": (lambda s: s.due(DueKind.SESSIONS, NOW, 9), ("ix_sessions_due",)),
    "due holds": (lambda s: s.due(DueKind.HOLDS, NOW, 9), ("ix_orders_held", "ix_payments_order")),
    "due expiries": (lambda s: s.due(DueKind.EXPIRIES, NOW, 9), ("ix_orders_expiring",)),
    "disputes": (lambda s: s.disputes(PAGE), ("ix_disputes_created",)),
    "open disputes": (lambda s: s.disputes(PAGE, status=DisputeStatus.OPEN), ("ix_disputes_status",)),
    "disputes of an order": (lambda s: s.order_disputes(ORDER), ("ix_disputes_order",)),
    "due earnings": (lambda s: s.due(DueKind.EARNINGS, NOW, 9), ("ix_earnings_waiting",)),
    "due payments": (lambda s: s.due(DueKind.PAYMENTS, NOW, 9), ("ix_payments_open",)),
    "due refunds": (lambda s: s.due(DueKind.REFUNDS, NOW, 9), ("ix_refunds_open",)),
    "due payouts": (lambda s: s.due(DueKind.PAYOUTS, NOW, 9), ("ix_payouts_open",)),
    "claimed events": (lambda s: s.claim_events(make_lease(), 9), ("ix_events_waiting",)),
    "claimed dispatches": (
        lambda s: s.claim_dispatches(Channel.MAIL, make_lease(), 9),
        ("ix_dispatches_waiting",),
    ),
    "events by id": (lambda s: s.load_events([EventId(ID)]), ()),
    "dispatches by id": (lambda s: s.load_dispatches([DispatchId(ID)]), ()),
    "dispatches to somebody": (
        lambda s: s.dispatches_to(PAGE, channel=Channel.MAIL, recipient="somebody"),
        ("ix_dispatches_recipient",),
    ),
    "subscription": (lambda s: s.subscription(SubscriptionId(ID)), ()),
    "subscriptions": (lambda s: s.subscriptions(PAGE, owner_id=None), ("ix_subscriptions_created",)),
    "subscriptions of an owner": (
        lambda s: s.subscriptions(PAGE, owner_id=USER),
        ("ix_subscriptions_owner",),
    ),
    "subscriptions about somebody": (lambda s: s.subscriptions_about(USER), ("ix_subscriptions_active",)),
    "subscriptions about everybody": (lambda s: s.subscriptions_about(None), ("ix_subscriptions_active",)),
    "runs": (lambda s: s.runs(PAGE), ("ix_runs_started",)),
    "what a run brought in": (lambda s: s.brought(RunId(ID), Kind.ORDER), ()),
    "what of some a run brought in": (lambda s: s.brought_of(RunId(ID), Kind.ORDER, [str(ID)]), ()),
    "parked": (lambda s: s.parked(PAGE), ("ix_events_parked", "ix_dispatches_parked")),
    "state of the outbox": (
        lambda s: s.outbox_state(),
        ("ix_events_waiting", "ix_events_parked", "ix_dispatches_waiting", "ix_dispatches_parked"),
    ),
    "due offers": (lambda s: s.due(DueKind.OFFERS, NOW, 9), ("ix_waitlist_offers",)),
    "due notices": (lambda s: s.due(DueKind.INBOX, NOW, 9), ("ix_inbox_waiting",)),
    "inbox": (lambda s: s.inbox_items(PAGE), ("ix_inbox_time",)),
    "parked notices": (
        lambda s: s.inbox_items(PAGE, status=InboxStatus.PARKED),
        ("ix_inbox_status",),
    ),
    "due reminders": (lambda s: s.due(DueKind.REMINDERS, NOW, 9), ("ix_sessions_reminders",)),
    "a contact": (lambda s: s.contact(USER), ()),
    "due lines": (lambda s: s.due(DueKind.LINES, NOW, 9), ("ix_sessions_waited_for",)),
    "a line": (lambda s: s.line(PAGE, session_id=SESSION), ("ix_waitlist_line",)),
    "places of a user": (lambda s: s.places(PAGE, user_id=USER), ("ix_waitlist_user", "ix_waitlist_line")),
    "expired requests": (lambda s: s.forget_idempotency(NOW, 9), ("ix_idempotency_records_expiry",)),
    "load_checkout": (
        lambda s: s.load_checkout(SERVICE, USER, start_time=NOW, session_id=SESSION),
        ("ix_sessions_service", "ix_sessions_busy", "uq_waitlist_place"),
    ),
    "load_order": (lambda s: s.load_order(ORDER), ("ix_bookings_order", "ix_payments_order")),
    "load_payment": (
        lambda s: s.load_payment(PaymentId(ID)),
        ("ix_bookings_order", "uq_earnings_booking", "ix_payments_order"),
    ),
    "load_schedule": (lambda s: s.load_schedule(BookingId(ID), start_time=NOW), ("ix_sessions_busy",)),
    "load_delivery": (
        lambda s: s.load_delivery(SESSION),
        ("uq_earnings_booking", "ix_room_events_session"),
    ),
    "load_cancellation": (
        lambda s: s.load_cancellation(SESSION),
        ("ix_bookings_session", "uq_earnings_booking", "ix_payments_order"),
    ),
    "load_place": (lambda s: s.load_place(SESSION, USER), ("uq_waitlist_place", "uq_bookings_seat")),
    "load_line": (lambda s: s.load_line(SESSION), ()),
    "load_refund": (lambda s: s.load_refund(RefundId(ID)), ()),
    "load_payable": (lambda s: s.load_payable(USER), ("ix_earnings_payable",)),
    "load_payout": (lambda s: s.load_payout(PayoutId(ID)), ("ix_earnings_payout",)),
    **{f"overdue {kind}": (_overdue(kind), (index,)) for kind, index in DUE_INDEXES.items()},
}
"""How to ask, and the indexes without which the answer would take a walk over a whole table."""


@pytest.fixture(scope="module")
async def crowded_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A database in PostgreSQL with some thousand sales."""
    async with migrated_database(postgres_server) as url:
        async with opened(url) as (store,):
            await fill(store)
        yield url


@pytest.fixture(scope="module")
async def crowded_file(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqlStore]:
    """A store in SQLite with some thousand sales."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('crowd')}/store.db") as (store,):
        await store.migrate()
        await fill(store)
        yield store


async def _sent(store: SqlStore, ask: Ask) -> tuple[str, Any]:
    with executed() as sent:
        await ask(store)
    (statement,) = sent
    return statement


@pytest.mark.parametrize("what", INDEXES)
async def test_postgresql_follows_the_indexes(crowded_url: str, what: str) -> None:
    ask, indexes = INDEXES[what]
    async with opened(crowded_url) as (store,):
        statement, _ = await _sent(store, ask)

    plan = await _plan_in_postgresql(crowded_url, statement)

    assert "Seq Scan" not in plan, plan
    assert [] == [index for index in indexes if index not in plan], plan


async def _plan_in_postgresql(url: str, statement: str) -> str:
    """The plan for any parameters."""
    connection = await asyncpg.connect(url)
    try:
        for setting, value in {**PLANNING, "plan_cache_mode": "force_generic_plan"}.items():
            await connection.execute(f"SET {setting} = {value}")
        await connection.execute(f"PREPARE wanted AS {statement}")
        nothing = ", ".join("NULL" for _ in set(re.findall(r"\$\d+", statement)))
        rows = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE wanted ({nothing})".replace(" ()", ""))
    finally:
        await connection.close()
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("what", INDEXES)
async def test_sqlite_follows_the_indexes(crowded_file: SqlStore, what: str) -> None:
    ask, indexes = INDEXES[what]
    statement, parameters = await _sent(crowded_file, ask)

    def explain(connection: Connection) -> list[str]:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [row[-1] for row in rows]

    plan = await crowded_file.engine.read(explain)

    walks = [step for step in plan if step.startswith("SCAN") and step.split()[1] in metadata.tables]
    assert [] == [step for step in walks if "USING" not in step], plan
    assert [] == [index for index in indexes if not any(index in step for step in plan)], plan
