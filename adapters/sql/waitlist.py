"""Lines for full sessions: each load and each list is one statement."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.engine import Engine
from adapters.sql.lists import get, page_of
from adapters.sql.literals import is_live_place, is_occupied, is_word
from adapters.sql.loads import distinct, maybe, one
from adapters.sql.rows import SESSION, WAITLIST, Row
from adapters.sql.tables import bookings, sessions, waitlist
from adapters.sql.views import wanted_id
from core.domain.ids import SessionId, UserId, WaitlistId
from core.domain.statuses import WaitlistStatus
from core.domain.views import LineView, PlaceView
from core.domain.waitlist import WaitlistEntry
from ports.queries import Cursor, Items, Page, Place


class SqlWaitlist:
    """What `ports.store.Store` tells of waitlists."""

    _engine: Engine

    async def load_place(self, session_id: SessionId, user_id: UserId) -> PlaceView | None:
        """A session, the user's live place in its line, and whether the user has a seat."""
        return await self._engine.read(_place_view, session_id, user_id)

    async def load_line(self, session_id: SessionId) -> LineView | None:
        """A session with the live places of its line, in order."""
        return await self._engine.read(_line_view, session_id)

    async def waitlist_entry(self, entry_id: WaitlistId) -> WaitlistEntry | None:
        """The place with that id."""
        return await self._engine.read(get, WAITLIST, entry_id)

    async def line(self, page: Page, *, session_id: SessionId) -> Items[WaitlistEntry]:
        """The live places of a session's line, oldest first."""
        return await self._engine.read(_line, page, session_id)

    async def places(
        self, page: Page, *, user_id: UserId, status: WaitlistStatus | None = None
    ) -> Items[Place]:
        """A user's places in lines, newest first."""
        return await self._engine.read(_places, page, user_id, status)


_in_line = sa.and_(waitlist.c.session_id == sessions.c.id, is_live_place(waitlist))
_seated = sa.and_(
    bookings.c.session_id == sessions.c.id, bookings.c.user_id == wanted_id("user"), is_occupied(bookings)
)

PLACE = (
    sa.select(*sessions.c, *waitlist.c, bookings.c.id)
    .select_from(sessions)
    .outerjoin(waitlist, sa.and_(_in_line, waitlist.c.user_id == wanted_id("user")))
    .outerjoin(bookings, _seated)
    .where(sessions.c.id == wanted_id("session"))
)

LINE = (
    sa.select(*sessions.c, *waitlist.c)
    .select_from(sessions)
    .outerjoin(waitlist, _in_line)
    .where(sessions.c.id == wanted_id("session"))
    .order_by(waitlist.c.created_at, waitlist.c.id)
)


def _place_view(connection: Connection, session_id: SessionId, user_id: UserId) -> PlaceView | None:
    row = connection.execute(PLACE, {"session": session_id, "user": user_id}).first()
    if row is None:
        return None
    return PlaceView(
        session=one(SESSION, row), entry=maybe(WAITLIST, row, SESSION.width), is_seated=row[-1] is not None
    )


def _line_view(connection: Connection, session_id: SessionId) -> LineView | None:
    rows = connection.execute(LINE, {"session": session_id}).all()
    if not rows:
        return None
    return LineView(session=one(SESSION, rows[0]), entries=distinct(WAITLIST, rows, SESSION.width))


def _line(connection: Connection, page: Page, session_id: SessionId) -> Items[WaitlistEntry]:
    return page_of(
        connection,
        sa.select(waitlist).where(waitlist.c.session_id == session_id, is_live_place(waitlist)),
        page,
        at=waitlist.c.created_at,
        key=waitlist.c.id,
        read=WAITLIST.read,
        place=_cursor,
        oldest_first=True,
    )


_ahead = waitlist.alias("ahead")
_POSITION = (
    sa.select(sa.func.count() + sa.literal_column("1"))
    .select_from(_ahead)
    .where(
        _ahead.c.session_id == waitlist.c.session_id,
        # Said twice, the first time as the index of lines has it: only so it is used.
        is_live_place(_ahead),
        is_word(_ahead.c.status, WaitlistStatus.WAITING),
        sa.tuple_(_ahead.c.created_at, _ahead.c.id) < sa.tuple_(waitlist.c.created_at, waitlist.c.id),
    )
    .scalar_subquery()
)
_WAITING_POSITION: sa.ColumnElement[Any] = sa.case(
    (is_word(waitlist.c.status, WaitlistStatus.WAITING), _POSITION)
)
PLACES = (
    sa.select(*waitlist.c, *sessions.c, _WAITING_POSITION)
    .select_from(waitlist)
    .join(sessions, sessions.c.id == waitlist.c.session_id)
)


def _places(
    connection: Connection, page: Page, user_id: UserId, status: WaitlistStatus | None
) -> Items[Place]:
    mine = PLACES.where(waitlist.c.user_id == user_id)
    return page_of(
        connection,
        mine if status is None else mine.where(waitlist.c.status == status),
        page,
        at=waitlist.c.created_at,
        key=waitlist.c.id,
        read=_read_place,
        place=lambda found: _cursor(found.entry),
    )


def _read_place(row: Row) -> Place:
    return Place(entry=one(WAITLIST, row), session=one(SESSION, row, WAITLIST.width), position=row[-1])


def _cursor(entry: WaitlistEntry) -> Cursor:
    return Cursor(at=entry.created_at, id=entry.id)
