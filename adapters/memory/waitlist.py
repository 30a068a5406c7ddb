"""Lines for full sessions in the memory store."""

from collections.abc import Iterator
from datetime import datetime

from adapters.memory.disputes import MemoryDisputes
from adapters.memory.inbox import MemoryInbox
from adapters.memory.pages import created, page_of, place
from adapters.memory.tables import ALL
from core.domain.ids import SessionId, UserId, WaitlistId
from core.domain.sessions import OPEN_STATUSES, ServiceSession
from core.domain.statuses import WaitlistStatus
from core.domain.views import LineView, PlaceView
from core.domain.waitlist import WaitlistEntry
from ports.queries import Items, Page, Place


class MemoryWaitlist(MemoryDisputes, MemoryInbox):
    """What `ports.store.Store` tells of waitlists."""

    async def load_place(self, session_id: SessionId, user_id: UserId) -> PlaceView | None:
        """A session, the user's live place in its line, and whether the user has a seat."""
        await self._turn()
        session = self._tables.sessions.get(session_id)
        if session is None:
            return None
        return PlaceView(
            session=session,
            entry=self._live_place(session_id, user_id),
            is_seated=(session_id.int, user_id.int) in self._tables.seats.owners,
        )

    async def load_line(self, session_id: SessionId) -> LineView | None:
        """A session with the live places of its line, in order."""
        await self._turn()
        session = self._tables.sessions.get(session_id)
        return None if session is None else LineView(session=session, entries=tuple(self._line(session_id)))

    async def waitlist_entry(self, entry_id: WaitlistId) -> WaitlistEntry | None:
        await self._turn()
        return self._tables.waitlist.get(entry_id)

    async def line(self, page: Page, *, session_id: SessionId) -> Items[WaitlistEntry]:
        """The live places of a session's line, oldest first."""
        await self._turn()
        tables = self._tables
        keys = tables.sessions_lines.ascending(session_id.int, place(page))
        return page_of(tables.waitlist.at(keys), page, created)

    async def places(
        self, page: Page, *, user_id: UserId, status: WaitlistStatus | None = None
    ) -> Items[Place]:
        """A user's places in lines, newest first."""
        await self._turn()
        tables = self._tables
        rows = tables.waitlist.at(tables.users_places.descending(user_id.int, place(page)))
        found = (self._place(row) for row in rows if status in (None, row.status))
        return page_of(found, page, lambda item: created(item.entry))

    def _place(self, entry: WaitlistEntry) -> Place:
        waiting = [row.id for row in self._line(entry.session_id) if row.status is WaitlistStatus.WAITING]
        return Place(
            entry=entry,
            session=self._tables.sessions.rows[entry.session_id.int],
            position=waiting.index(entry.id) + 1 if entry.status is WaitlistStatus.WAITING else None,
        )

    def _line(self, session_id: SessionId) -> Iterator[WaitlistEntry]:
        tables = self._tables
        return tables.waitlist.at(tables.sessions_lines.ascending(session_id.int))

    def _live_place(self, session_id: SessionId, user_id: UserId) -> WaitlistEntry | None:
        tables = self._tables
        key = tables.live_places.owners.get((session_id.int, user_id.int))
        return None if key is None else tables.waitlist.rows[key]

    def _stuck_lines(self, now: datetime) -> Iterator[ServiceSession]:
        """The sessions whose line waits for somebody to move it on, by start."""
        tables = self._tables
        for session in tables.sessions.at(tables.waited_for_sessions.ascending(ALL)):
            begun = session.start_time is not None and session.start_time <= now
            if session.unclaimed_seats > 0 or begun or session.status not in OPEN_STATUSES:
                yield session
