"""Who is owed what, and what happened."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import (
    AMOUNT,
    flag,
    index,
    instant,
    key_text,
    number,
    text,
    uid,
)


def create() -> None:
    """Create the tables."""
    _create_earnings()
    _create_payouts()
    _create_journal_entries()
    _create_journal_postings()
    _create_idempotency_records()


def _create_earnings() -> None:
    op.create_table(
        "earnings",
        uid("id"),
        uid("practitioner_id"),
        uid("booking_id"),
        uid("order_id"),
        uid("session_id"),
        number("gross_amount_cents"),
        number("commission_bps"),
        number("commission_amount_cents"),
        number("net_amount_cents"),
        text("currency"),
        text("status"),
        instant("available_after"),
        uid("payout_id", null=True),
        flag("frozen"),
        instant("created_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earnings")),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_earnings_booking_id")),
        sa.CheckConstraint(
            "status IN ('projected', 'pending', 'available', 'paid', 'reversed')",
            name=op.f("ck_earnings_status"),
        ),
        sa.CheckConstraint(
            f"gross_amount_cents {AMOUNT} AND commission_amount_cents {AMOUNT} AND net_amount_cents {AMOUNT}",
            name=op.f("ck_earnings_amounts"),
        ),
        sa.CheckConstraint(
            "net_amount_cents = gross_amount_cents - commission_amount_cents", name=op.f("ck_earnings_net")
        ),
    )
    index("ix_earnings_created", "earnings", "created_at", "id")
    index(
        "ix_earnings_payable",
        "earnings",
        "practitioner_id",
        "created_at",
        "id",
        where="status = 'available' AND payout_id IS NULL AND NOT frozen",
    )
    index("ix_earnings_payout", "earnings", "payout_id", where="payout_id IS NOT NULL")
    index("ix_earnings_practitioner", "earnings", "practitioner_id", "created_at", "id")
    index("ix_earnings_status", "earnings", "status", "created_at", "id")
    index(
        "ix_earnings_waiting", "earnings", "available_after", "id", where="status = 'pending' AND NOT frozen"
    )
    index("uq_earnings_booking", "earnings", "booking_id", unique=True)


def _create_payouts() -> None:
    op.create_table(
        "payouts",
        uid("id"),
        uid("practitioner_id"),
        text("status"),
        number("amount_cents"),
        text("currency"),
        number("earnings_count"),
        number("carried_cents"),
        text("destination", null=True),
        text("idempotency_key"),
        text("gateway_ref", null=True),
        text("failure_code", null=True),
        instant("created_at"),
        instant("updated_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioners.id"], name=op.f("fk_payouts_practitioner_id")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'in_transit', 'paid', 'failed')", name=op.f("ck_payouts_status")
        ),
        sa.CheckConstraint(f"amount_cents {AMOUNT}", name=op.f("ck_payouts_amounts")),
    )
    index("ix_payouts_created", "payouts", "created_at", "id")
    index("ix_payouts_open", "payouts", "updated_at", "id", where="status IN ('pending', 'in_transit')")
    index("ix_payouts_practitioner", "payouts", "practitioner_id", "created_at", "id")
    index("uq_payouts_key", "payouts", "idempotency_key", unique=True)


def _create_journal_entries() -> None:
    op.create_table(
        "journal_entries",
        uid("id"),
        key_text("chain"),
        number("seq"),
        text("previous_hash"),
        text("hash"),
        text("kind"),
        uid("order_id", null=True),
        text("currency"),
        instant("occurred_at"),
        uid("corrects", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_journal_entries_seq")),
    )
    index("ix_journal_entries_order", "journal_entries", "order_id", where="order_id IS NOT NULL")
    index("ix_journal_entries_time", "journal_entries", "occurred_at", "id")
    index("uq_journal_entries_chain", "journal_entries", "chain", "seq", unique=True)


def _create_journal_postings() -> None:
    op.create_table(
        "journal_postings",
        uid("entry_id"),
        number("position"),
        uid("id"),
        key_text("account"),
        text("type"),
        number("amount_cents"),
        uid("user_id", null=True),
        uid("booking_id", null=True),
        text("currency"),
        instant("occurred_at"),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_journal_postings")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entries.id"], name=op.f("fk_journal_postings_entry_id")
        ),
    )
    index("ix_journal_postings_account", "journal_postings", "account", "occurred_at", "id")


def _create_idempotency_records() -> None:
    op.create_table(
        "idempotency_records",
        key_text("actor"),
        key_text("key"),
        text("request_hash"),
        uid("subject_id", null=True),
        number("status_code", null=True),
        text("body", null=True),
        instant("created_at"),
        instant("expires_at"),
        number("version"),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency_records")),
    )
    index("ix_idempotency_records_expiry", "idempotency_records", "expires_at")
