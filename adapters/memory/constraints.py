"""The rules about rows that databases repeat as CHECKs and foreign keys."""

from collections.abc import Callable, Mapping
from typing import Any

from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ledger import JournalEntry
from core.domain.money import BPS, MAX_CENTS
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.sessions import ServiceSession
from core.domain.waitlist import WaitlistEntry
from ports.errors import Inconsistent


def _amounts(*amounts: int) -> bool:
    return min(amounts) >= 0 and max(amounts) <= MAX_CENTS


def _practitioner(row: Practitioner) -> bool:
    return row.commission_bps is None or 0 <= row.commission_bps <= BPS


def _service(row: Service) -> bool:
    return _amounts(row.price_cents, row.complimentary_earnings_cents)


def _session(row: ServiceSession) -> bool:
    timed = row.start_time is not None and row.end_time is not None and row.start_time < row.end_time
    untimed = row.start_time is None and row.end_time is None
    taken, offered = row.current_participants, row.offered_seats
    counted = min(taken, offered, row.waiting_count) >= 0 and taken + offered <= row.max_participants
    return counted and (timed or untimed)


def _account(row: CreditAccount) -> bool:
    return 0 <= row.held_cents <= row.balance_cents <= MAX_CENTS


def _order(row: Order) -> bool:
    return (
        _amounts(row.credits_applied_cents, row.total_amount_cents, row.subtotal_amount_cents)
        and row.subtotal_amount_cents == row.credits_applied_cents + row.total_amount_cents
        and row.returned_cents <= row.subtotal_amount_cents
    )


def _payment(row: Payment) -> bool:
    return _amounts(row.amount_cents)


def _dispute(row: Dispute) -> bool:
    return _amounts(row.amount_cents)


def _refund(row: Refund) -> bool:
    return (
        _amounts(row.credits_cents, row.card_cents, row.forfeited_cents)
        and row.refund_value_cents == row.credits_cents + row.card_cents
    )


def _earnings(row: Earnings) -> bool:
    return (
        _amounts(row.gross_amount_cents, row.commission_amount_cents, row.net_amount_cents)
        and row.net_amount_cents == row.gross_amount_cents - row.commission_amount_cents
    )


def _payout(row: Payout) -> bool:
    return _amounts(row.amount_cents) and 0 <= row.reversed_cents <= row.amount_cents


def _entry(row: JournalEntry) -> bool:
    return sum([posting.amount_cents for posting in row.postings]) == 0


_CHECKS: Mapping[type, Callable[[Any], bool]] = {
    Practitioner: _practitioner,
    Service: _service,
    ServiceSession: _session,
    CreditAccount: _account,
    Order: _order,
    Payment: _payment,
    Refund: _refund,
    Dispute: _dispute,
    Earnings: _earnings,
    Payout: _payout,
    JournalEntry: _entry,
}

REFERENCES: Mapping[type, tuple[tuple[str, type], ...]] = {
    Service: (("practitioner_id", Practitioner),),
    ServiceSession: (("service_id", Service),),
    Booking: (("order_id", Order), ("session_id", ServiceSession)),
    Payment: (("order_id", Order),),
    Refund: (("order_id", Order),),
    Earnings: (("booking_id", Booking),),
    Payout: (("practitioner_id", Practitioner),),
    RoomEvent: (("session_id", ServiceSession),),
    Dispute: (("payment_id", Payment), ("order_id", Order)),
    WaitlistEntry: (("session_id", ServiceSession),),
}
"""Which fields name a row that must be there: the foreign keys that matter most."""


def check(row: object) -> None:
    """Refuse a row that contradicts itself: only a defect can have made it."""
    rule = _CHECKS.get(type(row))
    if rule is not None and not rule(row):
        raise Inconsistent(f"{type(row).__name__} breaks a rule that the store repeats")
