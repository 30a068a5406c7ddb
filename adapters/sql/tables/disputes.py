"""Payments that banks take back."""

import sqlalchemy as sa

from adapters.sql.tables.columns import (
    amounts,
    cents,
    index,
    instant,
    key,
    known,
    metadata,
    number,
    ref,
    text,
    word,
)
from core.domain.statuses import DisputeStatus

disputes = sa.Table(
    "disputes",
    metadata,
    key(),
    ref("payment_id", "payments.id"),
    ref("order_id", "orders.id"),
    text("gateway_ref"),
    cents("amount_cents"),
    text("currency"),
    text("reason"),
    word("status", DisputeStatus),
    instant("created_at"),
    instant("closed_at", null=True),
    number("version"),
    known("status", DisputeStatus),
    amounts("amount_cents"),
    index("uq_disputes_ref", "gateway_ref", unique=True),
    index("ix_disputes_payment", "payment_id"),
    index("ix_disputes_order", "order_id", "created_at", "id"),
    index("ix_disputes_created", "created_at", "id"),
    index("ix_disputes_status", "status", "created_at", "id"),
)
