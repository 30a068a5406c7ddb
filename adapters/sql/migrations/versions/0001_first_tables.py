"""The first tables."""

from alembic import op

from adapters.sql.migrations.first import (
    catalogue,
    contacts,
    disputes,
    inbox,
    ledger,
    outbox,
    purchases,
    rooms,
    rules,
    subscriptions,
    waitlist,
)

revision = "0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "contacts",
    "subscriptions",
    "room_events",
    "waitlist",
    "inbox",
    "idempotency_records",
    "dispatches",
    "events",
    "journal_postings",
    "journal_entries",
    "payouts",
    "earnings",
    "disputes",
    "refunds",
    "payments",
    "bookings",
    "orders",
    "credit_accounts",
    "sessions",
    "services",
    "practitioners",
)


def upgrade() -> None:
    """Create everything."""
    catalogue.create()
    purchases.create()
    ledger.create()
    outbox.create()
    disputes.create()
    rooms.create()
    waitlist.create()
    inbox.create()
    contacts.create()
    subscriptions.create()
    rules.create()


def downgrade() -> None:
    """Drop everything."""
    rules.drop()
    for table in TABLES:
        op.drop_table(table)
