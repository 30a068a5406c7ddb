"""Disputes as admins read them."""

from uuid import UUID

from msgspec import Struct

from adapters.http.fields import Instant
from core.domain.disputes import Dispute
from core.domain.statuses import DisputeStatus


class DisputeView(Struct, frozen=True, kw_only=True):
    """A card payment that the customer's bank takes back, in whole or in part."""

    id: UUID
    order_id: UUID
    payment_id: UUID
    gateway_ref: str
    amount_cents: int
    currency: str
    reason: str
    status: DisputeStatus
    opened_at: Instant
    closed_at: Instant | None


class DisputePage(Struct, frozen=True):
    """Disputes, newest first; those of one order oldest first."""

    items: list[DisputeView]
    next_cursor: str | None


def dispute_view(dispute: Dispute) -> DisputeView:
    """The dispute as an admin sees it."""
    return DisputeView(
        id=dispute.id,
        order_id=dispute.order_id,
        payment_id=dispute.payment_id,
        gateway_ref=dispute.gateway_ref,
        amount_cents=dispute.amount_cents,
        currency=dispute.currency,
        reason=dispute.reason,
        status=dispute.status,
        opened_at=dispute.created_at,
        closed_at=dispute.closed_at,
    )
