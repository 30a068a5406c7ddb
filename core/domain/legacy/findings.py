"""What a migration has to say about a row: why it was left out, or what was changed of it."""

from enum import StrEnum

from attrs import frozen

from core.domain.legacy.rows import Table


class Outcome(StrEnum):
    QUARANTINED = "quarantined"
    """The row was left out, to be decided on by somebody."""
    ADJUSTED = "adjusted"
    """The row was brought over, but not as it was."""


class Reason(StrEnum):
    """Why. The first are about one row, the others about how rows fit together."""

    UNKNOWN_WORD = "unknown_word"
    BAD_AMOUNT = "bad_amount"
    BAD_RATE = "bad_rate"
    BAD_TIME = "bad_time"
    BAD_ZONE = "bad_zone"
    BAD_EMAIL = "bad_email"
    FOREIGN_CURRENCY = "foreign_currency"

    ROW_MISSING = "row_missing"
    PRACTITIONER_MISSING = "practitioner_missing"
    PRACTITIONER_TWICE = "practitioner_twice"
    SERVICE_QUARANTINED = "service_quarantined"
    SESSION_QUARANTINED = "session_quarantined"
    PIECE_MISSING = "piece_missing"

    ORPHANED_CHILD = "orphaned_child"
    ORDER_OF_ANOTHER = "order_of_another"
    CHILDLESS_PARENT = "childless_parent"
    TWO_PARENTS = "two_parents"
    ORDER_WITHOUT_BOOKINGS = "order_without_bookings"
    AMOUNTS_DIFFER = "amounts_differ"
    CREDITS_DIFFER = "credits_differ"
    CREDITS_OVERDRAWN = "credits_overdrawn"
    UNPAID_BUT_TAKEN = "unpaid_but_taken"
    REFUND_DOES_NOT_FIT = "refund_does_not_fit"
    COMPLETED_WITHOUT_TIME = "completed_without_time"
    SEAT_IN_CANCELED_SESSION = "seat_in_canceled_session"
    SEAT_TWICE = "seat_twice"
    EARNED_TWICE = "earned_twice"
    EARNED_BY_PARENT = "earned_by_parent"
    EARNED_MORE_THAN_SOLD = "earned_more_than_sold"
    EARNED_THOUGH_CANCELED = "earned_though_canceled"
    REVERSED_THOUGH_DELIVERED = "reversed_though_delivered"
    PAID_BEFORE_DELIVERY = "paid_before_delivery"
    PAYOUT_UNKNOWN = "payout_unknown"

    DOUBLE_BOOKED = "double_booked"
    WITHOUT_TIME = "without_time"
    SESSION_WIDENED = "session_widened"
    COMPLETED_BY_A_SEAT = "completed_by_a_seat"
    COMMISSION_RESTATED = "commission_restated"
    EARNED_AT_DELIVERY = "earned_at_delivery"
    RELEASED_EARLY = "released_early"
    PAYOUT_DIFFERS = "payout_differs"
    PAYOUT_NEVER_SENT = "payout_never_sent"
    PURCHASE_DIFFERS = "purchase_differs"


@frozen(kw_only=True, order=True)
class Finding:
    """One row, and what is to be said about it."""

    table: Table
    id: int
    outcome: Outcome
    reason: Reason
    detail: str


class Unfit(Exception):
    """A row cannot be brought over, and so nothing that hangs on it can. Stays inside the transformation."""

    def __init__(self, table: Table, old_id: int, reason: Reason, detail: str) -> None:
        super().__init__(f"{table} {old_id}: {detail}")
        self.table = table
        self.id = old_id
        self.reason = reason
        self.detail = detail


def left_out(table: Table, old_id: int, reason: Reason, detail: str) -> Finding:
    """The finding that a row is quarantined."""
    return Finding(table=table, id=old_id, outcome=Outcome.QUARANTINED, reason=reason, detail=detail)


def adjusted(table: Table, old_id: int, reason: Reason, detail: str) -> Finding:
    """The finding that a row is not quite what it was."""
    return Finding(table=table, id=old_id, outcome=Outcome.ADJUSTED, reason=reason, detail=detail)
