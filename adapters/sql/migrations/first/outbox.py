"""What happened, and what is told of it to the outside."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import index, instant, json, number, text, uid


def create() -> None:
    """Create the tables."""
    _create_events()
    _create_dispatches()


def _create_events() -> None:
    op.create_table(
        "events",
        uid("id"),
        text("type"),
        uid("subject_id"),
        json("payload"),
        instant("occurred_at"),
        instant("published_at", null=True),
        number("attempts"),
        instant("next_attempt_at"),
        uid("claimed_by", null=True),
        instant("claimed_until", null=True),
        instant("parked_at", null=True),
        text("last_error", null=True),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    index("ix_events_parked", "events", "parked_at", "id", where="parked_at IS NOT NULL")
    index(
        "ix_events_waiting",
        "events",
        "next_attempt_at",
        "id",
        where="published_at IS NULL AND parked_at IS NULL",
    )


def _create_dispatches() -> None:
    op.create_table(
        "dispatches",
        uid("id"),
        uid("event_id"),
        text("event_type"),
        text("channel"),
        text("recipient"),
        uid("subject_id"),
        json("payload"),
        text("status"),
        number("attempts"),
        instant("next_attempt_at"),
        uid("claimed_by", null=True),
        instant("claimed_until", null=True),
        instant("parked_at", null=True),
        text("last_error", null=True),
        instant("created_at"),
        instant("sent_at", null=True),
        number("version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatches")),
        sa.CheckConstraint(
            "status IN ('waiting', 'sent', 'parked', 'dropped')", name=op.f("ck_dispatches_status")
        ),
    )
    index("ix_dispatches_parked", "dispatches", "parked_at", "id", where="parked_at IS NOT NULL")
    index("ix_dispatches_recipient", "dispatches", "channel", "recipient", "created_at", "id")
    index(
        "ix_dispatches_waiting",
        "dispatches",
        "channel",
        "next_attempt_at",
        "id",
        where="status = 'waiting'",
    )
    index("uq_dispatches_recipient", "dispatches", "event_id", "channel", "recipient", unique=True)
