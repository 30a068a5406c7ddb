"""What the fake gateway remembers: money it moved or refused to move, and the faults to come."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen


class MovementKind(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    TRANSFER = "transfer"
    REVERSAL = "reversal"
    DISPUTE = "dispute"


class MovementStatus(StrEnum):
    """Where a movement stands; the first two are still open."""

    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    CANCELED = "canceled"


@frozen(kw_only=True)
class Movement:
    """A charge, refund, transfer, reversal or dispute as it stands now.

    `target` is the payment method of a charge, the charge's ref of a refund or dispute, the destination
    of a transfer, the transfer's ref of a reversal. `code` says why one was declined.
    """

    kind: MovementKind
    ref: str
    idempotency_key: str
    amount_cents: int
    currency: str
    target: str | None
    metadata: Mapping[str, str] = field(factory=dict)
    status: MovementStatus
    code: str | None = None


class Operation(StrEnum):
    """The gateway's calls, each with a queue of faults of its own."""

    CHARGE = "charge"
    FIND_CHARGE = "find_charge"
    CANCEL_CHARGE = "cancel_charge"
    REFUND = "refund"
    FIND_REFUND = "find_refund"
    TRANSFER = "transfer"
    FIND_TRANSFER = "find_transfer"
    REVERSE_TRANSFER = "reverse_transfer"
    FIND_ACCOUNT = "find_account"
    FIND_DISPUTE = "find_dispute"


class Fault(StrEnum):
    """What goes wrong with one call. `NONE` lets a call through, to fail a later one."""

    NONE = "none"
    LOST_BEFORE = "lost_before"
    """The request never arrives; the caller hears nothing."""
    LOST_AFTER = "lost_after"
    """The request is carried out; the caller hears nothing."""
    HANG_BEFORE = "hang_before"
    """The call hangs until `release`, and is carried out only then."""
    HANG_AFTER = "hang_after"
    """The request is carried out; the call hangs until `release`."""
    PROCESSING = "processing"
    """The request is accepted and its outcome left open until `finish`."""
    DECLINED = "declined"
    """The request is refused."""
