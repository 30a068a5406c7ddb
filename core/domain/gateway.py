"""What is asked of a payment gateway, and every answer it may give.

A call without an answer, or one that leaves the outcome open, is `Unknown`: what happened is
a fact to be found out later, never a reason to forget or to undo.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from core.domain.ids import PaymentId
from core.domain.statuses import DisputeStatus


@frozen(kw_only=True)
class ChargeRequest:
    """A card charge to create and confirm in one call. `metadata` names our order and payment."""

    idempotency_key: str
    amount_cents: int
    currency: str
    payment_method_id: str
    metadata: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class RefundRequest:
    """A part of a charge to give back to the card."""

    idempotency_key: str
    charge_ref: str
    amount_cents: int
    currency: str
    metadata: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class TransferRequest:
    """Money for a practitioner's account at the gateway; `destination` None if they named none."""

    idempotency_key: str
    amount_cents: int
    currency: str
    destination: str | None
    metadata: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class ReversalRequest:
    """A part of a transfer to take back from the account that got it."""

    idempotency_key: str
    transfer_ref: str
    amount_cents: int
    currency: str
    metadata: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Succeeded:
    """The money moved."""

    ref: str


@frozen(kw_only=True)
class Reversed:
    """A transfer that was made, and of which so much has been taken back since: perhaps all of it."""

    ref: str
    reversed_cents: int


@frozen(kw_only=True)
class Declined:
    """The money did not move and will not under this key."""

    ref: str | None = None
    code: str
    message: str


@frozen(kw_only=True)
class RequiresAction:
    """The customer must do something first (3-D Secure); the gateway will tell when they did."""

    ref: str
    client_secret: str


@frozen(kw_only=True)
class Processing:
    """The gateway has accepted it and will tell the outcome later."""

    ref: str


@frozen(kw_only=True)
class Canceled:
    """The charge was given up and can no longer succeed."""

    ref: str | None = None


@frozen(kw_only=True)
class Absent:
    """Proof that the gateway knows nothing under this key."""


@frozen(kw_only=True)
class Unknown:
    """No answer, or none that settles it."""

    reason: str


ChargeOutcome = Succeeded | Declined | RequiresAction | Processing | Canceled | Absent | Unknown
RefundOutcome = Succeeded | Declined | Processing | Absent | Unknown
ReversalOutcome = Succeeded | Declined | Processing | Absent | Unknown
TransferOutcome = Succeeded | Reversed | Declined | Processing | Absent | Unknown


@frozen(kw_only=True)
class DisputeReport:
    """A dispute as the gateway tells it, under its own `ref`.

    `payment_id` is None for a charge that is not ours. `status` is None for an inquiry: the bank only
    asks, and no money has moved.
    """

    ref: str
    payment_id: PaymentId | None
    amount_cents: int
    currency: str
    status: DisputeStatus | None
    reason: str = ""


@frozen(kw_only=True)
class AccountReport:
    """A practitioner's account at the gateway, under its own `ref`.

    `payouts_enabled`: it takes transfers, and what it holds goes on to its owner's bank.
    """

    ref: str
    payouts_enabled: bool


class GatewayKind(StrEnum):
    """What a gateway moves money with."""

    CHARGE = "charge"
    REFUND = "refund"
    TRANSFER = "transfer"


@frozen(kw_only=True)
class GatewayMovement:
    """A charge, refund or transfer of ours as the gateway lists it; `outcome` is where it stands now."""

    kind: GatewayKind
    ref: str
    idempotency_key: str
    amount_cents: int
    currency: str
    outcome: ChargeOutcome | TransferOutcome


KEY_LIVES: Final = timedelta(hours=23)
"""How long a request may be repeated under its key. Gateways forget keys after 24 hours, and the same key
would then move the money again.
"""

NEVER_ARRIVED: Final = Declined(
    code="never_arrived", message="The gateway never heard of it, and has forgotten its key by now."
)
"""What a request comes to that is proved absent, and too old to be repeated."""


def is_forgotten(made_at: datetime, now: datetime) -> bool:
    """Whether a request that was first made then must not be repeated any more, but only looked up."""
    return now - made_at >= KEY_LIVES
