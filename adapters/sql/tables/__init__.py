"""One set of tables for both databases. A record's columns stand in the order of its fields."""

from adapters.sql.tables.catalogue import practitioners, services, sessions
from adapters.sql.tables.columns import metadata
from adapters.sql.tables.contacts import contacts
from adapters.sql.tables.disputes import disputes
from adapters.sql.tables.inbox import inbox
from adapters.sql.tables.ledger import earnings, entries, payouts, postings, requests
from adapters.sql.tables.outbox import dispatches, events
from adapters.sql.tables.purchases import bookings, credit_accounts, orders, payments, refunds
from adapters.sql.tables.rooms import room_events
from adapters.sql.tables.runs import brought, runs
from adapters.sql.tables.subscriptions import subscriptions
from adapters.sql.tables.waitlist import waitlist

__all__ = [
    "bookings",
    "brought",
    "contacts",
    "credit_accounts",
    "dispatches",
    "disputes",
    "earnings",
    "entries",
    "events",
    "inbox",
    "metadata",
    "orders",
    "payments",
    "payouts",
    "postings",
    "practitioners",
    "refunds",
    "requests",
    "room_events",
    "runs",
    "services",
    "sessions",
    "subscriptions",
    "waitlist",
]
