"""What the contract of payments needs from the world around a gateway, and requests to ask it with."""

# ruff: noqa: S101 - assert is how a contract speaks

from typing import Any, Protocol

from adapters.memory.testing.ids import new_id
from core.domain.gateway import ChargeRequest, RefundRequest, ReversalRequest, Succeeded, TransferRequest
from ports.payments import PaymentGateway


class Outside(Protocol):
    """What happens on the gateway's side of the wire, as a test arranges it."""

    async def customer_confirms(self, ref: str) -> None:
        """The customer authenticates the charge that waits for them, if it still does."""
        ...

    async def bank_disputes(self, ref: str) -> str:
        """The customer's bank takes the charge back, all of it; tells the dispute's own ref."""
        ...

    async def bank_decides(self, ref: str, *, won: bool) -> None:
        """The bank decides on the dispute about the charge."""
        ...

    def lose_request(self, operation: str) -> None:
        """The next call of an operation that moves money never reaches the gateway."""
        ...

    def lose_answer(self, operation: str) -> None:
        """The next call of an operation that moves money is carried out, but its answer is lost."""
        ...


def new_key() -> str:
    """A key that was never used."""
    return f"test:{new_id()}"


def make_charge(**overrides: Any) -> ChargeRequest:
    """100.00 usd from a good card."""
    fields: dict[str, Any] = {
        "idempotency_key": new_key(),
        "amount_cents": 10_000,
        "currency": "usd",
        "payment_method_id": "pm_card_visa",
        "metadata": {"order_id": str(new_id())},
    }
    return ChargeRequest(**(fields | overrides))


def make_refund(charge_ref: str, **overrides: Any) -> RefundRequest:
    """40.00 usd of a charge."""
    fields: dict[str, Any] = {
        "idempotency_key": new_key(),
        "charge_ref": charge_ref,
        "amount_cents": 4_000,
        "currency": "usd",
    }
    return RefundRequest(**(fields | overrides))


def make_transfer(**overrides: Any) -> TransferRequest:
    """68.00 usd for a practitioner's account."""
    fields: dict[str, Any] = {
        "idempotency_key": new_key(),
        "amount_cents": 6_800,
        "currency": "usd",
        "destination": "acct_practitioner",
    }
    return TransferRequest(**(fields | overrides))


def make_reversal(transfer_ref: str, **overrides: Any) -> ReversalRequest:
    """10.00 usd of a transfer, taken back."""
    fields: dict[str, Any] = {
        "idempotency_key": new_key(),
        "transfer_ref": transfer_ref,
        "amount_cents": 1_000,
        "currency": "usd",
    }
    return ReversalRequest(**(fields | overrides))


async def transferred(gateway: PaymentGateway, request: TransferRequest) -> str:
    """The ref of a transfer that succeeded."""
    outcome = await gateway.transfer(request)
    assert isinstance(outcome, Succeeded)
    return outcome.ref


async def charged(gateway: PaymentGateway, **overrides: Any) -> str:
    """The ref of a charge that succeeded."""
    outcome = await gateway.charge(make_charge(**overrides))
    assert isinstance(outcome, Succeeded)
    return outcome.ref
