"""What was bought."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import AMOUNT, index, instant, json, number, text, uid


def create() -> None:
    """Create the tables."""
    _create_credit_accounts()
    _create_orders()
    _create_bookings()
    _create_payments()
    _create_refunds()


def _create_credit_accounts() -> None:
    op.create_table(
        "credit_accounts",
        uid("user_id"),
        text("currency"),
        number("balance_cents"),
        number("held_cents"),
        number("ledger_seq"),
        text("ledger_head"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credit_accounts")),
        sa.CheckConstraint(
            "0 <= held_cents AND held_cents <= balance_cents AND balance_cents <= 9007199254740991",
            name=op.f("ck_credit_accounts_balance"),
        ),
    )


def _create_orders() -> None:
    op.create_table(
        "orders",
        uid("id"),
        uid("user_id"),
        uid("service_id", null=True),
        uid("practitioner_id", null=True),
        text("order_type"),
        text("status"),
        text("currency"),
        number("subtotal_amount_cents"),
        number("credits_applied_cents"),
        number("total_amount_cents"),
        number("refunded_credits_cents"),
        number("refunded_card_cents"),
        number("card_to_credits_cents"),
        number("disputed_cents"),
        number("charged_back_cents"),
        number("total_sessions"),
        number("sessions_completed"),
        number("sessions_canceled"),
        number("sessions_expired"),
        number("session_value_cents"),
        uid("bundled_service_id", null=True),
        json("terms"),
        instant("expires_at", null=True),
        instant("expiry_due_at", null=True),
        instant("hold_expires_at", null=True),
        text("client_notes"),
        number("ledger_seq"),
        text("ledger_head"),
        instant("created_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.CheckConstraint(
            "order_type IN ('direct', 'course', 'package', 'bundle', 'credit')",
            name=op.f("ck_orders_order_type"),
        ),
        sa.CheckConstraint(
            "status IN ('pending_payment', 'paid', 'partially_refunded', 'refunded', 'canceled')",
            name=op.f("ck_orders_status"),
        ),
        sa.CheckConstraint(
            f"subtotal_amount_cents {AMOUNT} AND credits_applied_cents {AMOUNT} "
            f"AND total_amount_cents {AMOUNT}",
            name=op.f("ck_orders_amounts"),
        ),
        sa.CheckConstraint(
            "subtotal_amount_cents = credits_applied_cents + total_amount_cents",
            name=op.f("ck_orders_subtotal"),
        ),
        sa.CheckConstraint(
            "refunded_credits_cents + refunded_card_cents + charged_back_cents <= subtotal_amount_cents",
            name=op.f("ck_orders_refunded"),
        ),
    )
    index("ix_orders_created", "orders", "created_at", "id")
    index("ix_orders_expiring", "orders", "expiry_due_at", "id", where="expiry_due_at IS NOT NULL")
    index("ix_orders_held", "orders", "hold_expires_at", "id", where="status = 'pending_payment'")
    index(
        "ix_orders_packages",
        "orders",
        "practitioner_id",
        "service_id",
        where="order_type IN ('package', 'bundle')",
    )
    index("ix_orders_practitioner", "orders", "practitioner_id", "created_at", "id")
    index("ix_orders_status", "orders", "status", "created_at", "id")
    index("ix_orders_user", "orders", "user_id", "created_at", "id")


def _create_bookings() -> None:
    op.create_table(
        "bookings",
        uid("id"),
        uid("user_id"),
        uid("order_id"),
        uid("service_id"),
        uid("practitioner_id"),
        uid("session_id"),
        text("status"),
        text("payment_status"),
        text("attendance"),
        text("attendance_reason", null=True),
        number("price_charged_cents"),
        number("discount_amount_cents"),
        number("final_amount_cents"),
        number("session_value_cents"),
        number("commission_bps"),
        number("refunded_cents"),
        uid("refund_id", null=True),
        uid("credit_usage_transaction_id", null=True),
        text("service_name_snapshot"),
        text("service_description_snapshot"),
        text("practitioner_name_snapshot"),
        text("client_notes"),
        text("cancel_reason", null=True),
        instant("created_at"),
        instant("canceled_at", null=True),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_bookings_order_id")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_bookings_session_id")),
        sa.CheckConstraint(
            "status IN ('draft', 'pending_payment', 'confirmed', 'canceled')", name=op.f("ck_bookings_status")
        ),
        sa.CheckConstraint(
            "payment_status IN "
            "('pending', 'paid', 'refunded', 'partially_refunded', 'forfeited', 'failed', 'charged_back')",
            name=op.f("ck_bookings_payment_status"),
        ),
    )
    index("ix_bookings_order", "bookings", "order_id")
    index("ix_bookings_session", "bookings", "session_id")
    index("ix_bookings_user", "bookings", "user_id", "created_at", "id")
    index(
        "uq_bookings_seat",
        "bookings",
        "session_id",
        "user_id",
        where="status IN ('confirmed', 'pending_payment')",
        unique=True,
    )


def _create_payments() -> None:
    op.create_table(
        "payments",
        uid("id"),
        uid("order_id"),
        uid("user_id"),
        text("status"),
        number("amount_cents"),
        text("currency"),
        text("payment_method_id"),
        text("idempotency_key"),
        text("gateway_ref", null=True),
        text("client_secret", null=True),
        text("failure_code", null=True),
        text("failure_message", null=True),
        instant("created_at"),
        instant("updated_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id")),
        sa.CheckConstraint(
            "status IN "
            "('created', 'requires_action', 'processing', 'unknown', 'succeeded', 'failed', 'canceled')",
            name=op.f("ck_payments_status"),
        ),
        sa.CheckConstraint(f"amount_cents {AMOUNT}", name=op.f("ck_payments_amounts")),
    )
    index(
        "ix_payments_open",
        "payments",
        "updated_at",
        "id",
        where="status IN ('created', 'requires_action', 'processing', 'unknown')",
    )
    index("ix_payments_order", "payments", "order_id")
    index("uq_payments_key", "payments", "idempotency_key", unique=True)


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        uid("id"),
        uid("order_id"),
        uid("user_id"),
        uid("payment_id", null=True),
        text("status"),
        text("destination"),
        json("lines"),
        number("refund_value_cents"),
        number("credits_cents"),
        number("card_cents"),
        number("forfeited_cents"),
        text("currency"),
        text("reason", null=True),
        text("idempotency_key"),
        text("gateway_ref", null=True),
        text("failure_code", null=True),
        instant("created_at"),
        instant("updated_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id")),
        sa.CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name=op.f("ck_refunds_status")),
        sa.CheckConstraint(
            f"credits_cents {AMOUNT} AND card_cents {AMOUNT} AND forfeited_cents {AMOUNT}",
            name=op.f("ck_refunds_amounts"),
        ),
        sa.CheckConstraint("refund_value_cents = credits_cents + card_cents", name=op.f("ck_refunds_value")),
    )
    index("ix_refunds_open", "refunds", "updated_at", "id", where="status = 'pending'")
    index("ix_refunds_order", "refunds", "order_id")
    index("uq_refunds_key", "refunds", "idempotency_key", unique=True)
