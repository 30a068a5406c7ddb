"""The indexes: one for each query, each list's order, and each unique key.

A unique index is named as the key that `AlreadyExists` tells. Partial indexes hold only what
is looked for through them: few sessions still run, few payments are still open.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from bson.binary import Binary
from pymongo import IndexModel

from core.domain.analytics import PACKAGE_TYPES
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service, Visibility
from core.domain.dispatches import Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.inbox import InboxItem
from core.domain.ledger import JournalEntry
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.runs import Run
from core.domain.sessions import OCCUPYING_STATUSES, ServiceSession, SessionType
from core.domain.statuses import (
    BookingStatus,
    DispatchStatus,
    EarningsStatus,
    InboxStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
    WaitlistStatus,
)
from core.domain.subscriptions import LIVE_SUBSCRIPTIONS, Subscription, SubscriptionStatus
from core.domain.waitlist import LIVE_STATUSES, WaitlistEntry

OCCUPIED: Final = (BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT)
"""A booking in one of these takes a seat."""

OPEN_PAYMENTS: Final = (
    PaymentStatus.CREATED,
    PaymentStatus.REQUIRES_ACTION,
    PaymentStatus.PROCESSING,
    PaymentStatus.UNKNOWN,
)
OPEN_PAYOUTS: Final = (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)


def one_of(values: tuple[Any, ...]) -> dict[str, list[str]]:
    """The condition that a field holds one of these."""
    return {"$in": [value.value for value in values]}


OCCUPYING_INDIVIDUAL: Final = {
    "session_type": SessionType.INDIVIDUAL.value,
    "status": one_of(OCCUPYING_STATUSES),
}
"""The sessions that keep their practitioner busy."""


FOR_REVIEW: Final = {"needs_review": True}

REMINDED: Final = {"status": SessionStatus.SCHEDULED.value}
"""The sessions that reminders are made of."""

RUNNING: Final = {"status": one_of(OCCUPYING_STATUSES), "needs_review": False}
"""The sessions that time alone completes."""


def _index(name: str, *fields: str, **options: Any) -> IndexModel:
    return IndexModel([(field, 1) for field in fields], name=name, **options)


def _partial(name: str, *fields: str, where: Mapping[str, Any], **options: Any) -> IndexModel:
    return _index(name, *fields, partialFilterExpression=where, **options)


def _unique(name: str, *fields: str) -> IndexModel:
    return _index(name, *fields, unique=True)


_UNPAID: Final = {"status": OrderStatus.PENDING_PAYMENT.value}
_REFERENCE: Final = {"$gt": Binary.from_uuid(UUID(int=0))}
"""Any id at all. Said as a range, because the server sees that a query for one id is within it."""

_TIMED: Final = {"start_time": {"$gt": datetime.min.replace(tzinfo=UTC)}}
"""Placeholders are in no calendar. And without it the agenda's own index would be passed over."""

WAITED_FOR: Final = {"waiting_count": {"$gt": 0}}
EXPIRING: Final = {"expiry_due_at": {"$gt": datetime.min.replace(tzinfo=UTC)}}
"""Somebody must look at the order's expiry one day. A query says so itself, for a bound above does not."""

HELD: Final = {"status": EarningsStatus.PENDING.value, "frozen": False}
"""Earnings that only time keeps from being available."""

IS_PACKAGE: Final = {"order_type": one_of(PACKAGE_TYPES)}

WAITING_EVENT: Final = {"published_at": None, "parked_at": None}
WAITING_DISPATCH: Final = {"status": DispatchStatus.WAITING.value}
IS_PARKED: Final = {"parked_at": {"$gt": datetime.min.replace(tzinfo=UTC)}}

ACTIVE_SUBSCRIPTION: Final = {"status": SubscriptionStatus.ACTIVE.value}
LIVE_SUBSCRIPTION: Final = {"status": one_of(LIVE_SUBSCRIPTIONS)}

INDEXES: Final[Mapping[type[Any], tuple[IndexModel, ...]]] = {
    Practitioner: (
        _partial(
            "calendar_feed", "calendar_token_hash", where={"calendar_token_hash": {"$gt": ""}}, unique=True
        ),
        _partial("gateway_accounts", "stripe_account_id", where={"stripe_account_id": {"$gt": ""}}),
    ),
    Service: (
        _index("services_listed", "status", "visibility", "created_at", "_id"),
        _index("services_by_type", "status", "visibility", "service_type", "created_at", "_id"),
        _index("services_of_practitioner", "practitioner_id", "status", "visibility", "created_at", "_id"),
    ),
    ServiceSession: (
        _partial("agenda", "practitioner_id", "end_time", where=OCCUPYING_INDIVIDUAL),
        _partial("sessions_running", "end_time", "_id", where=RUNNING),
        _partial("sessions_for_review", "start_time", "_id", where=FOR_REVIEW),
        _partial("reviews_of_practitioner", "practitioner_id", "start_time", "_id", where=FOR_REVIEW),
        _index("sessions_of_service", "service_id", "visibility", "start_time", "_id"),
        _partial("sessions_public", "start_time", "_id", where={"visibility": Visibility.PUBLIC.value}),
        _partial("sessions_of_practitioner", "practitioner_id", "start_time", "_id", where=_TIMED),
        _partial("sessions_by_start", "start_time", "_id", where=_TIMED),
        _partial("sessions_reminded", "next_reminder_at", "_id", where=REMINDED),
        _partial("sessions_waited_for", "start_time", "_id", where=WAITED_FOR),
    ),
    Order: (
        _index("orders_of_user", "user_id", "created_at", "_id"),
        _index("orders_by_time", "created_at", "_id"),
        _index("orders_by_status", "status", "created_at", "_id"),
        _partial("orders_expiring", "expiry_due_at", "_id", where=EXPIRING),
        _partial("orders_held", "hold_expires_at", "_id", where=_UNPAID),
        _index("orders_of_practitioner", "practitioner_id", "created_at"),
        _index("orders_of_service", "service_id"),
        _partial("packages_sold", "practitioner_id", "service_id", where=IS_PACKAGE),
    ),
    Booking: (
        _partial("seat", "session_id", "user_id", where={"status": one_of(OCCUPIED)}, unique=True),
        _index("bookings_of_order", "order_id", "created_at", "_id"),
        _index("bookings_of_user", "user_id", "created_at", "_id"),
        _index("bookings_of_session", "session_id", "created_at", "_id"),
    ),
    Payment: (
        _unique("payment_key", "idempotency_key"),
        _index("payments_of_order", "order_id", "created_at", "_id"),
        _partial("payments_open", "updated_at", "_id", where={"status": one_of(OPEN_PAYMENTS)}),
    ),
    Refund: (
        _unique("refund_key", "idempotency_key"),
        _index("refunds_of_order", "order_id", "created_at", "_id"),
        _partial("refunds_open", "updated_at", "_id", where={"status": RefundStatus.PENDING.value}),
    ),
    Dispute: (
        _unique("dispute_ref", "gateway_ref"),
        _index("disputes_of_payment", "payment_id"),
        _index("disputes_of_order", "order_id", "created_at", "_id"),
        _index("disputes_by_time", "created_at", "_id"),
        _index("disputes_by_status", "status", "created_at", "_id"),
    ),
    Earnings: (
        _unique("earnings", "booking_id"),
        _index("earnings_by_time", "created_at", "_id"),
        _index("earnings_by_status", "status", "created_at", "_id"),
        _index("earnings_of_practitioner", "practitioner_id", "created_at", "_id"),
        _index("earnings_of_practitioner_by_status", "practitioner_id", "status", "created_at", "_id"),
        _partial("earnings_of_payout", "payout_id", "created_at", "_id", where={"payout_id": _REFERENCE}),
        _partial("earnings_held", "available_after", "_id", where=HELD),
    ),
    Payout: (
        _unique("payout_key", "idempotency_key"),
        _index("payouts_by_time", "created_at", "_id"),
        _index("payouts_of_practitioner", "practitioner_id", "created_at", "_id"),
        _partial("payouts_open", "updated_at", "_id", where={"status": one_of(OPEN_PAYOUTS)}),
    ),
    JournalEntry: (
        _unique("chain", "chain", "seq"),
        _partial("entries_of_order", "order_id", "occurred_at", "_id", where={"order_id": _REFERENCE}),
        _index("entries_of_account", "postings.account", "occurred_at"),
        _index("entries_by_time", "occurred_at"),
    ),
    Event: (
        _partial("events_waiting", "next_attempt_at", "_id", where=WAITING_EVENT),
        _partial("events_parked", "parked_at", "_id", where=IS_PARKED),
    ),
    Subscription: (
        _partial("subscriptions_active", "practitioner_id", where=ACTIVE_SUBSCRIPTION),
        _partial("subscriptions_of_owner", "owner_id", "created_at", "_id", where=LIVE_SUBSCRIPTION),
        _partial("subscriptions_by_time", "created_at", "_id", where=LIVE_SUBSCRIPTION),
    ),
    Dispatch: (
        _unique("dispatch_recipient", "event_id", "channel", "recipient"),
        _partial("dispatches_waiting", "channel", "next_attempt_at", "_id", where=WAITING_DISPATCH),
        _index("dispatches_of_recipient", "channel", "recipient", "created_at", "_id"),
        _partial("dispatches_parked", "parked_at", "_id", where=IS_PARKED),
    ),
    Run: (_index("runs_by_time", "started_at", "_id"),),
    RoomEvent: (_index("events_of_room", "session_id", "occurred_at", "_id"),),
    IdempotencyRecord: (_index("requests_expiring", "expires_at", "_id"),),
    WaitlistEntry: (
        _partial("place", "session_id", "user_id", where={"status": one_of(LIVE_STATUSES)}, unique=True),
        _index("line", "session_id", "status", "created_at", "_id"),
        _index("places_of_user", "user_id", "created_at", "_id"),
        _partial("offers_open", "offer_expires_at", "_id", where={"status": WaitlistStatus.OFFERED.value}),
    ),
    InboxItem: (
        _partial("inbox_waiting", "next_try_at", "_id", where={"status": InboxStatus.WAITING.value}),
        _index("inbox_by_status", "status", "received_at", "_id"),
        _index("inbox_by_time", "received_at", "_id"),
    ),
}
"""By the kind of record; accounts, contacts and what runs brought in are only ever found by `_id`."""
