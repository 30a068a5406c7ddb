"""Lines for full sessions: loads and lists."""

from typing import Any, Final

from adapters.mongo.disputes import Disputes
from adapters.mongo.documents import COLLECTIONS, Document, to_record
from adapters.mongo.inbox import Inbox
from adapters.mongo.indexes import OCCUPIED, one_of
from adapters.mongo.lists import OLDEST_FIRST
from adapters.mongo.lookups import WITH_SESSION, Stage
from adapters.mongo.pages import ASCENDING, after, both, only, order_by, page_of
from core.domain.bookings import Booking
from core.domain.ids import SessionId, UserId, WaitlistId
from core.domain.sessions import ServiceSession
from core.domain.statuses import WaitlistStatus
from core.domain.views import LineView, PlaceView
from core.domain.waitlist import LIVE_STATUSES, WaitlistEntry
from ports.queries import Items, Page, Place

WAITING: Final = WaitlistStatus.WAITING.value

_BEFORE_OURS: Final[Document] = {
    "$or": [
        {"$lt": ["$created_at", "$$at"]},
        {"$and": [{"$eq": ["$created_at", "$$at"]}, {"$lt": ["$_id", "$$id"]}]},
    ]
}
WITH_THOSE_AHEAD: Final[Stage] = {
    "$lookup": {
        "from": COLLECTIONS[WaitlistEntry],
        "localField": "session_id",
        "foreignField": "session_id",
        "let": {"at": "$created_at", "id": "$_id"},
        "pipeline": [{"$match": {"status": WAITING, "$expr": _BEFORE_OURS}}, {"$count": "waiting"}],
        "as": "ahead",
    }
}
"""Put into `ahead` how many wait in the same line before us; nothing where nobody does."""


class Waitlists(Disputes, Inbox):
    """What `ports.store.Store` tells of waitlists."""

    async def load_place(self, session_id: SessionId, user_id: UserId) -> PlaceView | None:
        """A session, the user's live place in its line, and whether the user has a seat."""
        ours: Document = {"session_id": session_id, "user_id": user_id}
        async with self._connection.one_snapshot() as snapshot:
            session = await self._connection.get(ServiceSession, session_id, session=snapshot)
            if session is None:
                return None
            found = await self._connection.find(
                WaitlistEntry, ours | {"status": one_of(LIVE_STATUSES)}, session=snapshot
            )
            seats = await self._connection.find(
                Booking, ours | {"status": one_of(OCCUPIED)}, session=snapshot
            )
        return PlaceView(session=session, entry=found[0] if found else None, is_seated=bool(seats))

    async def load_line(self, session_id: SessionId) -> LineView | None:
        """A session with the live places of its line, in order."""
        async with self._connection.one_snapshot() as snapshot:
            session = await self._connection.get(ServiceSession, session_id, session=snapshot)
            if session is None:
                return None
            entries = await self._connection.find(
                WaitlistEntry, _live_in(session_id), sort=OLDEST_FIRST, session=snapshot
            )
        return LineView(session=session, entries=tuple(entries))

    async def waitlist_entry(self, entry_id: WaitlistId) -> WaitlistEntry | None:
        return await self._connection.get(WaitlistEntry, entry_id)

    async def line(self, page: Page, *, session_id: SessionId) -> Items[WaitlistEntry]:
        """The live places of a session's line, oldest first."""
        found = await self._connection.find(
            WaitlistEntry,
            both(_live_in(session_id), after(page, "created_at", ASCENDING)),
            sort=OLDEST_FIRST,
            limit=page.limit + 1,
        )
        return page_of(found, page, lambda entry: (entry.created_at, entry.id))

    async def places(
        self, page: Page, *, user_id: UserId, status: WaitlistStatus | None = None
    ) -> Items[Place]:
        """A user's places in lines, newest first."""
        pipeline: list[Stage] = [
            {"$match": both(only(user_id=user_id, status=status), after(page, "created_at"))},
            {"$sort": dict(order_by("created_at"))},
            {"$limit": page.limit + 1},
            *WITH_SESSION,
            WITH_THOSE_AHEAD,
        ]
        found = [_to_place(row) for row in await self._connection.aggregate(WaitlistEntry, pipeline)]
        return page_of(found, page, lambda place: (place.entry.created_at, place.entry.id))


def _live_in(session_id: SessionId) -> Document:
    return {"session_id": session_id, "status": one_of(LIVE_STATUSES)}


def _to_place(document: Document) -> Place:
    session = to_record(ServiceSession, document.pop("session", None))
    ahead: list[dict[str, Any]] = document.pop("ahead")
    entry = to_record(WaitlistEntry, document)
    position = 1 + (ahead[0]["waiting"] if ahead else 0)
    return Place(
        entry=entry,
        session=session,
        position=position if entry.status is WaitlistStatus.WAITING else None,
    )
