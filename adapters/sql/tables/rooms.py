"""Who came and went in the sessions' rooms."""

import sqlalchemy as sa

from adapters.sql.tables.columns import index, instant, known, metadata, ref, word
from adapters.sql.types import key_text
from core.domain.presence import RoomEventKind

room_events = sa.Table(
    "room_events",
    metadata,
    sa.Column("id", key_text(), primary_key=True),
    ref("session_id", "sessions.id"),
    ref("user_id", null=True),
    word("kind", RoomEventKind),
    instant("occurred_at"),
    instant("received_at"),
    known("kind", RoomEventKind),
    index("ix_room_events_session", "session_id", "occurred_at", "id"),
)
