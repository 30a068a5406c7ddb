"""What webhooks told."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import index, instant, number, text, uid


def create() -> None:
    """Create the table."""
    op.create_table(
        "inbox",
        uid("id"),
        text("provider"),
        text("event_id"),
        text("event_type"),
        text("object_id", null=True),
        text("subject"),
        uid("subject_id", null=True),
        text("status"),
        number("tries"),
        text("reason", null=True),
        instant("received_at"),
        instant("next_try_at", null=True),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.CheckConstraint(
            "status IN ('waiting', 'applied', 'parked', 'ignored')", name=op.f("ck_inbox_status")
        ),
    )
    index("ix_inbox_status", "inbox", "status", "received_at", "id")
    index("ix_inbox_time", "inbox", "received_at", "id")
    index("ix_inbox_waiting", "inbox", "next_try_at", "id", where="next_try_at IS NOT NULL")
