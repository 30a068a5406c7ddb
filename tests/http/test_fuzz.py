"""What a machine makes up from the API's own document: nothing breaks, and every answer is as documented."""

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from tests.builders import NOW
from tests.http.market import User, new_app, new_ports, token

GATEWAY = FakeGateway()
SOMEBODY = User(roles=("client", "practitioner", "admin"))
schema = schemathesis.openapi.from_asgi(
    "/schema/openapi.json", new_app(new_ports(GATEWAY, MovableClock(NOW)), GATEWAY)
)


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_documented(case: schemathesis.Case) -> None:
    case.call_and_validate(headers={"authorization": f"Bearer {token(SOMEBODY)}"})
    assert CHECKS is not None
