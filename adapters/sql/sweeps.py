"""What the sweep asks: what is due, and what may be forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
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
from ports.store import DueKind

_NOW = sa.bindparam("now", type_=Instant())
_LIMIT = sa.bindparam("limit", type_=sa.Integer())


def _oldest(table: sa.Table, at: sa.ColumnElement[Any], condition: Condition) -> sa.Select[Any]:
    return sa.select(table.c.id).where(condition, at <= _NOW).order_by(at, table.c.id).limit(_LIMIT)


_is_stuck = sa.or_(
    sessions.c.current_participants + sessions.c.offered_seats < sessions.c.max_participants,
    sessions.c.start_time <= _NOW,
    sa.not_(is_open(sessions)),
)

DUE: Mapping[DueKind, sa.Select[Any]] = {
    DueKind.SESSIONS: _oldest(
        sessions, sessions.c.end_time, sa.and_(is_occupying(sessions), is_not_for_review(sessions))
    ),
    DueKind.HOLDS: sa.select(payments.c.id)
    .select_from(orders)
    .join(payments, payments.c.order_id == orders.c.id)
    .where(is_held(orders), orders.c.hold_expires_at <= _NOW)
    .order_by(orders.c.hold_expires_at, orders.c.id, payments.c.created_at, payments.c.id)
    .limit(_LIMIT),
    DueKind.EXPIRIES: _oldest(orders, orders.c.expiry_due_at, is_expiring(orders)),
    DueKind.EARNINGS: _oldest(earnings, earnings.c.available_after, is_waiting(earnings)),
    DueKind.PAYMENTS: _oldest(payments, payments.c.updated_at, is_open_payment(payments)),
    DueKind.REFUNDS: _oldest(refunds, refunds.c.updated_at, is_open_refund(refunds)),
    DueKind.PAYOUTS: _oldest(payouts, payouts.c.updated_at, is_open_payout(payouts)),
    DueKind.OFFERS: _oldest(waitlist, waitlist.c.offer_expires_at, is_offered(waitlist)),
    DueKind.INBOX: _oldest(inbox, inbox.c.next_try_at, is_waiting_notice(inbox)),
    DueKind.REMINDERS: _oldest(sessions, sessions.c.next_reminder_at, is_reminded(sessions)),
    DueKind.LINES: sa.select(sessions.c.id)
    .where(is_waited_for(sessions), _is_stuck)
    .order_by(sessions.c.start_time, sessions.c.id)
    .limit(_LIMIT),
}

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


def forget_idempotency(connection: Connection, now: datetime, limit: int) -> int:
    """See `Store.forget_idempotency`."""
    return connection.execute(FORGET, {"now": now, "limit": limit}).rowcount
