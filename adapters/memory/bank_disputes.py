"""Disputes at the fake gateway: movements like any other, which only a bank begins and ends."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from attrs import evolve

from adapters.memory.books import Book
from adapters.memory.cards import ref_of
from adapters.memory.movements import Movement, MovementKind, MovementStatus
from core.domain.gateway import DisputeReport
from core.domain.ids import PaymentId
from core.domain.statuses import DisputeStatus

KEPT_AS: Final[Mapping[DisputeStatus, MovementStatus]] = {
    DisputeStatus.OPEN: MovementStatus.PROCESSING,
    DisputeStatus.LOST: MovementStatus.SUCCEEDED,
    DisputeStatus.WON: MovementStatus.DECLINED,
    DisputeStatus.WITHDRAWN: MovementStatus.CANCELED,
}
"""Money that the customer keeps has moved; money that comes back was declined."""

STATUSES: Final = {kept: status for status, kept in KEPT_AS.items()}

REASON: Final = "fraudulent"


def dispute_of(book: Book, charge: Movement) -> Movement | None:
    """The dispute about a charge, if there is one."""
    return next(iter(book.movements(MovementKind.DISPUTE, target=charge.ref)), None)


def disputed(book: Book, charge: Movement, status: DisputeStatus, amount_cents: int | None) -> Movement:
    """The charge's dispute in that status: a new one about the amount (else all of it), or the known one
    if it is still open.
    """
    known = dispute_of(book, charge)
    if known is not None:
        is_open = known.status is MovementStatus.PROCESSING
        return evolve(known, status=KEPT_AS[status]) if is_open else known
    key = f"dp:{charge.ref}"
    return Movement(
        kind=MovementKind.DISPUTE,
        ref=ref_of(MovementKind.DISPUTE, key),
        idempotency_key=key,
        amount_cents=charge.amount_cents if amount_cents is None else amount_cents,
        currency=charge.currency,
        target=charge.ref,
        metadata=charge.metadata,
        status=KEPT_AS[status],
    )


def report_of(dispute: Movement) -> DisputeReport:
    """A dispute in the port's words."""
    ours = dispute.metadata.get("payment_id")
    return DisputeReport(
        ref=dispute.ref,
        payment_id=None if ours is None else PaymentId(UUID(ours)),
        amount_cents=dispute.amount_cents,
        currency=dispute.currency,
        status=STATUSES[dispute.status],
        reason=REASON,
    )
