"""Disputes: a customer's bank takes a card payment back, in whole or in part, until it is decided.

Source: domain.md, "Cancelling and refunding" and "The ledger".
"""

from datetime import datetime

from attrs import field, frozen

from core.domain.ids import DisputeId, OrderId, PaymentId
from core.domain.statuses import DisputeStatus
from core.domain.time import instant, optional_instant


@frozen(kw_only=True)
class Dispute:
    """One dispute about one payment. The gateway took `amount_cents` back when it was opened.

    `gateway_ref` is the gateway's own name for it, `reason` its word for why. `created_at` is when it was
    heard of first, `closed_at` when its end was.
    """

    id: DisputeId
    payment_id: PaymentId
    order_id: OrderId
    gateway_ref: str
    amount_cents: int
    currency: str
    reason: str
    status: DisputeStatus
    created_at: datetime = field(converter=instant)
    closed_at: datetime | None = field(default=None, converter=optional_instant)
    version: int = 1
