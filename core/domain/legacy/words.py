"""The old system's words for its statuses and types, and what they are now. Unknown words are quarantined."""

from collections.abc import Mapping
from typing import Final

from core.domain.catalogue import ServiceType, Visibility
from core.domain.sessions import SessionType
from core.domain.statuses import EarningsStatus, SessionStatus

BUSY_BOOKINGS: Final = ("confirmed", "scheduled", "in_progress")
"""Bookings whose time is still to be kept, or was never closed."""

DELIVERED: Final = ("completed", "no_show")
"""Bookings that used up their session."""

SEATED: Final = (*BUSY_BOOKINGS, *DELIVERED)
"""Bookings that took a seat."""

BUSY_SESSIONS: Final = ("scheduled", "in_progress")
"""Sessions whose time is still to be kept, or was never closed."""

CANCELED: Final = ("cancelled", "canceled")
"""Both spellings are found, on bookings, orders and sessions."""

DRAFTS: Final = ("draft",)
UNPAID: Final = ("pending", "pending_payment")

MISSED: Final = "no_show"
"""A booking that was delivered to nobody."""

BOOKINGS: Final = frozenset((*SEATED, *CANCELED, *DRAFTS, *UNPAID))

PAID_ORDERS: Final = ("completed", "paid", "succeeded", "partially_refunded", "refunded")
UNPAID_ORDERS: Final = (*UNPAID, *CANCELED, "failed", "expired")

REFUNDED: Final = "refunded"
PARTLY_REFUNDED: Final = "partially_refunded"
"""Of orders and, as `payment_status`, of bookings."""
PAYMENTS: Final = ("paid", REFUNDED, PARTLY_REFUNDED, "pending", "unpaid", "failed", "")

INDIVIDUAL: Final = "session"
"""The service type whose sessions keep a practitioner busy."""

SERVICE_TYPES: Final[Mapping[str, ServiceType]] = {kind.value: kind for kind in ServiceType}

CREDIT_ORDER: Final = "credit"

SESSION_TYPES: Final[Mapping[ServiceType, SessionType]] = {
    ServiceType.SESSION: SessionType.INDIVIDUAL,
    ServiceType.WORKSHOP: SessionType.WORKSHOP,
    ServiceType.COURSE: SessionType.COURSE_SESSION,
    ServiceType.PACKAGE: SessionType.INDIVIDUAL,
    ServiceType.BUNDLE: SessionType.INDIVIDUAL,
}

VISIBILITIES: Final[Mapping[str, Visibility]] = {one.value: one for one in Visibility}

SESSIONS: Final[Mapping[str, SessionStatus]] = {
    **{one.value: one for one in SessionStatus},
    "cancelled": SessionStatus.CANCELED,
}

EARNINGS: Final[Mapping[str, EarningsStatus]] = {one.value: one for one in EarningsStatus}

REVERSED: Final = "reversed"
"""Earnings that are owed no more."""

SENT_PAYOUTS: Final = ("paid", "completed", "succeeded")
UNSETTLED_PAYOUTS: Final = ("pending", "processing", "in_transit")
"""A transfer has been made if the row names one; else none will be."""
FAILED_PAYOUTS: Final = ("failed", *CANCELED)

PURCHASE: Final = "purchase"
USAGE: Final = "usage"
REFUND: Final = "refund"
GRANTS: Final = ("grant", "bonus", "adjustment")
EXPIRIES: Final = ("expiry", "expiration", "expired")
TRANSACTIONS: Final = frozenset((PURCHASE, USAGE, REFUND, *GRANTS, *EXPIRIES))
"""Types of credit transactions."""
