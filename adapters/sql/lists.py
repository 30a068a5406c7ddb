"""Lists and single things, each one indexed statement."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.selectable import FromClause

from adapters.sql.dialects import is_one_of
from adapters.sql.literals import Condition, is_busy, is_for_review, is_occupied, is_public, is_word
from adapters.sql.rows import (
    BOOKING,
    EARNINGS,
    ORDER,
    PAYMENT,
    PAYOUT,
    PRACTITIONER,
    REFUND,
    SERVICE,
    SESSION,
    Row,
    Shape,
)
from adapters.sql.tables import (
    bookings,
    earnings,
    orders,
    payments,
    payouts,
    practitioners,
    refunds,
    services,
    sessions,
)
from core.domain.bookings import Seat
from core.domain.catalogue import Practitioner, Service, ServiceStatus, ServiceType, Visibility
from core.domain.earnings import Earnings, Payout
from core.domain.ids import BookingId, OrderId, ServiceId, SessionId, UserId
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, EarningsStatus, OrderStatus, SessionStatus
from ports.queries import BookingState, Cursor, Items, Page

R = TypeVar("R")


def get(connection: Connection, shape: Shape[R], key: object) -> R | None:
    """The record with that primary key."""
    row = connection.execute(_by_key(shape), {"key": key}).first()
    return None if row is None else shape.read(row)


@cache
def _by_key(shape: Shape[Any]) -> sa.Select[Any]:
    return sa.select(shape.table).where(shape.table.c[shape.key[0]] == sa.bindparam("key"))


_WITH_ACCOUNT = sa.select(practitioners).where(practitioners.c.stripe_account_id == sa.bindparam("account"))


def practitioners_with_account(connection: Connection, stripe_account_id: str) -> Sequence[Practitioner]:
    """See `Queries.practitioners_with_account`."""
    return PRACTITIONER.read_all(connection.execute(_WITH_ACCOUNT, {"account": stripe_account_id}))


def page_of(
    connection: Connection,
    statement: sa.Select[Any],
    page: Page,
    *,
    at: sa.ColumnElement[Any],
    key: sa.ColumnElement[Any],
    read: Callable[[Row], R],
    place: Callable[[R], Cursor],
    oldest_first: bool = False,
) -> Items[R]:
    """The items after the page's cursor. One more is asked for, to know whether there are more."""
    ordered = statement.order_by(at, key) if oldest_first else statement.order_by(at.desc(), key.desc())
    if page.after is not None:
        seen = sa.tuple_(sa.literal(page.after.at, at.type), sa.literal(page.after.id, key.type))
        ordered = ordered.where(sa.tuple_(at, key) > seen if oldest_first else sa.tuple_(at, key) < seen)
    rows = connection.execute(ordered.limit(page.limit + 1)).all()
    items = tuple(read(row) for row in rows[: page.limit])
    return Items(items=items, next=place(items[-1]) if len(rows) > page.limit and items else None)


def _created(record: Service | Order | Earnings | Payout) -> Cursor:
    return Cursor(at=record.created_at, id=record.id)


def _newest(
    connection: Connection,
    shape: Shape[R],
    statement: sa.Select[Any],
    page: Page,
    place: Callable[[R], Cursor],
) -> Items[R]:
    columns = shape.table.c
    return page_of(
        connection, statement, page, at=columns.created_at, key=columns.id, read=shape.read, place=place
    )


def _filtered(table: FromClause, **wanted: object) -> sa.Select[Any]:
    """The rows with these values; None does not filter."""
    conditions = [table.c[name] == value for name, value in wanted.items() if value is not None]
    return sa.select(table).where(*conditions)


def services_by_id(connection: Connection, ids: Sequence[ServiceId]) -> Sequence[Service]:
    """See `Queries.services_by_id`; in the order of the ids."""
    rows = connection.execute(_services_by_id(connection.dialect.name), {"ids": list(ids)})
    found = {service.id: service for service in SERVICE.read_all(rows)}
    return [found[key] for key in dict.fromkeys(ids) if key in found]


@cache
def _services_by_id(dialect: str) -> sa.Select[Any]:
    return sa.select(services).where(is_one_of(services.c.id, "ids", dialect))


def service_page(
    connection: Connection, page: Page, service_type: ServiceType | None, practitioner_id: UserId | None
) -> Items[Service]:
    """See `Queries.services`."""
    listed = _filtered(services, service_type=service_type, practitioner_id=practitioner_id).where(
        is_word(services.c.status, ServiceStatus.ACTIVE), is_word(services.c.visibility, Visibility.PUBLIC)
    )
    return _newest(connection, SERVICE, listed, page, _created)


def session_page(
    connection: Connection,
    page: Page,
    service_id: ServiceId | None,
    start: datetime | None,
    end: datetime | None,
) -> Items[ServiceSession]:
    """See `Queries.sessions`."""
    starts = sessions.c.start_time
    statement = _filtered(sessions, service_id=service_id).where(is_public(sessions), starts.is_not(None))
    if start is not None:
        statement = statement.where(starts >= start)
    if end is not None:
        statement = statement.where(starts < end)
    return page_of(
        connection,
        statement,
        page,
        at=starts,
        key=sessions.c.id,
        read=SESSION.read,
        place=_starts,
        oldest_first=True,
    )


def review_page(connection: Connection, page: Page, practitioner_id: UserId | None) -> Items[ServiceSession]:
    """See `Queries.sessions_for_review`."""
    return page_of(
        connection,
        _filtered(sessions, practitioner_id=practitioner_id).where(is_for_review(sessions)),
        page,
        at=sessions.c.start_time,
        key=sessions.c.id,
        read=SESSION.read,
        place=_starts,
        oldest_first=True,
    )


def _starts(session: ServiceSession) -> Cursor:
    if session.start_time is None:
        raise ValueError(f"session {session.id} has no time")
    return Cursor(at=session.start_time, id=session.id)


def busy(
    connection: Connection, practitioner_id: UserId, start: datetime, end: datetime
) -> Sequence[ServiceSession]:
    """See `Queries.busy`."""
    wanted = {"practitioner": practitioner_id, "start": start, "end": end}
    return SESSION.read_all(connection.execute(_BUSY, wanted))


_BUSY = sa.select(sessions).where(
    sessions.c.practitioner_id == sa.bindparam("practitioner"),
    is_busy(sessions),
    sessions.c.start_time < sa.bindparam("end"),
    sessions.c.end_time > sa.bindparam("start"),
)


def order_page(
    connection: Connection,
    page: Page,
    user_id: UserId | None,
    order_type: OrderType | None,
    status: OrderStatus | None,
) -> Items[Order]:
    """See `Queries.orders`."""
    wanted = _filtered(orders, user_id=user_id, order_type=order_type, status=status)
    return _newest(connection, ORDER, wanted, page, _created)


_SEATS = sa.select(*bookings.c, *sessions.c).join(sessions, sessions.c.id == bookings.c.session_id)
_ORDER_SEATS = _SEATS.where(bookings.c.order_id == sa.bindparam("order")).order_by(
    bookings.c.created_at, bookings.c.id
)
_SEAT = _SEATS.where(bookings.c.id == sa.bindparam("booking"))


def _read_seat(row: Row) -> Seat:
    width = BOOKING.width
    return Seat(booking=BOOKING.read(row[:width]), session=SESSION.read(row[width:]))


def order_seats(connection: Connection, order_id: OrderId) -> Sequence[Seat]:
    """See `Queries.order_seats`."""
    return [_read_seat(row) for row in connection.execute(_ORDER_SEATS, {"order": order_id})]


def seat(connection: Connection, booking_id: BookingId) -> Seat | None:
    """See `Queries.seat`."""
    row = connection.execute(_SEAT, {"booking": booking_id}).first()
    return None if row is None else _read_seat(row)


def seat_page(
    connection: Connection,
    page: Page,
    *,
    user_id: UserId,
    now: datetime,
    state: BookingState | None,
    order_id: OrderId | None,
    session_id: SessionId | None,
) -> Items[Seat]:
    """See `Queries.seats`."""
    statement = _SEATS.where(bookings.c.user_id == user_id)
    if order_id is not None:
        statement = statement.where(bookings.c.order_id == order_id)
    if session_id is not None:
        statement = statement.where(bookings.c.session_id == session_id)
    if state is not None:
        statement = statement.where(_is_in(state, now))
    return page_of(
        connection,
        statement,
        page,
        at=bookings.c.created_at,
        key=bookings.c.id,
        read=_read_seat,
        place=lambda seat: Cursor(at=seat.booking.created_at, id=seat.booking.id),
    )


def _is_in(state: BookingState, now: datetime) -> Condition:
    ends = sessions.c.end_time
    match state:
        case BookingState.UNSCHEDULED:
            return is_word(bookings.c.status, BookingStatus.DRAFT)
        case BookingState.CANCELED:
            return is_word(bookings.c.status, BookingStatus.CANCELED)
        case BookingState.PAST:
            is_over = sa.or_(is_word(sessions.c.status, SessionStatus.COMPLETED), ends <= now)
            return sa.and_(is_occupied(bookings), is_over)
        case BookingState.UPCOMING:
            is_off = is_word(sessions.c.status, SessionStatus.COMPLETED, SessionStatus.CANCELED)
            return sa.and_(is_occupied(bookings), sa.not_(is_off), ends > now)


def order_payments(connection: Connection, order_id: OrderId) -> Sequence[Payment]:
    """See `Queries.order_payments`; oldest first."""
    return PAYMENT.read_all(connection.execute(_of_order(payments), {"order": order_id}))


def order_refunds(connection: Connection, order_id: OrderId) -> Sequence[Refund]:
    """See `Queries.refunds`."""
    return REFUND.read_all(connection.execute(_of_order(refunds), {"order": order_id}))


@cache
def _of_order(table: sa.Table) -> sa.Select[Any]:
    columns = table.c
    of_order = sa.select(table).where(columns.order_id == sa.bindparam("order"))
    return of_order.order_by(columns.created_at, columns.id)


def earnings_page(
    connection: Connection, page: Page, practitioner_id: UserId | None, status: EarningsStatus | None
) -> Items[Earnings]:
    """See `Queries.earnings`; newest first."""
    wanted = _filtered(earnings, practitioner_id=practitioner_id, status=status)
    return _newest(connection, EARNINGS, wanted, page, _created)


def payout_page(connection: Connection, page: Page, practitioner_id: UserId | None) -> Items[Payout]:
    """See `Queries.payouts`; newest first."""
    return _newest(connection, PAYOUT, _filtered(payouts, practitioner_id=practitioner_id), page, _created)
