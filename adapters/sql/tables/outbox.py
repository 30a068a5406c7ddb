"""What happened, and what is told of it to the outside."""

from collections.abc import Mapping

import sqlalchemy as sa

from adapters.sql.tables.columns import (
    index,
    instant,
    key,
    known,
    metadata,
    nested,
    number,
    ref,
    text,
    word,
)
from core.domain.dispatches import Channel
from core.domain.events import EventType
from core.domain.statuses import DispatchStatus

WAITING_EVENT = "published_at IS NULL AND parked_at IS NULL"
WAITING_DISPATCH = f"status = '{DispatchStatus.WAITING.value}'"
PARKED = "parked_at IS NOT NULL"

events = sa.Table(
    "events",
    metadata,
    key(),
    word("type", EventType),
    ref("subject_id"),
    nested("payload", Mapping[str, str | int | None]),
    instant("occurred_at"),
    instant("published_at", null=True),
    number("attempts"),
    instant("next_attempt_at"),
    ref("claimed_by", null=True),
    instant("claimed_until", null=True),
    instant("parked_at", null=True),
    text("last_error", null=True),
    number("version"),
    index("ix_events_waiting", "next_attempt_at", "id", where=WAITING_EVENT),
    index("ix_events_parked", "parked_at", "id", where=PARKED),
)

dispatches = sa.Table(
    "dispatches",
    metadata,
    key(),
    ref("event_id"),
    text("event_type"),
    word("channel", Channel),
    text("recipient"),
    ref("subject_id"),
    nested("payload", Mapping[str, str | int | None]),
    word("status", DispatchStatus),
    number("attempts"),
    instant("next_attempt_at"),
    ref("claimed_by", null=True),
    instant("claimed_until", null=True),
    instant("parked_at", null=True),
    text("last_error", null=True),
    instant("created_at"),
    instant("sent_at", null=True),
    number("version"),
    known("status", DispatchStatus),
    index("uq_dispatches_recipient", "event_id", "channel", "recipient", unique=True),
    index("ix_dispatches_recipient", "channel", "recipient", "created_at", "id"),
    index("ix_dispatches_waiting", "channel", "next_attempt_at", "id", where=WAITING_DISPATCH),
    index("ix_dispatches_parked", "parked_at", "id", where=PARKED),
)
