"""What an audit counts, as statements that give the ids of the rows in question."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from adapters.legacy.schema import Schema
from core.domain.catalogue import ServiceType
from core.domain.legacy.placing import NEARBY
from core.domain.legacy.rows import Anomaly, Table
from core.domain.legacy.words import DELIVERED
from core.domain.statuses import EarningsStatus

Ids = sa.Select[Any] | sa.CompoundSelect[Any]


def _package_parents(schema: Schema) -> Ids:
    bookings = schema[Table.BOOKINGS]
    return sa.select(bookings.c.id).where(schema.flag(bookings.c.is_package_purchase))


def _bundle_parents(schema: Schema) -> Ids:
    bookings = schema[Table.BOOKINGS]
    return sa.select(bookings.c.id).where(schema.flag(bookings.c.is_bundle_purchase))


def _orphaned_children(schema: Schema) -> Ids:
    bookings = schema[Table.BOOKINGS]
    parents = bookings.alias("parents")
    return (
        sa.select(bookings.c.id)
        .select_from(bookings.outerjoin(parents, parents.c.id == bookings.c.parent_booking_id))
        .where(
            bookings.c.parent_booking_id.is_not(None),
            sa.or_(parents.c.id.is_(None), ~schema.is_parent(parents)),
        )
    )


def _packages_without_orders(schema: Schema) -> Ids:
    return _without_order(schema, schema.is_parent)


def _bookings_without_order(schema: Schema) -> Ids:
    return _without_order(schema, lambda bookings: ~schema.is_parent(bookings))


def _without_order(
    schema: Schema, chosen: Callable[[sa.FromClause], sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    """Bookings that name no order, or one that is not there."""
    bookings, orders = schema[Table.BOOKINGS], schema[Table.ORDERS]
    return (
        sa.select(bookings.c.id)
        .select_from(bookings.outerjoin(orders, orders.c.id == bookings.c.order_id))
        .where(orders.c.id.is_(None), chosen(bookings))
    )


def _childless_parents(schema: Schema) -> Ids:
    bookings = schema[Table.BOOKINGS]
    children = bookings.alias("children")
    return sa.except_(
        sa.select(bookings.c.id).where(schema.is_parent(bookings)),
        sa.select(children.c.parent_booking_id).where(children.c.parent_booking_id.is_not(None)),
    )


def _pending_earnings(schema: Schema) -> Ids:
    earnings, bookings = schema[Table.EARNINGS], schema[Table.BOOKINGS]
    return (
        sa.select(earnings.c.id)
        .select_from(earnings.join(bookings, bookings.c.id == earnings.c.booking_id))
        .where(earnings.c.status == EarningsStatus.PENDING.value, bookings.c.status.not_in(DELIVERED))
    )


def _nothing_can_place(schema: Schema) -> Ids:
    """Without an order, and without a parent whose order it goes to, whatever becomes of that one.

    Only what neither a parent nor a transaction places is held against orders by time, which is dear.
    """
    bookings, orders = schema[Table.BOOKINGS].alias("near"), schema[Table.ORDERS].alias("theirs")
    left = sa.except_(_alone(schema), _placed_by_transactions(schema)).subquery("left_over")
    near = (
        sa.select(bookings.c.id)
        .select_from(
            left.join(bookings, bookings.c.id == left.c.id).join(
                orders,
                sa.and_(orders.c.user_id == bookings.c.user_id, orders.c.service_id == bookings.c.service_id),
            )
        )
        .where(schema.seconds_between(orders.c.created_at, bookings.c.created_at) <= NEARBY.total_seconds())
    )
    return sa.except_(sa.select(left.c.id), near)


def _alone(schema: Schema) -> sa.Select[Any]:
    bookings, orders = schema[Table.BOOKINGS], schema[Table.ORDERS]
    parents = bookings.alias("parents")
    return (
        sa.select(bookings.c.id)
        .select_from(
            bookings.outerjoin(orders, orders.c.id == bookings.c.order_id).outerjoin(
                parents, parents.c.id == bookings.c.parent_booking_id
            )
        )
        .where(orders.c.id.is_(None), parents.c.id.is_(None), ~schema.is_parent(bookings))
    )


def _placed_by_transactions(schema: Schema) -> sa.Select[Any]:
    transactions, orders = schema[Table.TRANSACTIONS], schema[Table.ORDERS]
    return (
        sa.select(transactions.c.booking_id)
        .select_from(transactions.join(orders, orders.c.id == transactions.c.order_id))
        .where(transactions.c.booking_id.is_not(None))
    )


def _without_session(schema: Schema) -> Ids:
    bookings, sessions = schema[Table.BOOKINGS], schema[Table.SESSIONS]
    return (
        sa.select(bookings.c.id)
        .select_from(bookings.outerjoin(sessions, sessions.c.id == bookings.c.service_session_id))
        .where(sessions.c.id.is_(None), ~schema.is_parent(bookings))
    )


def _duplicate_times(schema: Schema) -> Ids:
    sessions, services = schema[Table.SESSIONS], schema[Table.SERVICES]
    types = schema[Table.SERVICE_TYPES]
    at = (sessions.c.service_id, schema.moment(sessions.c.start_time))
    numbered = (
        sa.select(
            sessions.c.id,
            sa.func.row_number().over(partition_by=at, order_by=sessions.c.id).label("number"),
        )
        .select_from(
            sessions.join(services, services.c.id == sessions.c.service_id).join(
                types, types.c.id == services.c.service_type_id
            )
        )
        .where(
            types.c.code.in_((ServiceType.WORKSHOP.value, ServiceType.COURSE.value)),
            sessions.c.start_time.is_not(None),
        )
        .subquery("numbered")
    )
    return sa.select(numbered.c.id).where(numbered.c.number > 1)


def _shared_emails(schema: Schema) -> Ids:
    users = schema[Table.USERS]
    number = sa.func.row_number().over(partition_by=sa.func.lower(users.c.email), order_by=users.c.id)
    numbered = sa.select(users.c.id, number.label("number")).subquery("numbered")
    return sa.select(numbered.c.id).where(numbered.c.number > 1)


FOUND: Final[Mapping[Anomaly, Callable[[Schema], Ids]]] = {
    Anomaly.PACKAGE_PARENTS: _package_parents,
    Anomaly.BUNDLE_PARENTS: _bundle_parents,
    Anomaly.ORPHANED_CHILDREN: _orphaned_children,
    Anomaly.PACKAGES_WITHOUT_ORDERS: _packages_without_orders,
    Anomaly.CHILDLESS_PARENTS: _childless_parents,
    Anomaly.PENDING_EARNINGS_OF_UNDELIVERED_BOOKINGS: _pending_earnings,
    Anomaly.BOOKINGS_WITHOUT_ORDER: _bookings_without_order,
    Anomaly.BOOKINGS_NOTHING_CAN_PLACE: _nothing_can_place,
    Anomaly.BOOKINGS_WITHOUT_SESSION: _without_session,
    Anomaly.DUPLICATE_WORKSHOP_TIMES: _duplicate_times,
    Anomaly.SHARED_EMAILS: _shared_emails,
}
"""All but DOUBLE_BOOKED, which appointments tell in their order."""


def counts_of(schema: Schema) -> sa.Select[Any]:
    """How many rows each has, in one statement."""
    return sa.select(
        *(
            sa.select(sa.func.count()).select_from(found(schema).subquery(f"a_{anomaly}")).scalar_subquery()
            for anomaly, found in FOUND.items()
        )
    )


def first_ids(schema: Schema, anomaly: Anomaly, limit: int) -> sa.Select[Any]:
    """The first rows of an anomaly, by id."""
    found = FOUND[anomaly](schema).subquery("found")
    key = found.c[0]
    return sa.select(key).order_by(key).limit(limit)


def strays(schema: Schema, table: Table, column: str, owners: Table) -> sa.Select[Any]:
    """Rows of a table whose column names an owner that is not there."""
    rows, owner = schema[table], schema[owners].alias("owner")
    return (
        sa.select(rows.c.id, rows.c[column])
        .select_from(rows.outerjoin(owner, owner.c.id == rows.c[column]))
        .where(owner.c.id.is_(None))
        .order_by(rows.c.id)
    )


def nobodys(schema: Schema) -> sa.Select[Any]:
    """Earnings of a booking that is there and whose user is not."""
    earnings, bookings, users = schema[Table.EARNINGS], schema[Table.BOOKINGS], schema[Table.USERS]
    return (
        sa.select(earnings.c.id, bookings.c.id, bookings.c.user_id)
        .select_from(
            earnings.join(bookings, bookings.c.id == earnings.c.booking_id).outerjoin(
                users, users.c.id == bookings.c.user_id
            )
        )
        .where(users.c.id.is_(None))
        .order_by(earnings.c.id)
    )


def sample_packages(schema: Schema, limit: int) -> sa.Select[Any]:
    """The first parents with the number of their children."""
    bookings = schema[Table.BOOKINGS]
    first = (
        sa.select(bookings).where(schema.is_parent(bookings)).order_by(bookings.c.id).limit(limit)
    ).subquery("first")
    children = bookings.alias("children")
    counted = (
        sa.select(sa.func.count())
        .select_from(children)
        .where(children.c.parent_booking_id == first.c.id)
        .scalar_subquery()
    )
    return sa.select(
        first.c.id,
        schema.flag(first.c.is_bundle_purchase),
        first.c.price_charged_cents,
        first.c.order_id,
        counted,
    ).order_by(first.c.id)
