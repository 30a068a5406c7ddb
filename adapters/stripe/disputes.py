"""Stripe's disputes in the port's words."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import stripe

from core.domain.gateway import DisputeReport
from core.domain.ids import PaymentId
from core.domain.statuses import DisputeStatus

STATUSES: Final[Mapping[str, DisputeStatus]] = {
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
"""Those in which money has moved. `warning_…` is an inquiry, and `prevented` was settled before it cost
anything.
"""


def dispute_report(dispute: stripe.Dispute, intent: stripe.PaymentIntent | None) -> DisputeReport:
    """A dispute, with the payment intent that it is about if there is one."""
    return DisputeReport(
        ref=dispute.id,
        payment_id=None if intent is None else _payment_id(intent),
        amount_cents=dispute.amount,
        currency=dispute.currency,
        status=STATUSES.get(dispute.status),
        reason=dispute.reason,
    )


def _payment_id(intent: stripe.PaymentIntent) -> PaymentId | None:
    """Our payment, out of the metadata; None for an intent that is not ours."""
    if "payment_id" not in intent.metadata:
        return None
    try:
        return PaymentId(UUID(intent.metadata["payment_id"]))
    except ValueError:
        return None
