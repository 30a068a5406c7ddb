"""Sessions and payouts with what whole tables tell about each, added up by the database."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from adapters.legacy.schema import Schema, shape
from adapters.legacy.snapshot import Row
from core.domain.legacy.rows import Meeting, Offer, Settlement, Table
from core.domain.legacy.words import CANCELED, DELIVERED, REVERSED, SEATED


class Figured(NamedTuple):
    """What can be selected from, and the columns of a record with its figures."""

    source: sa.FromClause
    columns: list[sa.ColumnElement[Any]]


def meetings(schema: Schema) -> Figured:
    """Every session with its seats, whether its room was used, and its place in its service."""
    sessions = schema[Table.SESSIONS]
    seats, used, placed = _seats(schema), _used(schema), _placed(schema)
    source = (
        sessions.outerjoin(seats, seats.c.session_id == sessions.c.id)
        .outerjoin(used, used.c.session_id == sessions.c.id)
        .outerjoin(placed, placed.c.session_id == sessions.c.id)
    )
    figures = [
        sa.func.coalesce(seats.c.occupied, 0),
        sa.func.coalesce(seats.c.completed, 0),
        used.c.session_id.is_not(None),
        sa.func.coalesce(placed.c.position, 0),
    ]
    return Figured(source, [*shape(Table.SESSIONS).columns(sessions), *figures])


def meeting(row: Row, offers: dict[int, Offer]) -> Meeting:
    """The session of a row with these columns."""
    *session, occupied, completed, used, position = row
    found = shape(Table.SESSIONS).read(session)
    return Meeting(
        session=found,
        offer=offers.get(found.service_id),
        occupied=int(occupied),
        completed=int(completed),
        room_used=bool(used),
        position=int(position),
    )


def settlements(schema: Schema) -> Figured:
    """Every payout with the earnings in it that are somebody's."""
    payouts = schema[Table.PAYOUTS]
    earnings, bookings, users = schema[Table.EARNINGS], schema[Table.BOOKINGS], schema[Table.USERS]
    paid = (
        sa.select(
            earnings.c.payout_id,
            sa.func.count().label("earnings_count"),
            sa.func.sum(earnings.c.net_amount_cents).label("net_cents"),
        )
        .select_from(
            earnings.join(bookings, bookings.c.id == earnings.c.booking_id).join(
                users, users.c.id == bookings.c.user_id
            )
        )
        .where(earnings.c.payout_id.is_not(None), earnings.c.status != REVERSED)
        .group_by(earnings.c.payout_id)
        .subquery("paid")
    )
    figures = [sa.func.coalesce(paid.c.earnings_count, 0), sa.func.coalesce(paid.c.net_cents, 0)]
    return Figured(
        payouts.outerjoin(paid, paid.c.payout_id == payouts.c.id),
        [*shape(Table.PAYOUTS).columns(payouts), *figures],
    )


def settlement(row: Row) -> Settlement:
    """The payout of a row with these columns."""
    *payout, count, net = row
    return Settlement(
        payout=shape(Table.PAYOUTS).read(payout), earnings_count=int(count), earnings_net_cents=int(net)
    )


def _seats(schema: Schema) -> sa.Subquery:
    bookings = schema[Table.BOOKINGS].alias("seated")
    return (
        sa.select(
            bookings.c.service_session_id.label("session_id"),
            sa.func.sum(sa.case((bookings.c.status.in_(SEATED), 1), else_=0)).label("occupied"),
            sa.func.sum(sa.case((bookings.c.status.in_(DELIVERED), 1), else_=0)).label("completed"),
        )
        .where(bookings.c.service_session_id.is_not(None), ~schema.is_parent(bookings))
        .group_by(bookings.c.service_session_id)
        .subquery("seats")
    )


def _used(schema: Schema) -> sa.Subquery:
    presences = schema[Table.PRESENCES].alias("present")
    return sa.select(presences.c.service_session_id.label("session_id")).distinct().subquery("used")


def _placed(schema: Schema) -> sa.Subquery:
    sessions = schema[Table.SESSIONS].alias("ordered")
    order = (schema.moment(sessions.c.start_time), sessions.c.id)
    position = sa.func.row_number().over(partition_by=sessions.c.service_id, order_by=order)
    return (
        sa.select(sessions.c.id.label("session_id"), position.label("position"))
        .where(sessions.c.start_time.is_not(None), sessions.c.status.not_in(CANCELED))
        .subquery("placed")
    )
