"""What is on sale and when: practitioners, services, sessions."""

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
    nested,
    number,
    ref,
    text,
    word,
)
from core.domain.availability import Availability
from core.domain.catalogue import (
    CancellationTier,
    Component,
    Location,
    OnExpiry,
    ServiceStatus,
    ServiceType,
    SessionPricing,
    TypeRate,
    Visibility,
)
from core.domain.sessions import OCCUPYING_STATUSES, SessionType
from core.domain.statuses import SessionStatus

OCCUPYING = f"status IN ({listed(OCCUPYING_STATUSES)})"
"""As the partial indexes say it; a query that wants them says it with the same literals."""

BUSY = f"session_type = '{SessionType.INDIVIDUAL.value}' AND {OCCUPYING}"

FOR_REVIEW = "needs_review"

DUE = f"{OCCUPYING} AND NOT {FOR_REVIEW}"
SEATS_COUNTED = (
    "current_participants >= 0 AND offered_seats >= 0 AND waiting_count >= 0 "
    "AND current_participants + offered_seats <= max_participants"
)

REMINDED = f"status = '{SessionStatus.SCHEDULED.value}'"

WAITED_FOR = "waiting_count > 0"

HAS_ACCOUNT = "stripe_account_id IS NOT NULL"

HAS_FEED = "calendar_token_hash IS NOT NULL"

practitioners = sa.Table(
    "practitioners",
    metadata,
    key(),
    text("display_name"),
    text("timezone"),
    number("commission_bps", null=True),
    nested("type_rates", tuple[TypeRate, ...]),
    text("stripe_account_id", null=True),
    flag("payouts_enabled", null=True),
    nested("availability", Availability, null=True),
    text("calendar_token_hash", null=True),
    cents("carried_cents"),
    number("agenda_version"),
    number("ledger_seq"),
    text("ledger_head"),
    instant("created_at"),
    number("version"),
    check("commission", "commission_bps BETWEEN 0 AND 10000"),
    index("ix_practitioners_account", "stripe_account_id", where=HAS_ACCOUNT),
    index("uq_practitioners_feed", "calendar_token_hash", where=HAS_FEED, unique=True),
)

services = sa.Table(
    "services",
    metadata,
    key(),
    ref("practitioner_id", "practitioners.id"),
    word("service_type", ServiceType),
    text("name"),
    text("description"),
    cents("price_cents"),
    text("currency"),
    number("duration_minutes"),
    number("max_participants"),
    word("location", Location),
    word("visibility", Visibility),
    number("validity_days", null=True),
    word("session_pricing", SessionPricing),
    nested("components", tuple[Component, ...]),
    ref("bundled_service_id", null=True),
    number("session_count", null=True),
    nested("cancellation_policy", tuple[CancellationTier, ...]),
    flag("pay_practitioner_on_no_show"),
    flag("pay_practitioner_on_late_cancel"),
    cents("complimentary_earnings_cents"),
    word("on_expiry", OnExpiry),
    flag("allow_late_entry"),
    word("status", ServiceStatus),
    instant("created_at"),
    number("version"),
    known("service_type", ServiceType),
    known("visibility", Visibility),
    known("status", ServiceStatus),
    amounts("price_cents", "complimentary_earnings_cents"),
    index("ix_services_created", "created_at", "id"),
    index("ix_services_type", "service_type", "created_at", "id"),
    index("ix_services_practitioner", "practitioner_id", "created_at", "id"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    key(),
    ref("service_id", "services.id"),
    ref("practitioner_id"),
    word("session_type", SessionType),
    word("visibility", Visibility),
    word("status", SessionStatus),
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
    known("session_type", SessionType),
    known("visibility", Visibility),
    known("status", SessionStatus),
    check("seats", SEATS_COUNTED),
    check("times", "(start_time IS NULL AND end_time IS NULL) OR (start_time < end_time)"),
    index("ix_sessions_service", "service_id", "start_time", "id"),
    index("ix_sessions_public", "start_time", "id", where=f"visibility = '{Visibility.PUBLIC.value}'"),
    index("ix_sessions_busy", "practitioner_id", "end_time", where=BUSY),
    index("ix_sessions_due", "end_time", "id", where=DUE),
    index("ix_sessions_review", "start_time", "id", where=FOR_REVIEW),
    index("ix_sessions_reviews_of", "practitioner_id", "start_time", "id", where=FOR_REVIEW),
    index("ix_sessions_calendar", "practitioner_id", "start_time", "id"),
    index("ix_sessions_start", "start_time", "id"),
    index("ix_sessions_reminders", "next_reminder_at", "id", where=REMINDED),
    index("ix_sessions_waited_for", "start_time", "id", where=WAITED_FOR),
)
