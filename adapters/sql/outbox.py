"""The outbox: what waits, who takes it, what is parked, and all of it in figures."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.selectable import Subquery

from adapters.sql.dialects import is_one_of
from adapters.sql.literals import Condition, is_word
from adapters.sql.rows import DISPATCH, EVENT, Row, Shape
from adapters.sql.tables import dispatches, events
from adapters.sql.types import Instant, Word
from core.domain.dispatches import Channel, Dispatch, Lease
from core.domain.events import Event
from core.domain.ids import DispatchId, EventId
from core.domain.statuses import DispatchStatus
from ports.queries import Backlog, Cursor, Items, OutboxState, Page, Parked

T = TypeVar("T", Event, Dispatch)

_LIMIT = sa.bindparam("limit", type_=sa.Integer())
_AT = sa.bindparam("at", type_=Instant())

IS_WAITING_EVENT: Condition = sa.and_(events.c.published_at.is_(sa.null()), events.c.parked_at.is_(sa.null()))
IS_WAITING_DISPATCH: Condition = is_word(dispatches.c.status, DispatchStatus.WAITING)


def _claim(table: sa.Table, *conditions: Condition) -> Any:
    """Take what is due and nobody's. What another one is taking at this moment is passed over.

    The ids are found in a part of their own, which is run once, however the rest is planned.
    """
    is_free = sa.or_(table.c.claimed_until.is_(sa.null()), table.c.claimed_until <= _AT)
    due = (
        sa.select(table.c.id)
        .where(*conditions, table.c.next_attempt_at <= _AT, is_free)
        .order_by(table.c.next_attempt_at, table.c.id)
        .limit(_LIMIT)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        sa.update(table)
        .where(table.c.id.in_(sa.select(due.c.id)))
        .values(
            claimed_by=sa.bindparam("lease", type_=sa.Uuid()),
            claimed_until=sa.bindparam("until", type_=Instant()),
            version=table.c.version + sa.literal_column("1"),
        )
        .returning(*table.c)
    )


CLAIM_EVENTS = _claim(events, IS_WAITING_EVENT)
CLAIM_DISPATCHES = _claim(
    dispatches, IS_WAITING_DISPATCH, dispatches.c.channel == sa.bindparam("of_channel", type_=Word(Channel))
)


def claim_events(connection: Connection, lease: Lease, limit: int) -> Sequence[Event]:
    """See `Store.claim_events`."""
    return _claimed(EVENT, connection.execute(CLAIM_EVENTS, _terms(lease, limit)).all())


def claim_dispatches(
    connection: Connection, channel: Channel, lease: Lease, limit: int
) -> Sequence[Dispatch]:
    """See `Store.claim_dispatches`."""
    terms = {**_terms(lease, limit), "of_channel": channel}
    return _claimed(DISPATCH, connection.execute(CLAIM_DISPATCHES, terms).all())


def _terms(lease: Lease, limit: int) -> dict[str, Any]:
    return {"lease": lease.id, "at": lease.at, "until": lease.until, "limit": limit}


def _claimed(shape: Shape[T], rows: Sequence[Row]) -> Sequence[T]:
    """The records, first due first: an update's rows come in any order."""
    return sorted(shape.read_all(rows), key=lambda item: (item.next_attempt_at, item.id))


def events_by_id(connection: Connection, ids: Sequence[EventId]) -> Sequence[Event]:
    """See `Store.load_events`."""
    statement = _by_ids(EVENT, connection.dialect.name)
    return EVENT.read_all(connection.execute(statement, {"ids": list(ids)}))


def dispatches_by_id(connection: Connection, ids: Sequence[DispatchId]) -> Sequence[Dispatch]:
    """See `Store.load_dispatches`."""
    statement = _by_ids(DISPATCH, connection.dialect.name)
    return DISPATCH.read_all(connection.execute(statement, {"ids": list(ids)}))


@cache
def _by_ids(shape: Shape[Any], dialect: str) -> sa.Select[Any]:
    return sa.select(shape.table).where(is_one_of(shape.table.c.id, "ids", dialect))


_NOBODY: sa.ColumnElement[Any] = sa.null()
_PARKED = (
    (
        events,
        (
            events.c.id,
            sa.type_coerce(events.c.type, sa.Text()).label("event_type"),
            events.c.subject_id,
            sa.cast(_NOBODY, sa.Text()).label("channel"),
            sa.cast(_NOBODY, sa.Text()).label("recipient"),
            events.c.attempts,
            events.c.last_error,
            events.c.parked_at,
        ),
    ),
    (
        dispatches,
        (
            dispatches.c.id,
            dispatches.c.event_type,
            dispatches.c.subject_id,
            sa.type_coerce(dispatches.c.channel, sa.Text()).label("channel"),
            dispatches.c.recipient,
            dispatches.c.attempts,
            dispatches.c.last_error,
            dispatches.c.parked_at,
        ),
    ),
)


def parked(connection: Connection, page: Page) -> Items[Parked]:
    """See `Queries.parked`. One more is asked for, to know whether there are more."""
    terms: dict[str, Any] = {"limit": page.limit + 1}
    if page.after is not None:
        terms |= {"at": page.after.at, "id": page.after.id}
    rows = connection.execute(_parked_page(page.after is not None), terms).all()
    items = tuple(_read_parked(row) for row in rows[: page.limit])
    last = items[-1] if len(rows) > page.limit and items else None
    return Items(items=items, next=None if last is None else Cursor(at=last.parked_at, id=last.id))


def _read_parked(row: Row) -> Parked:
    key, event_type, subject_id, channel, recipient, attempts, error, at = row
    return Parked(
        id=key,
        event_type=event_type,
        subject_id=subject_id,
        channel=None if channel is None else Channel(channel),
        recipient=recipient,
        attempts=attempts,
        last_error=error,
        parked_at=at,
    )


@cache
def _parked_page(continued: bool) -> sa.Select[Any]:
    """The newest of each kind, then the newest of those."""
    parts = [sa.select(_newest_parked(table, columns, continued)) for table, columns in _PARKED]
    both = sa.union_all(*parts).subquery("both")
    return sa.select(both).order_by(both.c.parked_at.desc(), both.c.id.desc()).limit(_LIMIT)


def _newest_parked(table: sa.Table, columns: Sequence[Any], continued: bool) -> Subquery:
    place = sa.tuple_(table.c.parked_at, table.c.id)
    statement = sa.select(*columns).where(table.c.parked_at.is_not(sa.null()))
    if continued:
        statement = statement.where(place < sa.tuple_(_AT, sa.bindparam("id", type_=sa.Uuid())))
    ordered = statement.order_by(table.c.parked_at.desc(), table.c.id.desc()).limit(_LIMIT)
    return ordered.subquery(f"parked_{table.name}")


def _backlog(table: sa.Table, waiting: Condition, made: sa.ColumnElement[Any]) -> Sequence[Any]:
    is_parked = table.c.parked_at.is_not(sa.null())
    return (
        sa.select(sa.func.count()).select_from(table).where(waiting).scalar_subquery(),
        sa.select(sa.func.count()).select_from(table).where(is_parked).scalar_subquery(),
        sa.select(sa.func.min(made)).where(waiting).scalar_subquery(),
    )


STATE = sa.select(
    *_backlog(events, IS_WAITING_EVENT, events.c.occurred_at),
    *_backlog(dispatches, IS_WAITING_DISPATCH, dispatches.c.created_at),
)


def state(connection: Connection) -> OutboxState:
    """See `Queries.outbox_state`."""
    row = connection.execute(STATE).one()
    of_events, of_dispatches = (
        Backlog(waiting=waiting, parked=parked, oldest_at=oldest)
        for waiting, parked, oldest in (row[:3], row[3:])
    )
    return OutboxState(events=of_events, dispatches=of_dispatches)
