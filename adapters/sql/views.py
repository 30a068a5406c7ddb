"""The statements behind the declared loads, built once.

A view is one outer join: its records lie side by side in each row, at the offsets given here.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import FromClause

from adapters.sql.dialects import is_one_of, minutes_after, nested_ids, nested_number
from adapters.sql.literals import is_busy, is_live_place, is_occupied, is_offered, is_payable, is_word
from adapters.sql.rows import ACCOUNT, BOOKING, EARNINGS, ORDER, PRACTITIONER, SERVICE, SESSION
from adapters.sql.tables import (
    bookings,
    credit_accounts,
    earnings,
    orders,
    payments,
    payouts,
    practitioners,
    refunds,
    requests,
    room_events,
    services,
    sessions,
    waitlist,
)
from adapters.sql.types import Instant
from core.domain.catalogue import ServiceType
from core.domain.statuses import BookingStatus, SessionStatus

CHECKOUT_ACCOUNT = SERVICE.width + PRACTITIONER.width
CHECKOUT_PARTS = CHECKOUT_ACCOUNT + ACCOUNT.width
CHECKOUT_SESSIONS = CHECKOUT_PARTS + SERVICE.width
CHECKOUT_BUSY = CHECKOUT_SESSIONS + SESSION.width
CHECKOUT_OFFER = CHECKOUT_BUSY + SESSION.width

ORDER_BOOKINGS = ORDER.width
ORDER_SESSIONS = ORDER_BOOKINGS + BOOKING.width
ORDER_EARNINGS = ORDER_SESSIONS + SESSION.width
ORDER_PAYMENTS = ORDER_EARNINGS + EARNINGS.width

SCHEDULE_SESSION = BOOKING.width
SCHEDULE_ORDER = SCHEDULE_SESSION + SESSION.width
SCHEDULE_SERVICE = SCHEDULE_ORDER + ORDER.width
SCHEDULE_PRACTITIONER = SCHEDULE_SERVICE + SERVICE.width
SCHEDULE_TARGET = SCHEDULE_PRACTITIONER + PRACTITIONER.width
SCHEDULE_BUSY = SCHEDULE_TARGET + SESSION.width
SCHEDULE_EARNINGS = SCHEDULE_BUSY + SESSION.width
SCHEDULE_OFFER = SCHEDULE_EARNINGS + EARNINGS.width

DELIVERY_ORDERS = SESSION.width + BOOKING.width
DELIVERY_EARNINGS = DELIVERY_ORDERS + ORDER.width
DELIVERY_PAYMENTS = DELIVERY_EARNINGS + EARNINGS.width
DELIVERY_ROOM_EVENTS = DELIVERY_EARNINGS + EARNINGS.width

Parameter = sa.BindParameter[Any]


def wanted_id(name: str) -> Parameter:
    """A parameter that holds an id."""
    return sa.bindparam(name, type_=sa.Uuid())


START: Parameter = sa.bindparam("start", type_=Instant())


def in_the_way(
    session: FromClause, practitioner_id: Any, minutes: sa.ColumnElement[int], dialect: str
) -> sa.ColumnElement[bool]:
    """Whether a session keeps the practitioner busy in [start, start + minutes) or in the buffers around
    it; never without a start. `practitioners` must be joined before.
    """
    zero = sa.literal_column("0", sa.BigInteger())
    wanted = nested_number(practitioners.c.availability, "buffer_minutes", dialect)
    buffer: sa.ColumnElement[int] = sa.func.coalesce(wanted, zero)
    return sa.and_(
        session.c.practitioner_id == practitioner_id,
        is_busy(session),
        session.c.start_time < minutes_after(START, minutes + buffer, dialect),
        session.c.end_time > minutes_after(START, -buffer, dialect),
    )


def is_offer_to(user_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether a place in the wanted session's line holds a seat for this user."""
    # Said twice, the second time as the unique index has it: only so it is used.
    offered = sa.and_(is_offered(waitlist), is_live_place(waitlist))
    return sa.and_(waitlist.c.session_id == wanted_id("session"), waitlist.c.user_id == user_id, offered)


@cache
def checkout(dialect: str) -> sa.Select[Any]:
    """The service first; what it does not need (parts, sessions, busy) is not looked for."""
    wanted = sa.select(services).where(services.c.id == wanted_id("service")).cte("wanted")
    part = _parts(wanted, dialect)
    seatable = _sessions_to_buy(wanted)
    busy = sessions.alias("busy")
    is_session = is_word(wanted.c.service_type, ServiceType.SESSION)
    overlapping = in_the_way(busy, wanted.c.practitioner_id, wanted.c.duration_minutes, dialect)
    return (
        sa.select(
            *wanted.c,
            *practitioners.c,
            *credit_accounts.c,
            *part.c,
            *seatable.c,
            *busy.c,
            *waitlist.c,
        )
        .select_from(wanted)
        .join(practitioners, practitioners.c.id == wanted.c.practitioner_id)
        .outerjoin(credit_accounts, credit_accounts.c.user_id == wanted_id("user"))
        .outerjoin(part, sa.true())
        .outerjoin(seatable, sa.true())
        .outerjoin(busy, sa.and_(is_session, overlapping))
        .outerjoin(waitlist, is_offer_to(wanted_id("user")))
        .order_by(seatable.c.start_time.nulls_last(), seatable.c.id, busy.c.start_time, busy.c.id)
    )


def _parts(wanted: FromClause, dialect: str) -> FromClause:
    """The services inside a package or bundle."""
    item, item_id = nested_ids(wanted.c.components, "service_id", dialect)
    ids = sa.union_all(
        sa.select(item_id.label("id")).select_from(wanted.join(item, sa.true())),
        sa.select(wanted.c.bundled_service_id).where(wanted.c.bundled_service_id.is_not(None)),
    ).subquery("part_ids")
    return sa.select(services).join(ids, services.c.id == ids.c.id).subquery("part")


def _sessions_to_buy(wanted: FromClause) -> FromClause:
    """The chosen session of a workshop, or all of a course's."""
    of_service = sa.select(sessions).join(wanted, sessions.c.service_id == wanted.c.id)
    chosen = of_service.where(
        is_word(wanted.c.service_type, ServiceType.WORKSHOP), sessions.c.id == wanted_id("session")
    )
    lessons = of_service.where(
        is_word(wanted.c.service_type, ServiceType.COURSE),
        sa.not_(is_word(sessions.c.status, SessionStatus.CANCELED)),
    )
    return sa.union_all(chosen, lessons).subquery("seatable")


def _order_view(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(*orders.c, *bookings.c, *sessions.c, *earnings.c, *payments.c)
        .select_from(orders)
        .outerjoin(bookings, bookings.c.order_id == orders.c.id)
        .outerjoin(sessions, sessions.c.id == bookings.c.session_id)
        .outerjoin(earnings, earnings.c.booking_id == bookings.c.id)
        .outerjoin(payments, payments.c.order_id == orders.c.id)
        .where(which)
        .order_by(bookings.c.created_at, bookings.c.id, payments.c.created_at, payments.c.id)
    )


_paid = payments.alias("paid")
ORDER_BY_ID = _order_view(orders.c.id == wanted_id("order"))
ORDER_BY_PAYMENT = _order_view(
    orders.c.id == sa.select(_paid.c.order_id).where(_paid.c.id == wanted_id("payment")).scalar_subquery()
)


@cache
def schedule(dialect: str) -> sa.Select[Any]:
    """The seat first, then all that hangs on it, and what is in its way."""
    target, busy = sessions.alias("target"), sessions.alias("busy")
    overlapping = in_the_way(busy, bookings.c.practitioner_id, sessions.c.duration_minutes, dialect)
    return (
        sa.select(
            *bookings.c,
            *sessions.c,
            *orders.c,
            *services.c,
            *practitioners.c,
            *target.c,
            *busy.c,
            *earnings.c,
            *waitlist.c,
        )
        .select_from(bookings)
        .join(sessions, sessions.c.id == bookings.c.session_id)
        .join(orders, orders.c.id == bookings.c.order_id)
        .join(services, services.c.id == bookings.c.service_id)
        .join(practitioners, practitioners.c.id == bookings.c.practitioner_id)
        .outerjoin(target, target.c.id == wanted_id("session"))
        .outerjoin(busy, sa.and_(overlapping, busy.c.id != bookings.c.session_id))
        .outerjoin(earnings, earnings.c.booking_id == bookings.c.id)
        .outerjoin(waitlist, is_offer_to(bookings.c.user_id))
        .where(bookings.c.id == wanted_id("booking"))
        .order_by(busy.c.start_time, busy.c.id)
    )


_SEATS, _ROOM = sa.literal_column("1", sa.Integer()), sa.literal_column("2", sa.Integer())
_half = sa.union_all(sa.select(_SEATS.label("of")), sa.select(_ROOM.label("of"))).subquery("half")
_is_seat = sa.and_(_half.c.of == _SEATS, bookings.c.session_id == sessions.c.id, is_occupied(bookings))
_is_in_room = sa.and_(_half.c.of == _ROOM, room_events.c.session_id == sessions.c.id)
DELIVERY = (
    sa.select(*sessions.c, *bookings.c, *orders.c, *earnings.c, *room_events.c)
    .select_from(sessions)
    .join(_half, sa.true())
    .outerjoin(bookings, _is_seat)
    .outerjoin(orders, orders.c.id == bookings.c.order_id)
    .outerjoin(earnings, earnings.c.booking_id == bookings.c.id)
    .outerjoin(room_events, _is_in_room)
    .where(sessions.c.id == wanted_id("session"))
    .order_by(bookings.c.created_at, bookings.c.id, room_events.c.occurred_at, room_events.c.id)
)
"""The session's seats in one half of the rows, its room's events in the other: a sum, no product."""

_is_live = sa.not_(is_word(bookings.c.status, BookingStatus.CANCELED))
CANCELLATION = (
    sa.select(*sessions.c, *bookings.c, *orders.c, *earnings.c, *payments.c)
    .select_from(sessions)
    .outerjoin(bookings, sa.and_(bookings.c.session_id == sessions.c.id, _is_live))
    .outerjoin(orders, orders.c.id == bookings.c.order_id)
    .outerjoin(earnings, earnings.c.booking_id == bookings.c.id)
    .outerjoin(payments, payments.c.order_id == orders.c.id)
    .where(sessions.c.id == wanted_id("session"))
    .order_by(bookings.c.created_at, bookings.c.id, payments.c.created_at, payments.c.id)
)

REFUND = (
    sa.select(*refunds.c, *orders.c, *payments.c)
    .select_from(refunds)
    .join(orders, orders.c.id == refunds.c.order_id)
    .outerjoin(payments, payments.c.id == refunds.c.payment_id)
    .where(refunds.c.id == wanted_id("refund"))
)

PAYABLE = (
    sa.select(*practitioners.c, *earnings.c)
    .select_from(practitioners)
    .outerjoin(earnings, sa.and_(earnings.c.practitioner_id == practitioners.c.id, is_payable(earnings)))
    .where(practitioners.c.id == wanted_id("practitioner"))
    .order_by(earnings.c.created_at, earnings.c.id)
)

PAYOUT = (
    sa.select(*payouts.c, *practitioners.c, *earnings.c)
    .select_from(payouts)
    .join(practitioners, practitioners.c.id == payouts.c.practitioner_id)
    .outerjoin(earnings, earnings.c.payout_id == payouts.c.id)
    .where(payouts.c.id == wanted_id("payout"))
    .order_by(earnings.c.created_at, earnings.c.id)
)

REQUEST = sa.select(requests).where(
    requests.c.actor == sa.bindparam("actor"), requests.c.key == sa.bindparam("key")
)


@cache
def earnings_by_id(dialect: str) -> sa.Select[Any]:
    """Earnings with one of many ids."""
    return sa.select(earnings).where(is_one_of(earnings.c.id, "ids", dialect))
