"""A gateway to this test's own Stripe."""

from collections.abc import AsyncIterator

import pytest

from adapters.stripe.gateway import StripeGateway
from tests.servers.stripe import StripeServer
from tests.stripe.access import gateway_to


@pytest.fixture
async def gateway(stripe_server: StripeServer) -> AsyncIterator[StripeGateway]:
    stripe_server.add_account("acct_practitioner")
    made = gateway_to(stripe_server)
    yield made
    await made.close()
