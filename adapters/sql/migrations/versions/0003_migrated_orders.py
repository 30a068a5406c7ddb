"""Orders say which parent booking of an old system they were, and when they were brought over."""

import sqlalchemy as sa
from alembic import op

revision = "0003_migrated_orders"
down_revision = "0002_runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Orders that are there already were made here."""
    moment = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
    op.add_column("orders", sa.Column("migrated_from_booking_id", sa.BigInteger(), nullable=True))
    op.add_column("orders", sa.Column("migrated_at", moment, nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("orders", "migrated_at")
    op.drop_column("orders", "migrated_from_booking_id")
