"""Who is told of events."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import index, instant, json, number, text, uid


def create() -> None:
    """Create the table."""
    op.create_table(
        "subscriptions",
        uid("id"),
        uid("owner_id"),
        uid("practitioner_id", null=True),
        text("url"),
        json("event_types"),
        text("description"),
        text("secret"),
        text("previous_secret", null=True),
        instant("previous_secret_until", null=True),
        text("status"),
        text("disabled_reason", null=True),
        instant("created_at"),
        instant("updated_at"),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.CheckConstraint(
            "status IN ('active', 'disabled', 'deleted')", name=op.f("ck_subscriptions_status")
        ),
    )
    live = "status IN ('active', 'disabled')"
    index("ix_subscriptions_active", "subscriptions", "practitioner_id", where="status = 'active'")
    index("ix_subscriptions_created", "subscriptions", "created_at", "id", where=live)
    index("ix_subscriptions_owner", "subscriptions", "owner_id", "created_at", "id", where=live)
