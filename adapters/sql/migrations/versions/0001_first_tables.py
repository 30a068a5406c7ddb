"""The first tables."""

from alembic import op

from adapters.sql.migrations.first import (
    catalogue,
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
    "subscriptions",
    "room_events",
    "waitlist",
    "idempotency_records",
    "dispatches",
    "events",
    "journal_postings",
    "journal_entries",
    "payouts",
    "earnings",
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
    rooms.create()
    waitlist.create()
    subscriptions.create()
    rules.create()


def downgrade() -> None:
    """Drop everything."""
    rules.drop()
    for table in TABLES:
        op.drop_table(table)
