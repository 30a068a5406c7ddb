"""A practitioner's calendar: one statement for sessions, their names and who is coming."""

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.literals import is_occupied
from adapters.sql.rows import PRACTITIONER, Row
from adapters.sql.tables import bookings, practitioners, services, sessions
from core.domain.calendar import LONGEST_SESSION, Attendee, CalendarItem, Span
from core.domain.catalogue import Practitioner
from core.domain.ids import UserId

_session = sessions.c

_ITEM = (
    _session.id.label("service_session_id"),
    _session.service_id,
    _session.practitioner_id,
    services.c.name.label("title"),
    _session.session_type,
    _session.status,
    _session.start_time,
    _session.end_time,
    _session.max_participants,
    _session.version,
)
_FIELDS = tuple(column.name for column in _ITEM)
_ATTENDEE = (bookings.c.user_id, bookings.c.id, bookings.c.status)


def items(connection: Connection, span: Span, practitioner_id: UserId | None) -> Sequence[CalendarItem]:
    """See `Queries.calendar`."""
    wanted = {
        "earliest": span.start - LONGEST_SESSION,
        "start": span.start,
        "end": span.end,
        "practitioner": practitioner_id,
    }
    if practitioner_id is None:
        del wanted["practitioner"]
    rows = connection.execute(_items(of_one=practitioner_id is not None), wanted)
    return [_read(list(group)) for _, group in groupby(rows, key=_id_of)]


@cache
def _items(*, of_one: bool) -> sa.Select[Any]:
    taken = sa.and_(bookings.c.session_id == _session.id, is_occupied(bookings))
    found = (
        sa.select(*_ITEM, *_ATTENDEE)
        .join(services, services.c.id == _session.service_id)
        .outerjoin(bookings, taken)
        .where(
            _session.start_time >= sa.bindparam("earliest"),
            _session.start_time < sa.bindparam("end"),
            _session.end_time > sa.bindparam("start"),
        )
        .order_by(_session.start_time, _session.id, bookings.c.id)
    )
    if not of_one:
        return found
    return found.where(_session.practitioner_id == sa.bindparam("practitioner"))


def _id_of(row: Row) -> Any:
    return row[0]


def _read(rows: Sequence[Row]) -> CalendarItem:
    """One session out of its rows, one for each attendee; a single one without, if nobody comes."""
    width = len(_FIELDS)
    coming = tuple(
        Attendee(user_id=user_id, booking_id=booking_id, status=status)
        for user_id, booking_id, status in (row[width:] for row in rows)
        if booking_id is not None
    )
    return CalendarItem(**dict(zip(_FIELDS, rows[0], strict=False)), attendees=coming)


_FEED_OWNER = sa.select(practitioners).where(practitioners.c.calendar_token_hash == sa.bindparam("hash"))


def feed_owner(connection: Connection, token_hash: str) -> Practitioner | None:
    """See `Queries.feed_owner`."""
    row = connection.execute(_FEED_OWNER, {"hash": token_hash}).first()
    return None if row is None else PRACTITIONER.read(row)
