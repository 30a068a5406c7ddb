"""Who is owed what, and what happened: earnings, payouts, the journal, callers' keys."""

import sqlalchemy as sa

from adapters.sql.tables.columns import (
    amounts,
    cents,
    check,
    flag,
    index,
    instant,
    key,
    known,
    listed,
    metadata,
    number,
    ref,
    text,
    word,
)
from adapters.sql.types import key_text
from core.domain.ledger import EntryKind, PostingType
from core.domain.statuses import EarningsStatus, PayoutStatus

WAITING = f"status = '{EarningsStatus.PENDING.value}' AND NOT frozen"

PAYABLE = f"status = '{EarningsStatus.AVAILABLE.value}' AND payout_id IS NULL AND NOT frozen"

OPEN_PAYOUT = f"status IN ({listed((PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT))})"

earnings = sa.Table(
    "earnings",
    metadata,
    key(),
    ref("practitioner_id"),
    ref("booking_id", "bookings.id"),
    ref("order_id"),
    ref("session_id"),
    cents("gross_amount_cents"),
    number("commission_bps"),
    cents("commission_amount_cents"),
    cents("net_amount_cents"),
    text("currency"),
    word("status", EarningsStatus),
    instant("available_after"),
    ref("payout_id", null=True),
    flag("frozen"),
    instant("created_at"),
    number("version"),
    known("status", EarningsStatus),
    amounts("gross_amount_cents", "commission_amount_cents", "net_amount_cents"),
    check("net", "net_amount_cents = gross_amount_cents - commission_amount_cents"),
    index("uq_earnings_booking", "booking_id", unique=True),
    index("ix_earnings_practitioner", "practitioner_id", "created_at", "id"),
    index("ix_earnings_created", "created_at", "id"),
    index("ix_earnings_status", "status", "created_at", "id"),
    index("ix_earnings_waiting", "available_after", "id", where=WAITING),
    index("ix_earnings_payable", "practitioner_id", "created_at", "id", where=PAYABLE),
    index("ix_earnings_payout", "payout_id", where="payout_id IS NOT NULL"),
)

payouts = sa.Table(
    "payouts",
    metadata,
    key(),
    ref("practitioner_id", "practitioners.id"),
    word("status", PayoutStatus),
    cents("amount_cents"),
    text("currency"),
    number("earnings_count"),
    cents("carried_cents"),
    cents("reversed_cents"),
    text("destination", null=True),
    text("idempotency_key"),
    text("gateway_ref", null=True),
    text("failure_code", null=True),
    instant("created_at"),
    instant("updated_at"),
    number("version"),
    known("status", PayoutStatus),
    amounts("amount_cents"),
    check("reversed", "reversed_cents BETWEEN 0 AND amount_cents"),
    index("uq_payouts_key", "idempotency_key", unique=True),
    index("ix_payouts_practitioner", "practitioner_id", "created_at", "id"),
    index("ix_payouts_created", "created_at", "id"),
    index("ix_payouts_open", "updated_at", "id", where=OPEN_PAYOUT),
)

entries = sa.Table(
    "journal_entries",
    metadata,
    key(),
    sa.Column("chain", key_text(), nullable=False),
    number("seq"),
    text("previous_hash"),
    text("hash"),
    word("kind", EntryKind),
    ref("order_id", null=True),
    text("currency"),
    instant("occurred_at"),
    ref("corrects", null=True),
    check("seq", "seq > 0"),
    index("uq_journal_entries_chain", "chain", "seq", unique=True),
    index("ix_journal_entries_order", "order_id", where="order_id IS NOT NULL"),
    index("ix_journal_entries_time", "occurred_at", "id"),
)

postings = sa.Table(
    "journal_postings",
    metadata,
    sa.Column("entry_id", sa.Uuid(), sa.ForeignKey("journal_entries.id"), primary_key=True),
    sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
    ref("id"),
    sa.Column("account", key_text(), nullable=False),
    word("type", PostingType),
    cents("amount_cents"),
    ref("user_id", null=True),
    ref("booking_id", null=True),
    text("currency"),
    instant("occurred_at"),
    index("ix_journal_postings_account", "account", "occurred_at", "id"),
)
"""An entry's postings in their order; its `currency` and `occurred_at` are repeated for the index."""

requests = sa.Table(
    "idempotency_records",
    metadata,
    sa.Column("actor", key_text(), primary_key=True),
    sa.Column("key", key_text(), primary_key=True),
    text("request_hash"),
    ref("subject_id", null=True),
    number("status_code", null=True),
    text("body", null=True),
    instant("created_at"),
    instant("expires_at"),
    number("version"),
    index("ix_idempotency_records_expiry", "expires_at"),
)
