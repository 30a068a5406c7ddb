"""The lines for full sessions."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import index, instant, number, text, uid


def create() -> None:
    """Create the table."""
    op.create_table(
        "waitlist",
        uid("id"),
        uid("session_id"),
        uid("service_id"),
        uid("user_id"),
        text("status"),
        instant("offer_expires_at", null=True),
        instant("created_at"),
        instant("updated_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_waitlist_session_id")),
        sa.CheckConstraint(
            "status IN ('waiting', 'offered', 'accepted', 'declined', 'lapsed', 'left', 'closed')",
            name=op.f("ck_waitlist_status"),
        ),
    )
    live = "status IN ('waiting', 'offered')"
    index("ix_waitlist_line", "waitlist", "session_id", "created_at", "id", where=live)
    index("ix_waitlist_offers", "waitlist", "offer_expires_at", "id", where="status = 'offered'")
    index("ix_waitlist_user", "waitlist", "user_id", "created_at", "id")
    index("uq_waitlist_place", "waitlist", "session_id", "user_id", where=live, unique=True)
