"""The lines for full sessions."""

import sqlalchemy as sa

from adapters.sql.tables.columns import index, instant, key, known, listed, metadata, number, ref, word
from core.domain.statuses import WaitlistStatus
from core.domain.waitlist import LIVE_STATUSES

LIVE = f"status IN ({listed(LIVE_STATUSES)})"
"""The places that may still come to a seat."""

OFFERED = f"status = '{WaitlistStatus.OFFERED.value}'"

waitlist = sa.Table(
    "waitlist",
    metadata,
    key(),
    ref("session_id", "sessions.id"),
    ref("service_id"),
    ref("user_id"),
    word("status", WaitlistStatus),
    instant("offer_expires_at", null=True),
    instant("created_at"),
    instant("updated_at"),
    number("version"),
    known("status", WaitlistStatus),
    index("uq_waitlist_place", "session_id", "user_id", where=LIVE, unique=True),
    index("ix_waitlist_session", "session_id"),
    index("ix_waitlist_line", "session_id", "created_at", "id", where=LIVE),
    index("ix_waitlist_user", "user_id", "created_at", "id"),
    index("ix_waitlist_offers", "offer_expires_at", "id", where=OFFERED),
)
