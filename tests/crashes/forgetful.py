"""A gateway as it must not be, to prove that its defects are noticed."""

from typing import Any
from uuid import uuid4

from attrs import evolve

from adapters.memory.payments import FakeGateway
from core.domain.gateway import ChargeOutcome, ChargeRequest


class Forgetful:
    """Charges under a fresh key whenever it is asked, as Stripe's library does for callers that give none."""

    def __init__(self, gateway: FakeGateway) -> None:
        self._gateway = gateway

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        return await self._gateway.charge(evolve(request, idempotency_key=f"random:{uuid4()}"))
