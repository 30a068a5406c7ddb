"""The payment gateway: charges, refunds and transfers, each told apart by its idempotency key.

Implementations never raise for a decline, a time-out or an outage: those are outcomes. Asking
again with the same key must not do anything twice.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from core.domain.gateway import (
    AccountReport,
    ChargeOutcome,
    ChargeRequest,
    DisputeReport,
    GatewayMovement,
    RefundOutcome,
    RefundRequest,
    ReversalOutcome,
    ReversalRequest,
    TransferOutcome,
    TransferRequest,
)


class PaymentGateway(Protocol):
    """Moves card money. Never called while a database transaction is open."""

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge a card. The same key again tells the first charge's present state."""
        ...

    async def find_charge(self, *, idempotency_key: str, ref: str | None) -> ChargeOutcome:
        """The present truth about a charge; `Absent` only with proof."""
        ...

    async def cancel_charge(self, *, idempotency_key: str, ref: str | None) -> ChargeOutcome:
        """Give up a charge that has not succeeded; tells `Succeeded` if it was too late."""
        ...

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give back a part of a charge."""
        ...

    async def find_refund(self, *, idempotency_key: str, ref: str | None) -> RefundOutcome:
        """The present truth about a refund; `Absent` only with proof."""
        ...

    async def transfer(self, request: TransferRequest) -> TransferOutcome:
        """Send money to a practitioner's account."""
        ...

    async def find_transfer(self, *, idempotency_key: str, ref: str | None) -> TransferOutcome:
        """The present truth about a transfer; `Absent` only with proof.

        One of which something was taken back, by us or by somebody at the gateway, is `Reversed`.
        """
        ...

    async def reverse_transfer(self, request: ReversalRequest) -> ReversalOutcome:
        """Take back a part of a transfer, never more than is left of it."""
        ...

    async def find_account(self, ref: str) -> AccountReport | None:
        """The present truth about a practitioner's account; None where there is no answer."""
        ...

    async def find_dispute(self, ref: str) -> DisputeReport | None:
        """The present truth about a dispute by the gateway's own name; None where there is no answer.

        Known refs come from the gateway itself, so that none of them is ever gone.
        """
        ...

    def movements(self, *, since: datetime | None) -> AsyncIterator[GatewayMovement]:
        """Every charge, refund and transfer that was made with keys of ours, as it stands now.

        At least those made from `since` on; older ones may be among them. In any order. Raises
        Unavailable when the list cannot be read to its end.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
