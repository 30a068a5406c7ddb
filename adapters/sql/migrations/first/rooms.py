"""Who came and went in the sessions' rooms."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import index, instant, key_text, text, uid


def create() -> None:
    """Create the table."""
    op.create_table(
        "room_events",
        key_text("id"),
        uid("session_id"),
        uid("user_id", null=True),
        text("kind"),
        instant("occurred_at"),
        instant("received_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_events")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_room_events_session_id")),
        sa.CheckConstraint(
            "kind IN ('room_started', 'participant_joined', 'participant_left', 'room_finished')",
            name=op.f("ck_room_events_kind"),
        ),
    )
    index("ix_room_events_session", "room_events", "session_id", "occurred_at", "id")
