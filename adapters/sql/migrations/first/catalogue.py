"""What is on sale and when."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import AMOUNT, flag, index, instant, json, number, text, uid


def create() -> None:
    """Create the tables."""
    _create_practitioners()
    _create_services()
    _create_sessions()


def _create_practitioners() -> None:
    op.create_table(
        "practitioners",
        uid("id"),
        text("display_name"),
        text("timezone"),
        number("commission_bps", null=True),
        json("type_rates"),
        text("stripe_account_id", null=True),
        json("availability", null=True),
        text("calendar_token_hash", null=True),
        number("carried_cents"),
        number("agenda_version"),
        number("ledger_seq"),
        text("ledger_head"),
        instant("created_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practitioners")),
        sa.CheckConstraint("commission_bps BETWEEN 0 AND 10000", name=op.f("ck_practitioners_commission")),
    )
    index(
        "uq_practitioners_feed",
        "practitioners",
        "calendar_token_hash",
        where="calendar_token_hash IS NOT NULL",
        unique=True,
    )


def _create_services() -> None:
    op.create_table(
        "services",
        uid("id"),
        uid("practitioner_id"),
        text("service_type"),
        text("name"),
        text("description"),
        number("price_cents"),
        text("currency"),
        number("duration_minutes"),
        number("max_participants"),
        text("location"),
        text("visibility"),
        number("validity_days", null=True),
        text("session_pricing"),
        json("components"),
        uid("bundled_service_id", null=True),
        number("session_count", null=True),
        json("cancellation_policy"),
        flag("pay_practitioner_on_no_show"),
        flag("pay_practitioner_on_late_cancel"),
        number("complimentary_earnings_cents"),
        text("on_expiry"),
        flag("allow_late_entry"),
        text("status"),
        instant("created_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioners.id"], name=op.f("fk_services_practitioner_id")
        ),
        sa.CheckConstraint(
            "service_type IN ('session', 'workshop', 'course', 'package', 'bundle')",
            name=op.f("ck_services_service_type"),
        ),
        sa.CheckConstraint(
            "visibility IN ('public', 'private', 'unlisted')", name=op.f("ck_services_visibility")
        ),
        sa.CheckConstraint("status IN ('active', 'archived')", name=op.f("ck_services_status")),
        sa.CheckConstraint(
            f"price_cents {AMOUNT} AND complimentary_earnings_cents {AMOUNT}",
            name=op.f("ck_services_amounts"),
        ),
    )
    index("ix_services_created", "services", "created_at", "id")
    index("ix_services_practitioner", "services", "practitioner_id", "created_at", "id")
    index("ix_services_type", "services", "service_type", "created_at", "id")


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        uid("id"),
        uid("service_id"),
        uid("practitioner_id"),
        text("session_type"),
        text("visibility"),
        text("status"),
        instant("start_time", null=True),
        instant("end_time", null=True),
        instant("actual_start_time", null=True),
        instant("actual_end_time", null=True),
        text("timezone"),
        number("duration_minutes"),
        number("max_participants"),
        number("current_participants"),
        number("offered_seats"),
        number("waiting_count"),
        number("sequence_number", null=True),
        flag("needs_review"),
        flag("called_off"),
        instant("next_reminder_at", null=True),
        instant("created_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_sessions_service_id")),
        sa.CheckConstraint(
            "session_type IN ('individual', 'workshop', 'course_session')",
            name=op.f("ck_sessions_session_type"),
        ),
        sa.CheckConstraint(
            "visibility IN ('public', 'private', 'unlisted')", name=op.f("ck_sessions_visibility")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'scheduled', 'in_progress', 'completed', 'canceled')",
            name=op.f("ck_sessions_status"),
        ),
        sa.CheckConstraint(
            "current_participants >= 0 AND offered_seats >= 0 AND waiting_count >= 0 "
            "AND current_participants + offered_seats <= max_participants",
            name=op.f("ck_sessions_seats"),
        ),
        sa.CheckConstraint(
            "(start_time IS NULL AND end_time IS NULL) OR (start_time < end_time)",
            name=op.f("ck_sessions_times"),
        ),
    )
    index(
        "ix_sessions_busy",
        "sessions",
        "practitioner_id",
        "end_time",
        where="session_type = 'individual' AND status IN ('scheduled', 'in_progress')",
    )
    index("ix_sessions_calendar", "sessions", "practitioner_id", "start_time", "id")
    index(
        "ix_sessions_due",
        "sessions",
        "end_time",
        "id",
        where="status IN ('scheduled', 'in_progress') AND NOT needs_review",
    )
    index("ix_sessions_reminders", "sessions", "next_reminder_at", "id", where="status = 'scheduled'")
    index("ix_sessions_review", "sessions", "start_time", "id", where="needs_review")
    index(
        "ix_sessions_reviews_of",
        "sessions",
        "practitioner_id",
        "start_time",
        "id",
        where="needs_review",
    )
    index("ix_sessions_public", "sessions", "start_time", "id", where="visibility = 'public'")
    index("ix_sessions_service", "sessions", "service_id", "start_time", "id")
    index("ix_sessions_start", "sessions", "start_time", "id")
    index("ix_sessions_waited_for", "sessions", "start_time", "id", where="waiting_count > 0")
