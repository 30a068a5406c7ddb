"""What is known of practitioners' accounts, what came back of payouts, and when refunds were tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0004_connected_accounts"
down_revision = "0003_migrated_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and find practitioners by their account."""
    moment = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
    op.add_column("practitioners", sa.Column("payouts_enabled", sa.Boolean(), nullable=True))
    op.add_column("refunds", sa.Column("retried_at", moment, nullable=True))
    _add_reversals()
    named = sa.text("stripe_account_id IS NOT NULL")
    op.create_index(
        "ix_practitioners_account",
        "practitioners",
        ["stripe_account_id"],
        postgresql_where=named,
        sqlite_where=named,
    )


def _add_reversals() -> None:
    """SQLite takes a new column's rule with the column alone, and wants a default for the rows there are."""
    op.execute(
        "ALTER TABLE payouts ADD COLUMN reversed_cents BIGINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_payouts_reversed CHECK (reversed_cents BETWEEN 0 AND amount_cents)"
    )
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("payouts", "reversed_cents", server_default=None)


def downgrade() -> None:
    """Drop the index and the columns."""
    op.drop_index("ix_practitioners_account", "practitioners")
    for table, column in (
        ("payouts", "reversed_cents"),
        ("refunds", "retried_at"),
        ("practitioners", "payouts_enabled"),
    ):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
