"""What the sweep asks: what is due, and what may be forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy import Connection

from adapters.sql.literals import (
    Condition,
    is_expiring,
    is_held,
    is_not_for_review,
    is_occupying,
    is_offered,
    is_open,
    is_open_payment,
    is_open_payout,
    is_open_refund,
    is_reminded,
    is_waited_for,
    is_waiting,
    is_waiting_notice,
)
from adapters.sql.tables import (
    earnings,
    inbox,
    orders,
    payments,
    payouts,
    refunds,
    requests,
    sessions,
    waitlist,
)
from adapters.sql.types import Instant
from ports.store import DueKind, Overdue

_NOW = sa.bindparam("now", type_=Instant())
_LIMIT = sa.bindparam("limit", type_=sa.Integer())


@frozen
class _Rows:
    """The rows of a table that are due, and since when."""

    table: sa.Table
    at: sa.ColumnElement[Any]
    condition: Condition

    def oldest(self) -> sa.Select[Any]:
        """Their ids, oldest first."""
        return (
            sa.select(self.table.c.id).where(self.condition).order_by(self.at, self.table.c.id).limit(_LIMIT)
        )

    def counted(self) -> sa.Select[Any, Any]:
        """How many there are, and the oldest moment."""
        return sa.select(sa.func.count(), sa.func.min(self.at)).select_from(self.table).where(self.condition)


def _reached(table: sa.Table, at: sa.ColumnElement[Any], condition: Condition) -> _Rows:
    return _Rows(table, at, sa.and_(condition, at <= _NOW))


_is_stuck = sa.or_(
    sessions.c.current_participants + sessions.c.offered_seats < sessions.c.max_participants,
    sessions.c.start_time <= _NOW,
    sa.not_(is_open(sessions)),
)

_ROWS: Mapping[DueKind, _Rows] = {
    DueKind.SESSIONS: _reached(
        sessions, sessions.c.end_time, sa.and_(is_occupying(sessions), is_not_for_review(sessions))
    ),
    DueKind.HOLDS: _reached(orders, orders.c.hold_expires_at, is_held(orders)),
    DueKind.EXPIRIES: _reached(orders, orders.c.expiry_due_at, is_expiring(orders)),
    DueKind.EARNINGS: _reached(earnings, earnings.c.available_after, is_waiting(earnings)),
    DueKind.PAYMENTS: _reached(payments, payments.c.updated_at, is_open_payment(payments)),
    DueKind.REFUNDS: _reached(refunds, refunds.c.updated_at, is_open_refund(refunds)),
    DueKind.PAYOUTS: _reached(payouts, payouts.c.updated_at, is_open_payout(payouts)),
    DueKind.OFFERS: _reached(waitlist, waitlist.c.offer_expires_at, is_offered(waitlist)),
    DueKind.INBOX: _reached(inbox, inbox.c.next_try_at, is_waiting_notice(inbox)),
    DueKind.REMINDERS: _reached(sessions, sessions.c.next_reminder_at, is_reminded(sessions)),
    DueKind.LINES: _Rows(sessions, sessions.c.start_time, sa.and_(is_waited_for(sessions), _is_stuck)),
}

DUE: Mapping[DueKind, sa.Select[Any]] = {
    **{kind: rows.oldest() for kind, rows in _ROWS.items()},
    DueKind.HOLDS: sa.select(payments.c.id)
    .select_from(orders)
    .join(payments, payments.c.order_id == orders.c.id)
    .where(is_held(orders), orders.c.hold_expires_at <= _NOW)
    .order_by(orders.c.hold_expires_at, orders.c.id, payments.c.created_at, payments.c.id)
    .limit(_LIMIT),
}
"""A hold is let go of by its order's payments."""

OVERDUE: Mapping[DueKind, sa.Select[Any, Any]] = {kind: rows.counted() for kind, rows in _ROWS.items()}

_expired = (
    sa.select(requests.c.actor, requests.c.key)
    .where(requests.c.expires_at <= _NOW)
    .order_by(requests.c.expires_at)
    .limit(_LIMIT)
)
FORGET = sa.delete(requests).where(sa.tuple_(requests.c.actor, requests.c.key).in_(_expired))


def due(connection: Connection, kind: DueKind, now: datetime, limit: int) -> Sequence[UUID]:
    """See `Store.due`."""
    return connection.execute(DUE[kind], {"now": now, "limit": limit}).scalars().all()


def overdue(connection: Connection, kind: DueKind, now: datetime) -> Overdue:
    """See `Store.overdue`."""
    count, oldest_at = connection.execute(OVERDUE[kind], {"now": now}).one()
    return Overdue(count=count, oldest_at=oldest_at)


def forget_idempotency(connection: Connection, now: datetime, limit: int) -> int:
    """See `Store.forget_idempotency`."""
    return connection.execute(FORGET, {"now": now, "limit": limit}).rowcount
