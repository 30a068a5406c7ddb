"""Reminders: a day and an hour before a session begins, each once for every start time that it has."""

from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from core.domain.changes import Changes
from core.domain.events import EventType, event
from core.domain.ids import IdSource
from core.domain.sessions import REMINDERS, ServiceSession, next_reminder
from core.domain.statuses import SessionStatus

HOUR: Final = timedelta(hours=1)


def remind(session: ServiceSession, *, now: datetime, new_id: IdSource) -> Changes:
    """Tell of the reminder that has come due, and note when the next one is; nothing if none is due.

    Of several that have come due meanwhile only the last is told, and none of a session that has
    begun. A session that is not scheduled keeps its note, which no sweep asks for.
    """
    due_at, start = session.next_reminder_at, session.start_time
    if session.status is not SessionStatus.SCHEDULED or start is None or due_at is None or due_at > now:
        return Changes()
    after = evolve(session, next_reminder_at=next_reminder(start, after=now), version=session.version + 1)
    if start <= now:
        return Changes(updates=(after,))
    ahead = min(notice for notice in REMINDERS if start - notice <= now)
    told = event(
        new_id,
        EventType.SESSION_REMINDER,
        session.id,
        now,
        practitioner_id=session.practitioner_id,
        start_time=start,
        hours=ahead // HOUR,
    )
    return Changes(updates=(after,), events=(told,))
