"""What a machine makes up from the API's own document: nothing breaks, and every answer is as documented."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from tests.builders import NOW
from tests.http.market import User, new_app, new_ports, token

GATEWAY = FakeGateway()
SOMEBODY = User(roles=("client", "practitioner", "admin"))
NOT_MEANT: list[CheckFunction] = [
    positive_data_acceptance,  # the rule book refuses more than a schema can say
    ignored_auth,  # it cannot take away a header that is given with the call; test_tokens walks every route
]

schema = schemathesis.openapi.from_asgi(
    "/schema/openapi.json", new_app(new_ports(GATEWAY, MovableClock(NOW)), GATEWAY)
)
# The token comes with every call, and query parameters that nobody knows are ignored on purpose.
schema.config.generation.update(with_security_parameters=False, allow_extra_parameters=False)


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_documented(case: schemathesis.Case[Any]) -> None:
    headers = {"authorization": f"Bearer {token(SOMEBODY)}"}
    case.call_and_validate(headers=headers, excluded_checks=NOT_MEANT)
