"""The contract of `ports.payments.PaymentGateway`, to be run against any gateway.

A test module joins with a subclass that has two fixtures:

    class TestMyGateway(PaymentsContract):
        @pytest.fixture
        async def gateway(self) -> AsyncIterator[PaymentGateway]:
            ...

        @pytest.fixture
        def outside(self, gateway: MyGateway) -> Outside:
            ...

The gateway must know Stripe's test cards. The tests are coroutines: run them with pytest-asyncio in
its auto mode.
"""

from adapters.memory.testing.bank_disputes import BankDisputes
from adapters.memory.testing.charges import Charges
from adapters.memory.testing.movements_listing import Movements
from adapters.memory.testing.reversals import Accounts, Reversals
from adapters.memory.testing.transfers import Refunds, Transfers


class PaymentsContract(Charges, Refunds, Transfers, Reversals, Accounts, BankDisputes, Movements):
    """Everything that every gateway promises."""
