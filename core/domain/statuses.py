"""Every status and every move between statuses, as tables. Only `transition` moves.

Rule 1: whatever decides how a status may change stands in this file. `docs/states.md` is
generated from these tables, and one test walks the whole product of statuses and moves.
Source of the tables: domain.md, "Statuses".
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from core.domain.errors import IllegalTransition


class BookingStatus(StrEnum):
    """Life of a seat as a purchase. Completion belongs to the session."""

    DRAFT = "draft"
    PENDING_PAYMENT = "pending_payment"
    CONFIRMED = "confirmed"
    CANCELED = "canceled"


class SessionStatus(StrEnum):
    """Life of a time slot."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELED = "canceled"


class OrderStatus(StrEnum):
    """Life of a purchase."""

    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CANCELED = "canceled"


class PaymentStatus(StrEnum):
    """Life of a card charge. `unknown` lasts until the gateway tells the truth."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class RefundStatus(StrEnum):
    """Life of a refund. One that moves no card money succeeds at once."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class EarningsStatus(StrEnum):
    """Life of what a practitioner is owed for one seat."""

    PROJECTED = "projected"
    PENDING = "pending"
    AVAILABLE = "available"
    PAID = "paid"
    REVERSED = "reversed"


class PayoutStatus(StrEnum):
    """Life of a transfer to a practitioner."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"


class DisputeStatus(StrEnum):
    """Life of a card payment that its customer's bank takes back. A decided one stays as it is."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    WITHDRAWN = "withdrawn"


class WaitlistStatus(StrEnum):
    """Life of a place in a session's line. What was declined or has lapsed never comes back."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    LEFT = "left"
    CLOSED = "closed"


class DispatchStatus(StrEnum):
    """Life of a message to somebody outside."""

    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"
    DROPPED = "dropped"


class InboxStatus(StrEnum):
    """Life of what a webhook told; only the first is still to be applied."""

    WAITING = "waiting"
    APPLIED = "applied"
    PARKED = "parked"
    IGNORED = "ignored"


class RunStatus(StrEnum):
    """Life of a run that brings many rows in."""

    RUNNING = "running"
    FINISHED = "finished"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"


Moves = Mapping[StrEnum, Mapping[str, StrEnum]]
"""For each status, the moves it allows and where each leads."""

_B, _S, _O, _P = BookingStatus, SessionStatus, OrderStatus, PaymentStatus
_R, _E, _T = RefundStatus, EarningsStatus, PayoutStatus
_W, _D, _X, _I = WaitlistStatus, DispatchStatus, DisputeStatus, InboxStatus
_N = RunStatus

BOOKING_MOVES: Final[Moves] = {
    _B.DRAFT: {"hold": _B.PENDING_PAYMENT, "confirm": _B.CONFIRMED, "cancel": _B.CANCELED},
    _B.PENDING_PAYMENT: {"confirm": _B.CONFIRMED, "cancel": _B.CANCELED},
    _B.CONFIRMED: {"cancel": _B.CANCELED},
    # Money that arrives after the hold lapsed may win its seat back.
    _B.CANCELED: {"reinstate": _B.DRAFT},
}

SESSION_MOVES: Final[Moves] = {
    _S.DRAFT: {"schedule": _S.SCHEDULED, "cancel": _S.CANCELED},
    _S.SCHEDULED: {"start": _S.IN_PROGRESS, "complete": _S.COMPLETED, "cancel": _S.CANCELED},
    _S.IN_PROGRESS: {"complete": _S.COMPLETED, "cancel": _S.CANCELED},
    _S.COMPLETED: {},
    # A private session of a lapsed order comes back with its late payment.
    _S.CANCELED: {"reinstate_draft": _S.DRAFT, "reinstate": _S.SCHEDULED},
}

ORDER_MOVES: Final[Moves] = {
    _O.PENDING_PAYMENT: {"pay": _O.PAID, "cancel": _O.CANCELED},
    _O.PAID: {"refund_partly": _O.PARTIALLY_REFUNDED, "refund": _O.REFUNDED},
    _O.PARTIALLY_REFUNDED: {"refund": _O.REFUNDED},
    _O.REFUNDED: {},
    _O.CANCELED: {"reinstate": _O.PAID},
}

PAYMENT_MOVES: Final[Moves] = {
    _P.CREATED: {
        "require_action": _P.REQUIRES_ACTION,
        "process": _P.PROCESSING,
        "lose": _P.UNKNOWN,
        "succeed": _P.SUCCEEDED,
        "fail": _P.FAILED,
        "cancel": _P.CANCELED,
    },
    _P.REQUIRES_ACTION: {
        "process": _P.PROCESSING,
        "lose": _P.UNKNOWN,
        "succeed": _P.SUCCEEDED,
        "fail": _P.FAILED,
        "cancel": _P.CANCELED,
    },
    _P.PROCESSING: {
        "require_action": _P.REQUIRES_ACTION,
        "lose": _P.UNKNOWN,
        "succeed": _P.SUCCEEDED,
        "fail": _P.FAILED,
        "cancel": _P.CANCELED,
    },
    _P.UNKNOWN: {
        "require_action": _P.REQUIRES_ACTION,
        "process": _P.PROCESSING,
        "succeed": _P.SUCCEEDED,
        "fail": _P.FAILED,
        "cancel": _P.CANCELED,
    },
    _P.SUCCEEDED: {},
    # The gateway's word is final: a charge that we gave up may still turn out to have been made.
    _P.FAILED: {"succeed": _P.SUCCEEDED},
    _P.CANCELED: {"succeed": _P.SUCCEEDED},
}

REFUND_MOVES: Final[Moves] = {
    _R.PENDING: {"succeed": _R.SUCCEEDED, "fail": _R.FAILED},
    # Banks may send money back that was given back weeks ago.
    _R.SUCCEEDED: {"fail": _R.FAILED},
    # The gateway's word is final, and what it refused may be tried again.
    _R.FAILED: {"succeed": _R.SUCCEEDED, "retry": _R.PENDING},
}

EARNINGS_MOVES: Final[Moves] = {
    _E.PROJECTED: {"deliver": _E.PENDING, "reverse": _E.REVERSED},
    _E.PENDING: {"release": _E.AVAILABLE, "reverse": _E.REVERSED},
    _E.AVAILABLE: {"pay": _E.PAID, "reverse": _E.REVERSED},
    _E.PAID: {"reverse": _E.REVERSED},
    # A no-show that turns out to have been there is earned after all; what had been paid counts as paid.
    _E.REVERSED: {"restore": _E.PENDING, "repay": _E.PAID},
}

PAYOUT_MOVES: Final[Moves] = {
    _T.PENDING: {"send": _T.IN_TRANSIT, "pay": _T.PAID, "fail": _T.FAILED},
    _T.IN_TRANSIT: {"pay": _T.PAID, "fail": _T.FAILED},
    _T.PAID: {},
    _T.FAILED: {},
}

DISPUTE_MOVES: Final[Moves] = {
    _X.OPEN: {"win": _X.WON, "lose": _X.LOST, "withdraw": _X.WITHDRAWN},
    _X.WON: {},
    _X.LOST: {},
    _X.WITHDRAWN: {},
}

WAITLIST_MOVES: Final[Moves] = {
    _W.WAITING: {"offer": _W.OFFERED, "leave": _W.LEFT, "close": _W.CLOSED},
    _W.OFFERED: {"accept": _W.ACCEPTED, "decline": _W.DECLINED, "lapse": _W.LAPSED, "close": _W.CLOSED},
    _W.ACCEPTED: {},
    _W.DECLINED: {},
    _W.LAPSED: {},
    _W.LEFT: {},
    _W.CLOSED: {},
}

DISPATCH_MOVES: Final[Moves] = {
    _D.WAITING: {"send": _D.SENT, "park": _D.PARKED, "drop": _D.DROPPED},
    _D.SENT: {"redeliver": _D.WAITING},
    # Parked is not the end: an operator may have mended what was in the way.
    _D.PARKED: {"retry": _D.WAITING, "redeliver": _D.WAITING},
    _D.DROPPED: {},
}

INBOX_MOVES: Final[Moves] = {
    _I.WAITING: {"apply": _I.APPLIED, "park": _I.PARKED, "ignore": _I.IGNORED},
    _I.APPLIED: {},
    # Parked is not the end: an operator may have mended what was in the way.
    _I.PARKED: {"retry": _I.WAITING},
    _I.IGNORED: {},
}

RUN_MOVES: Final[Moves] = {
    _N.RUNNING: {"finish": _N.FINISHED, "roll_back": _N.ROLLING_BACK},
    _N.FINISHED: {"roll_back": _N.ROLLING_BACK},
    _N.ROLLING_BACK: {"end_rollback": _N.ROLLED_BACK},
    _N.ROLLED_BACK: {},
}

TABLES: Final[Mapping[type[StrEnum], tuple[str, Moves]]] = {
    BookingStatus: ("booking", BOOKING_MOVES),
    SessionStatus: ("session", SESSION_MOVES),
    OrderStatus: ("order", ORDER_MOVES),
    PaymentStatus: ("payment", PAYMENT_MOVES),
    RefundStatus: ("refund", REFUND_MOVES),
    EarningsStatus: ("earnings", EARNINGS_MOVES),
    PayoutStatus: ("payout", PAYOUT_MOVES),
    WaitlistStatus: ("waitlist entry", WAITLIST_MOVES),
    DispatchStatus: ("dispatch", DISPATCH_MOVES),
    DisputeStatus: ("dispute", DISPUTE_MOVES),
    InboxStatus: ("inbox item", INBOX_MOVES),
    RunStatus: ("run", RUN_MOVES),
}

_Status = TypeVar("_Status", bound=StrEnum)


def transition(status: _Status, move: str) -> _Status:
    """The status after `move`.

    A repeated move (the status is where the move leads) changes nothing. Any other move
    that the table does not list raises IllegalTransition.
    """
    kind, table = TABLES[type(status)]
    target = table[status].get(move)
    if target is not None:
        return type(status)(target)
    if any(moves.get(move) == status for moves in table.values()):
        return status
    raise IllegalTransition(kind, status.value, move)
