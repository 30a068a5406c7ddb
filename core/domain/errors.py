"""What the domain refuses, each with a stable `code` and typed fields.

`NotFound`, `Forbidden`, `Rejected` and `Conflict` say who has to act: nobody but the
caller can mend a `Rejected` command, while a `Conflict` depends on the state of the
marketplace and may pass at another time. A declined card is an outcome, not an error.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID


class DomainError(Exception):
    """A command was refused and nothing has changed."""

    code: ClassVar[str] = "domain_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFound(DomainError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"

    def __init__(self, kind: str, key: UUID | str) -> None:
        super().__init__(f"no {kind} {key}")
        self.kind = kind
        self.key = key


class Forbidden(DomainError):
    """The caller lacks the role that the command needs."""

    code = "forbidden"


class Rejected(DomainError):
    """The command itself is wrong, whatever the state of the marketplace."""

    code = "rejected"


class Invalid(Rejected):
    """One field of the command cannot stand. `pointer` is a JSON pointer into the request."""

    code = "validation_failed"

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


class Conflict(DomainError):
    """The state of the marketplace forbids the command now."""

    code = "conflict"


class IllegalTransition(Conflict):
    """A status table has no such move."""

    code = "illegal_transition"

    def __init__(self, kind: str, status: str, move: str) -> None:
        super().__init__(f"{kind} is {status}: cannot {move.replace('_', ' ')}")
        self.kind = kind
        self.status = status
        self.move = move


class SessionFull(Conflict):
    """The session has no free seat, or takes no more bookings."""

    code = "session_full"

    def __init__(self, session_id: UUID) -> None:
        super().__init__(f"session {session_id} has no free seat")
        self.session_id = session_id


class AlreadyBooked(Conflict):
    """The customer has a seat in this session already."""

    code = "already_booked"


class AlreadyWaiting(Conflict):
    """The customer has a place in this session's line already."""

    code = "already_waiting"


class SeatsFree(Conflict):
    """The session has a free seat and no line: it can be booked instead of waited for."""

    code = "seats_free"


class WaitlistClosed(Conflict):
    """The session is not to come any more, so nobody can wait for a seat in it."""

    code = "waitlist_closed"


class SessionOverlap(Conflict):
    """The practitioner already has an individual session at that time."""

    code = "session_overlap"

    def __init__(self, start_time: datetime, end_time: datetime) -> None:
        super().__init__(
            "the practitioner already has a session between "
            f"{start_time.isoformat()} and {end_time.isoformat()}"
        )
        self.start_time = start_time
        self.end_time = end_time


class OutsideAvailability(Conflict):
    """The practitioner cannot be booked at that time: hours, steps, notice, horizon or buffers say no."""

    code = "outside_availability"

    def __init__(self, start_time: datetime) -> None:
        super().__init__(f"the practitioner cannot be booked at {start_time.isoformat()}; see their slots")
        self.start_time = start_time


class PackageExpired(Conflict):
    """The order's sessions could be scheduled until `expires_at`, which has passed or would pass."""

    code = "package_expired"

    def __init__(self, expires_at: datetime) -> None:
        super().__init__(f"the package is valid until {expires_at.isoformat()}")
        self.expires_at = expires_at


class NothingToTransfer(Conflict):
    """No seat is left that could go to somebody else."""

    code = "nothing_to_transfer"


class NotTransferable(Conflict):
    """Only packages and bundles can go to somebody else."""

    code = "not_transferable"


class InsufficientCredits(Conflict):
    """The balance does not cover the credits to be taken."""

    code = "insufficient_credits"

    def __init__(self, user_id: UUID) -> None:
        super().__init__("the credit balance does not cover this amount")
        self.user_id = user_id


class NothingToRefund(Conflict):
    """No seat of the order would give anything back."""

    code = "nothing_to_refund"


class RefundUndecided(Conflict):
    """The gateway does not tell what became of the last attempt: another one might give the money twice."""

    code = "refund_undecided"


class NothingToPayOut(Conflict):
    """No earnings are available, or fewer than the minimum payout."""

    code = "nothing_to_pay_out"


class PayoutsNotEnabled(Conflict):
    """The practitioner's account at the gateway cannot be paid now: its owner has something to do there."""

    code = "payouts_not_enabled"


class ReversalRefused(Conflict):
    """The gateway does not take the transfer back: the account it went to has too little, or it is closed."""

    code = "reversal_refused"


class BelowMinimumCharge(Conflict):
    """The card part is smaller than the gateway can charge, and credits do not cover it."""

    code = "below_minimum_charge"

    def __init__(self, minimum_cents: int) -> None:
        super().__init__(f"a card cannot be charged less than {minimum_cents} minor units")
        self.minimum_cents = minimum_cents


class TooLateToReschedule(Conflict):
    """The seat's policy would no longer refund all of it, so its holder may not move it either."""

    code = "too_late_to_reschedule"


class PractitionerAbsent(Conflict):
    """Customers came to the session and its practitioner never did: only an admin completes it."""

    code = "practitioner_absent"


class CourseStarted(Conflict):
    """The course's first class has begun, and it is not sold in part, or nothing of it is left."""

    code = "course_started"


class PaymentDisputed(Conflict):
    """The buyer's bank may take this payment back: nothing is refunded until it has decided."""

    code = "payment_disputed"


class PayoutUnderWay(Conflict):
    """The seat's earnings are in a payout that is not settled yet; once it is, they can be taken back."""

    code = "payout_under_way"


class RoomClosed(Conflict):
    """The session's room is not open now: too early, too late, or the session is not to come any more."""

    code = "room_closed"


class NoRoom(Conflict):
    """The session takes place in person."""

    code = "no_room"


class RoomsNotConfigured(Conflict):
    """The marketplace has no room service."""

    code = "rooms_not_configured"
