"""How the fake gateway judges: Stripe's test cards, its decline codes, and answers in the port's words."""

from hashlib import sha256
from typing import Final

from attrs import evolve

from adapters.memory.movements import Movement, MovementKind, MovementStatus
from core.domain.gateway import (
    Absent,
    Canceled,
    ChargeOutcome,
    Declined,
    GatewayKind,
    GatewayMovement,
    Processing,
    RefundOutcome,
    RequiresAction,
    Reversed,
    Succeeded,
    TransferOutcome,
    Unknown,
)

GOOD_CARDS: Final = frozenset({"pm_card_visa", "pm_card_mastercard", "pm_card_amex"})
ASKING_CARDS: Final = frozenset({"pm_card_authenticationRequired"})
DECLINED_CARDS: Final = {
    "pm_card_chargeDeclined": "card_declined",
    "pm_card_visa_chargeDeclined": "card_declined",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_chargeDeclinedExpiredCard": "expired_card",
    "pm_card_chargeDeclinedProcessingError": "processing_error",
}

MESSAGES: Final = {
    "card_declined": "The card was declined.",
    "insufficient_funds": "The card has insufficient funds.",
    "expired_card": "The card has expired.",
    "processing_error": "The card could not be processed; it may work later.",
    "payment_intent_authentication_failure": "The customer did not authenticate the payment.",
    "resource_missing": "The gateway knows no such thing.",
    "charge_disputed": "The charge is disputed.",
    "charge_not_refundable": "Only a charge that succeeded can be refunded.",
    "charge_already_refunded": "The charge has been refunded in full.",
    "amount_too_large": "The refund is larger than what is left of the charge.",
    "account_missing": "The practitioner has no account at the gateway.",
    "refund_failed": "The refund failed.",
    "transfer_failed": "The transfer failed.",
    "reversal_failed": "The transfer could not be taken back.",
    "reversal_too_large": "The reversal is larger than what is left of the transfer.",
}

FAILURE_CODES: Final = {
    MovementKind.CHARGE: "card_declined",
    MovementKind.REFUND: "refund_failed",
    MovementKind.TRANSFER: "transfer_failed",
    MovementKind.REVERSAL: "reversal_failed",
    MovementKind.DISPUTE: "won",
}
"""The code of a movement that a test declines without giving one."""

PREFIXES: Final = {
    MovementKind.CHARGE: "pi",
    MovementKind.REFUND: "re",
    MovementKind.TRANSFER: "tr",
    MovementKind.REVERSAL: "trr",
    MovementKind.DISPUTE: "dp",
}


def judged_card(asked: Movement) -> Movement:
    """What a charge comes to by its card's name; a name that nobody knows is declined."""
    card = asked.target or ""
    if card in GOOD_CARDS:
        return asked
    if card in ASKING_CARDS:
        return evolve(asked, status=MovementStatus.REQUIRES_ACTION)
    return declined(asked, DECLINED_CARDS.get(card, "resource_missing"))


def declined(asked: Movement, code: str) -> Movement:
    """The movement, refused."""
    return evolve(asked, status=MovementStatus.DECLINED, code=code)


def ref_of(kind: MovementKind, key: str) -> str:
    """A ref out of the key: it names the same thing in every process and after every restart."""
    return f"{PREFIXES[kind]}_fake_{sha256(key.encode()).hexdigest()[:24]}"


def client_secret(ref: str) -> str:
    """What the customer's browser would confirm the charge with."""
    return f"{ref}_secret_{sha256(ref.encode()).hexdigest()[:16]}"


def charge_outcome(charge: Movement | Unknown | None) -> ChargeOutcome:
    """A charge in the port's words."""
    if charge is None or isinstance(charge, Unknown):
        return Absent() if charge is None else charge
    match charge.status:
        case MovementStatus.REQUIRES_ACTION:
            return RequiresAction(ref=charge.ref, client_secret=client_secret(charge.ref))
        case MovementStatus.CANCELED:
            return Canceled(ref=charge.ref)
        case _:
            return movement_outcome(charge)


def movement_outcome(movement: Movement | Unknown | None) -> RefundOutcome:
    """A refund or reversal in the port's words."""
    if movement is None or isinstance(movement, Unknown):
        return Absent() if movement is None else movement
    match movement.status:
        case MovementStatus.SUCCEEDED:
            return Succeeded(ref=movement.ref)
        case MovementStatus.PROCESSING | MovementStatus.REQUIRES_ACTION:
            return Processing(ref=movement.ref)
        case MovementStatus.DECLINED | MovementStatus.CANCELED:
            code = movement.code or "canceled"
            return Declined(ref=movement.ref, code=code, message=MESSAGES.get(code, "It was refused."))


def transfer_outcome(transfer: Movement | Unknown | None, reversed_cents: int) -> TransferOutcome:
    """A transfer in the port's words, of which so much was taken back."""
    if reversed_cents > 0 and isinstance(transfer, Movement):
        return Reversed(ref=transfer.ref, reversed_cents=reversed_cents)
    return movement_outcome(transfer)


def listed(movement: Movement, reversed_cents: int = 0) -> GatewayMovement:
    """A charge, refund or transfer as an audit reads it."""
    outcome: ChargeOutcome | TransferOutcome
    match movement.kind:
        case MovementKind.CHARGE:
            outcome = charge_outcome(movement)
        case MovementKind.TRANSFER:
            outcome = transfer_outcome(movement, reversed_cents)
        case _:
            outcome = movement_outcome(movement)
    return GatewayMovement(
        kind=GatewayKind(movement.kind.value),
        ref=movement.ref,
        idempotency_key=movement.idempotency_key,
        amount_cents=movement.amount_cents,
        currency=movement.currency,
        outcome=outcome,
    )
