"""Payments that banks take back."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import AMOUNT, index, instant, number, text, uid


def create() -> None:
    """Create the table."""
    op.create_table(
        "disputes",
        uid("id"),
        uid("payment_id"),
        uid("order_id"),
        text("gateway_ref"),
        number("amount_cents"),
        text("currency"),
        text("reason"),
        text("status"),
        instant("created_at"),
        instant("closed_at", null=True),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_disputes_payment_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_disputes_order_id")),
        sa.CheckConstraint("status IN ('open', 'won', 'lost', 'withdrawn')", name=op.f("ck_disputes_status")),
        sa.CheckConstraint(f"amount_cents {AMOUNT}", name=op.f("ck_disputes_amounts")),
    )
    index("ix_disputes_created", "disputes", "created_at", "id")
    index("ix_disputes_order", "disputes", "order_id", "created_at", "id")
    index("ix_disputes_status", "disputes", "status", "created_at", "id")
    index("uq_disputes_ref", "disputes", "gateway_ref", unique=True)
