"""Stripe's gateway keeps the contract of payments, against a server that tells the truth."""

from collections.abc import AsyncIterator
from typing import Final, cast

import pytest

from adapters.memory.testing.gateways import Outside, make_charge
from adapters.memory.testing.payments import PaymentsContract
from adapters.stripe.gateway import StripeGateway
from core.domain.gateway import Declined, Succeeded
from ports.payments import PaymentGateway
from tests.servers.stripe import Fault, StripeServer
from tests.stripe.access import ATTEMPTS, gateway_to

EIGHT_DIGITS: Final = 99_999_999


@pytest.fixture
async def gateway(stripe_server: StripeServer) -> AsyncIterator[StripeGateway]:
    stripe_server.add_account("acct_practitioner")
    made = gateway_to(stripe_server)
    yield made
    await made.close()


class StripeOutside:
    """The customers of the server, and the wire: what is lost is lost at every attempt."""

    def __init__(self, server: StripeServer) -> None:
        self._server = server

    async def customer_confirms(self, ref: str) -> None:
        waiting = self._server.all("payment_intent", id=ref, status="requires_action")
        if waiting:
            self._server.authenticate(ref)

    async def bank_disputes(self, ref: str) -> str:
        (charge,) = self._server.all("charge", payment_intent=ref)
        made: str = self._server.open_dispute(charge["id"])["id"]
        return made

    async def bank_decides(self, ref: str, *, won: bool) -> None:
        (dispute,) = self._server.all("dispute", payment_intent=ref)
        self._server.close_dispute(dispute["id"], won=won)

    def lose_request(self, operation: str) -> None:
        self._server.script(operation, *[Fault.LOST_BEFORE] * ATTEMPTS)

    def lose_answer(self, operation: str) -> None:
        self._server.script(operation, *[Fault.LOST_AFTER] * ATTEMPTS)


@pytest.fixture
def outside(stripe_server: StripeServer) -> Outside:
    return StripeOutside(stripe_server)


class TestStripeGateway(PaymentsContract):
    """Over loopback HTTP. Stripe's largest amount is smaller than ours."""

    async def test_the_largest_amount_can_be_charged(self, gateway: PaymentGateway) -> None:
        assert Succeeded is type(await gateway.charge(make_charge(amount_cents=EIGHT_DIGITS)))

        refused = await gateway.charge(make_charge(amount_cents=EIGHT_DIGITS + 1))
        assert "amount_too_large" == cast("Declined", refused).code
