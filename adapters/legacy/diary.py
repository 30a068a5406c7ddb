"""The times that keep practitioners busy, out of sessions and of bookings that have none."""

from typing import Any, Final

import sqlalchemy as sa

from adapters.legacy.schema import Schema
from adapters.legacy.snapshot import Row
from adapters.legacy.values import moment
from core.domain.legacy.rows import Appointment, Table
from core.domain.legacy.words import BUSY_BOOKINGS, BUSY_SESSIONS, INDIVIDUAL
from ports.legacy_source import Unreadable

SESSION: Final = 0
BOOKING: Final = 1
"""Sessions come first among those that begin at once."""


def appointments(schema: Schema) -> sa.CompoundSelect[Any]:
    """By practitioner, start, kind and id."""
    found = sa.union_all(_sessions(schema), _bookings(schema))
    columns = found.selected_columns
    return found.order_by(columns.practitioner_id, columns.moment, columns.kind, columns.id)


def appointment(row: Row) -> Appointment:
    """The appointment of a row of `appointments`."""
    practitioner, _, kind, key, start, end, minutes = row
    try:
        return Appointment(
            practitioner_id=int(practitioner),
            session_id=int(key) if kind == SESSION else None,
            booking_id=int(key) if kind == BOOKING else None,
            start_time=moment(start),
            end_time=None if end is None else moment(end),
            duration_minutes=None if minutes is None else int(minutes),
        )
    except (ValueError, TypeError):
        table = Table.SESSIONS if kind == SESSION else Table.BOOKINGS
        raise Unreadable(f"{table}, id {key}: its times are none") from None


def _sessions(schema: Schema) -> sa.Select[Any]:
    sessions, services, types = (
        schema[Table.SESSIONS],
        schema[Table.SERVICES],
        schema[Table.SERVICE_TYPES],
    )
    return (
        _appointment(schema, SESSION, sessions, services.c.primary_practitioner_id, services)
        .select_from(
            sessions.join(services, services.c.id == sessions.c.service_id).join(
                types, types.c.id == services.c.service_type_id
            )
        )
        .where(
            types.c.code == INDIVIDUAL,
            sessions.c.status.in_(BUSY_SESSIONS),
            sessions.c.start_time.is_not(None),
            services.c.primary_practitioner_id.is_not(None),
        )
    )


def _bookings(schema: Schema) -> sa.Select[Any]:
    bookings, services = schema[Table.BOOKINGS], schema[Table.SERVICES]
    practitioner = sa.func.coalesce(bookings.c.practitioner_id, services.c.primary_practitioner_id)
    return (
        _appointment(schema, BOOKING, bookings, practitioner, services)
        .select_from(bookings.outerjoin(services, services.c.id == bookings.c.service_id))
        .where(
            ~schema.is_parent(bookings),
            bookings.c.service_session_id.is_(None),
            bookings.c.status.in_(BUSY_BOOKINGS),
            bookings.c.start_time.is_not(None),
            practitioner.is_not(None),
        )
    )


def _appointment(
    schema: Schema,
    kind: int,
    rows: sa.FromClause,
    practitioner: sa.ColumnElement[Any],
    services: sa.FromClause,
) -> sa.Select[Any]:
    return sa.select(
        practitioner.label("practitioner_id"),
        schema.moment(rows.c.start_time).label("moment"),
        sa.literal_column(str(kind), sa.Integer()).label("kind"),
        rows.c.id.label("id"),
        rows.c.start_time.label("start_time"),
        rows.c.end_time.label("end_time"),
        services.c.duration_minutes.label("duration_minutes"),
    )
