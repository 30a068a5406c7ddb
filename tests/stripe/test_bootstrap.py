"""What an operator chooses reaches Stripe."""

from adapters.bootstrap import open_ports
from adapters.memory.testing.gateways import make_charge
from adapters.settings import load_settings
from core.domain.gateway import Succeeded
from tests.servers.stripe import StripeServer


async def test_the_settings_open_a_gateway_to_stripe(stripe_server: StripeServer) -> None:
    settings = load_settings(
        store_url="memory://",
        payments="stripe",
        stripe_api_key=stripe_server.api_key,
        stripe_api_base=stripe_server.url,
        stripe_payment_method_types="card",
    )
    async with open_ports(settings) as ports:
        outcome = await ports.payments.charge(make_charge())

    (intent,) = stripe_server.all("payment_intent")
    assert Succeeded(ref=intent["id"]) == outcome
    assert (["card"], None) == (intent["payment_method_types"], intent["automatic_payment_methods"])
