"""Stripe's gateway keeps the contract of payments, against a server that tells the truth."""

from collections.abc import AsyncIterator, Iterator
from typing import Final, cast

import pytest

from adapters.memory.testing.gateways import Outside, make_charge
from adapters.memory.testing.payments import PaymentsContract
from adapters.stripe.gateway import StripeAccess, StripeGateway
from adapters.stripe.patience import Patience
from core.domain.gateway import Declined, Succeeded
from ports.payments import PaymentGateway
from tests.servers.stripe import Fault, StripeServer, stripe_server

ATTEMPTS: Final = 3
EIGHT_DIGITS: Final = 99_999_999


@pytest.fixture(scope="module")
def serving() -> Iterator[StripeServer]:
    with stripe_server() as server:
        server.add_account("acct_practitioner")
        yield server


@pytest.fixture
def stripe(serving: StripeServer) -> Iterator[StripeServer]:
    yield serving
    assert [] == serving.defects


@pytest.fixture
async def gateway(stripe: StripeServer) -> AsyncIterator[StripeGateway]:
    made = StripeGateway(
        StripeAccess(
            api_key=stripe.api_key,
            api_base=stripe.url,
            timeout_seconds=5,
            patience=Patience(attempts=ATTEMPTS, first_wait_seconds=0.001),
        )
    )
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

    def lose_request(self, operation: str) -> None:
        self._server.script(operation, *[Fault.LOST_BEFORE] * ATTEMPTS)

    def lose_answer(self, operation: str) -> None:
        self._server.script(operation, *[Fault.LOST_AFTER] * ATTEMPTS)


@pytest.fixture
def outside(stripe: StripeServer) -> Outside:
    return StripeOutside(stripe)


class TestStripeGateway(PaymentsContract):
    """Over loopback HTTP. Stripe's largest amount is smaller than ours."""

    async def test_the_largest_amount_can_be_charged(self, gateway: PaymentGateway) -> None:
        assert Succeeded is type(await gateway.charge(make_charge(amount_cents=EIGHT_DIGITS)))

        refused = await gateway.charge(make_charge(amount_cents=EIGHT_DIGITS + 1))
        assert "amount_too_large" == cast("Declined", refused).code
