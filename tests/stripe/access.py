"""The gateway as tests open it: hardly any waiting between attempts."""

from typing import Any, Final

from adapters.stripe.gateway import StripeAccess, StripeGateway
from adapters.stripe.patience import Patience
from tests.servers.stripe import StripeServer

ATTEMPTS: Final = 3


def gateway_to(server: StripeServer, **choices: Any) -> StripeGateway:
    """A gateway that asks this server, three times at most. Close it."""
    access: dict[str, Any] = {
        "api_key": server.api_key,
        "api_base": server.url,
        "timeout_seconds": 5,
        "patience": Patience(attempts=ATTEMPTS, first_wait_seconds=0.001),
        "settling_seconds": 0,
    }
    return StripeGateway(StripeAccess(**(access | choices)))
