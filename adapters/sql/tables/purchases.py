"""What was bought: credit accounts, orders, bookings, payments, refunds."""

import sqlalchemy as sa

from adapters.sql.tables.columns import (
    amounts,
    cents,
    check,
    index,
    instant,
    key,
    known,
    listed,
    metadata,
    nested,
    number,
    ref,
    text,
    word,
)
from core.domain.analytics import PACKAGE_TYPES
from core.domain.bookings import Attendance, SeatPayment
from core.domain.money import MAX_CENTS
from core.domain.orders import Destination, OrderType, RefundLine, Terms
from core.domain.statuses import BookingStatus, OrderStatus, PaymentStatus, RefundStatus

OCCUPIED = f"status IN ({listed((BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT))})"
"""The bookings that count among their session's participants."""

IS_PACKAGE = f"order_type IN ({listed(PACKAGE_TYPES)})"

HELD = f"status = '{OrderStatus.PENDING_PAYMENT.value}'"

EXPIRING = "expiry_due_at IS NOT NULL"

OPEN_PAYMENTS = (
    PaymentStatus.CREATED,
    PaymentStatus.REQUIRES_ACTION,
    PaymentStatus.PROCESSING,
    PaymentStatus.UNKNOWN,
)
OPEN_PAYMENT = f"status IN ({listed(OPEN_PAYMENTS)})"

OPEN_REFUND = f"status = '{RefundStatus.PENDING.value}'"

credit_accounts = sa.Table(
    "credit_accounts",
    metadata,
    key("user_id"),
    text("currency"),
    cents("balance_cents"),
    cents("held_cents"),
    number("ledger_seq"),
    text("ledger_head"),
    check("balance", f"0 <= held_cents AND held_cents <= balance_cents AND balance_cents <= {MAX_CENTS}"),
)

orders = sa.Table(
    "orders",
    metadata,
    key(),
    ref("user_id"),
    ref("service_id", null=True),
    ref("practitioner_id", null=True),
    word("order_type", OrderType),
    word("status", OrderStatus),
    text("currency"),
    cents("subtotal_amount_cents"),
    cents("credits_applied_cents"),
    cents("total_amount_cents"),
    cents("refunded_credits_cents"),
    cents("refunded_card_cents"),
    cents("card_to_credits_cents"),
    cents("disputed_cents"),
    cents("charged_back_cents"),
    number("total_sessions"),
    number("sessions_completed"),
    number("sessions_canceled"),
    number("sessions_expired"),
    cents("session_value_cents"),
    ref("bundled_service_id", null=True),
    nested("terms", Terms),
    instant("expires_at", null=True),
    instant("expiry_due_at", null=True),
    instant("hold_expires_at", null=True),
    text("client_notes"),
    number("ledger_seq"),
    text("ledger_head"),
    number("migrated_from_booking_id", null=True),
    instant("migrated_at", null=True),
    instant("created_at"),
    number("version"),
    known("order_type", OrderType),
    known("status", OrderStatus),
    amounts("subtotal_amount_cents", "credits_applied_cents", "total_amount_cents"),
    check("subtotal", "subtotal_amount_cents = credits_applied_cents + total_amount_cents"),
    check(
        "refunded",
        "refunded_credits_cents + refunded_card_cents + charged_back_cents <= subtotal_amount_cents",
    ),
    index("ix_orders_user", "user_id", "created_at", "id"),
    index("ix_orders_created", "created_at", "id"),
    index("ix_orders_status", "status", "created_at", "id"),
    index("ix_orders_held", "hold_expires_at", "id", where=HELD),
    index("ix_orders_expiring", "expiry_due_at", "id", where=EXPIRING),
    index("ix_orders_practitioner", "practitioner_id", "created_at", "id"),
    index("ix_orders_service", "service_id"),
    index("ix_orders_packages", "practitioner_id", "service_id", where=IS_PACKAGE),
)

bookings = sa.Table(
    "bookings",
    metadata,
    key(),
    ref("user_id"),
    ref("order_id", "orders.id"),
    ref("service_id"),
    ref("practitioner_id"),
    ref("session_id", "sessions.id"),
    word("status", BookingStatus),
    word("payment_status", SeatPayment),
    word("attendance", Attendance),
    text("attendance_reason", null=True),
    cents("price_charged_cents"),
    cents("discount_amount_cents"),
    cents("final_amount_cents"),
    cents("session_value_cents"),
    number("commission_bps"),
    cents("refunded_cents"),
    ref("refund_id", null=True),
    ref("credit_usage_transaction_id", null=True),
    text("service_name_snapshot"),
    text("service_description_snapshot"),
    text("practitioner_name_snapshot"),
    text("client_notes"),
    text("cancel_reason", null=True),
    instant("created_at"),
    instant("canceled_at", null=True),
    number("version"),
    known("status", BookingStatus),
    known("payment_status", SeatPayment),
    index("ix_bookings_order", "order_id"),
    index("ix_bookings_session", "session_id"),
    index("ix_bookings_user", "user_id", "created_at", "id"),
    index("uq_bookings_seat", "session_id", "user_id", where=OCCUPIED, unique=True),
)

payments = sa.Table(
    "payments",
    metadata,
    key(),
    ref("order_id", "orders.id"),
    ref("user_id"),
    word("status", PaymentStatus),
    cents("amount_cents"),
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
    known("status", PaymentStatus),
    amounts("amount_cents"),
    index("uq_payments_key", "idempotency_key", unique=True),
    index("ix_payments_order", "order_id"),
    index("ix_payments_open", "updated_at", "id", where=OPEN_PAYMENT),
)

refunds = sa.Table(
    "refunds",
    metadata,
    key(),
    ref("order_id", "orders.id"),
    ref("user_id"),
    ref("payment_id", null=True),
    word("status", RefundStatus),
    word("destination", Destination),
    nested("lines", tuple[RefundLine, ...]),
    cents("refund_value_cents"),
    cents("credits_cents"),
    cents("card_cents"),
    cents("forfeited_cents"),
    text("currency"),
    text("reason", null=True),
    text("idempotency_key"),
    text("gateway_ref", null=True),
    text("failure_code", null=True),
    instant("retried_at", null=True),
    instant("created_at"),
    instant("updated_at"),
    number("version"),
    known("status", RefundStatus),
    amounts("credits_cents", "card_cents", "forfeited_cents"),
    check("value", "refund_value_cents = credits_cents + card_cents"),
    index("uq_refunds_key", "idempotency_key", unique=True),
    index("ix_refunds_order", "order_id"),
    index("ix_refunds_open", "updated_at", "id", where=OPEN_REFUND),
)
