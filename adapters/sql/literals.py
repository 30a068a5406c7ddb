"""Conditions on statuses, with the words written out.

A partial index is used only where the query says the index's own condition; a parameter in
its place would hide it from the planner.
"""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import FromClause

from core.domain.analytics import BOUGHT_STATUSES, PACKAGE_TYPES
from core.domain.catalogue import Visibility
from core.domain.sessions import OCCUPYING_STATUSES, OPEN_STATUSES, SessionType
from core.domain.statuses import (
    BookingStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
    WaitlistStatus,
)
from core.domain.subscriptions import LIVE_SUBSCRIPTIONS, SubscriptionStatus
from core.domain.waitlist import LIVE_STATUSES

Condition = sa.ColumnElement[bool]


def literal(word: StrEnum) -> sa.ColumnElement[Any]:
    """A word of our own, as an SQL literal."""
    return sa.literal_column(f"'{word.value}'", sa.Text())


def is_word(column: sa.ColumnElement[Any], *words: StrEnum) -> Condition:
    """Whether the column holds one of the words."""
    if len(words) == 1:
        return column == literal(words[0])
    return column.in_([literal(word) for word in words])


def is_open(session: FromClause) -> Condition:
    """Whether a seat can be taken."""
    return is_word(session.c.status, *OPEN_STATUSES)


def is_occupying(session: FromClause) -> Condition:
    """Whether the session will take place, or does."""
    return is_word(session.c.status, *OCCUPYING_STATUSES)


def is_for_review(session: FromClause) -> sa.TextClause:
    """Whether its practitioner never came, in the very words of the partial indexes."""
    return sa.text(f"{session.c.needs_review}")


def is_not_for_review(session: FromClause) -> sa.TextClause:
    """The same the other way round; a comparison with false would not be the index's words."""
    return sa.text(f"NOT {session.c.needs_review}")


def is_busy(session: FromClause) -> Condition:
    """Whether the session keeps its practitioner busy."""
    return sa.and_(is_word(session.c.session_type, SessionType.INDIVIDUAL), is_occupying(session))


def is_public(session: FromClause) -> Condition:
    """Whether everyone finds it."""
    return is_word(session.c.visibility, Visibility.PUBLIC)


def is_occupied(booking: FromClause) -> Condition:
    """Whether the booking counts among its session's participants."""
    return is_word(booking.c.status, BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT)


def is_held(order: FromClause) -> Condition:
    """Whether the order waits for its payment."""
    return is_word(order.c.status, OrderStatus.PENDING_PAYMENT)


def is_expiring(order: FromClause) -> Condition:
    """Whether somebody must look at the order's expiry one day."""
    return order.c.expiry_due_at.is_not(sa.null())


def is_open_payment(payment: FromClause) -> Condition:
    """Whether nobody but the gateway knows how the payment ends."""
    return is_word(
        payment.c.status,
        PaymentStatus.CREATED,
        PaymentStatus.REQUIRES_ACTION,
        PaymentStatus.PROCESSING,
        PaymentStatus.UNKNOWN,
    )


def is_open_refund(refund: FromClause) -> Condition:
    """Whether the refund is under way."""
    return is_word(refund.c.status, RefundStatus.PENDING)


def is_live_place(waitlist: FromClause) -> Condition:
    """Whether the place in a line may still come to a seat."""
    return is_word(waitlist.c.status, *LIVE_STATUSES)


def is_offered(waitlist: FromClause) -> Condition:
    """Whether a seat is held for the place."""
    return is_word(waitlist.c.status, WaitlistStatus.OFFERED)


def is_waiting_notice(inbox: FromClause) -> Condition:
    """Whether the notice is still to be applied."""
    return inbox.c.next_try_at.is_not(sa.null())


def is_waited_for(session: FromClause) -> Condition:
    """Whether somebody waits for a seat in the session."""
    return session.c.waiting_count > sa.literal_column("0")


def is_not_frozen(earnings: FromClause) -> sa.TextClause:
    """Whether no dispute freezes the earnings, in the very words of the partial indexes."""
    return sa.text(f"NOT {earnings.c.frozen}")


def is_reminded(session: FromClause) -> Condition:
    """Whether reminders of the session may come due."""
    return is_word(session.c.status, SessionStatus.SCHEDULED)


def is_waiting(earnings: FromClause) -> Condition:
    """Whether the earnings wait for the end of their hold, and for nothing else."""
    return sa.and_(is_word(earnings.c.status, EarningsStatus.PENDING), is_not_frozen(earnings))


def is_payable(earnings: FromClause) -> Condition:
    """Whether a payout may take the earnings."""
    return sa.and_(
        is_word(earnings.c.status, EarningsStatus.AVAILABLE),
        earnings.c.payout_id.is_(sa.null()),
        is_not_frozen(earnings),
    )


def is_open_payout(payout: FromClause) -> Condition:
    """Whether the payout is under way."""
    return is_word(payout.c.status, PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)


def is_package(order: FromClause) -> Condition:
    """Whether the order bought a package or a bundle."""
    return is_word(order.c.order_type, *PACKAGE_TYPES)


def is_bought(order: FromClause) -> Condition:
    """Whether the order was paid, whatever was refunded since."""
    return is_word(order.c.status, *BOUGHT_STATUSES)


def is_live_subscription(subscription: FromClause) -> Condition:
    """Whether its owner sees it."""
    return is_word(subscription.c.status, *LIVE_SUBSCRIPTIONS)


def is_active_subscription(subscription: FromClause) -> Condition:
    """Whether anything is sent to it."""
    return is_word(subscription.c.status, SubscriptionStatus.ACTIVE)
