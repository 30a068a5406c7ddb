"""What webhooks told, and how far it was applied."""

import sqlalchemy as sa

from adapters.sql.tables.columns import index, instant, key, known, metadata, number, ref, text, word
from core.domain.inbox import Subject
from core.domain.statuses import InboxStatus

WAITING = "next_try_at IS NOT NULL"

inbox = sa.Table(
    "inbox",
    metadata,
    key(),
    text("provider"),
    text("event_id"),
    text("event_type"),
    text("object_id", null=True),
    word("subject", Subject),
    ref("subject_id", null=True),
    word("status", InboxStatus),
    number("tries"),
    text("reason", null=True),
    instant("received_at"),
    instant("next_try_at", null=True),
    number("version"),
    known("status", InboxStatus),
    index("ix_inbox_waiting", "next_try_at", "id", where=WAITING),
    index("ix_inbox_status", "status", "received_at", "id"),
    index("ix_inbox_time", "received_at", "id"),
)
