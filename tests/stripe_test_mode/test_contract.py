"""The contract of payments, kept against Stripe's test mode.

Disputes are left out: there no bank takes back a charge that was made with a good card. So is what may only
be asked of an account that nobody else uses.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from adapters.memory.testing.charges import Charges
from adapters.memory.testing.gateways import Outside, make_charge, make_refund
from adapters.memory.testing.reversals import Reversals
from adapters.memory.testing.transfers import Refunds, Transfers
from adapters.stripe.gateway import API_VERSION, StripeAccess, StripeGateway
from adapters.stripe.patience import Patience
from core.domain.gateway import AccountReport, Succeeded, TransferRequest
from ports.payments import PaymentGateway
from tests.stripe_test_mode.access import TestMode, test_mode
from tests.stripe_test_mode.wire import Wire, wire_to

ATTEMPTS: Final = 3
EIGHT_DIGITS: Final = 99_999_999


class TestModeGateway(StripeGateway):
    """A gateway whose transfers all go to the account of this run."""

    __test__ = False

    def __init__(self, access: StripeAccess, account: str | None) -> None:
        super().__init__(access)
        self._account = account

    async def transfer(self, request: TransferRequest) -> Any:
        made = TransferRequest(
            idempotency_key=request.idempotency_key,
            amount_cents=request.amount_cents,
            currency=request.currency,
            destination=self._account,
            metadata=request.metadata,
        )
        return await super().transfer(made)


class TestModeOutside:
    """What happens around the gateway. The customer finishes with a card that does not ask."""

    __test__ = False

    def __init__(self, mode: TestMode, wire: Wire) -> None:
        self._mode = mode
        self._wire = wire

    async def customer_confirms(self, ref: str) -> None:
        headers = {"authorization": f"Bearer {self._mode.key}", "stripe-version": API_VERSION}
        path = f"{self._mode.base}/v1/payment_intents/{ref}"
        async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client:
            if (await client.get(path)).json()["status"] == "requires_action":
                done = await client.post(f"{path}/confirm", data={"payment_method": "pm_card_visa"})
                done.raise_for_status()

    async def bank_disputes(self, ref: str) -> str:
        raise NotImplementedError("a bank takes back only what was paid with a card for that")

    async def bank_decides(self, ref: str, *, won: bool) -> None:
        raise NotImplementedError("a bank decides only on what it took back")

    def lose_request(self, operation: str) -> None:
        self._wire.lose_requests(operation, ATTEMPTS)

    def lose_answer(self, operation: str) -> None:
        self._wire.lose_answers(operation, ATTEMPTS)


@pytest.fixture
async def wire(mode: TestMode) -> AsyncIterator[tuple[Wire, str]]:
    async with wire_to(mode.base) as made:
        yield made


@pytest.fixture
async def gateway(mode: TestMode, wire: tuple[Wire, str]) -> AsyncIterator[StripeGateway]:
    access = StripeAccess(
        api_key=mode.key,
        api_base=wire[1],
        timeout_seconds=60,
        patience=Patience(attempts=ATTEMPTS),
        settling_seconds=0,
    )
    made = TestModeGateway(access, mode.account)
    yield made
    await made.close()


@pytest.fixture
def outside(mode: TestMode, wire: tuple[Wire, str]) -> Outside:
    return TestModeOutside(mode, wire[0])


class TestChargesInTestMode(Charges):
    """Stripe's largest amount is smaller than ours."""

    async def test_the_largest_amount_can_be_charged(self, gateway: PaymentGateway) -> None:
        assert Succeeded is type(await gateway.charge(make_charge(amount_cents=EIGHT_DIGITS)))


class TestRefundsInTestMode(Refunds):
    """As at every gateway."""

    async def test_what_was_made_is_listed_as_it_stands(self, gateway: PaymentGateway) -> None:
        asked = make_charge()
        charge = await gateway.charge(asked)
        assert isinstance(charge, Succeeded)
        back = make_refund(charge.ref)
        await gateway.refund(back)
        listed = {m.idempotency_key: m.amount_cents async for m in gateway.movements(since=None)}

        assert (asked.amount_cents, back.amount_cents) == (
            listed[asked.idempotency_key],
            listed[back.idempotency_key],
        )


_mode = test_mode()
if _mode is not None and _mode.account is not None:

    class TestTransfersInTestMode(Transfers, Reversals):
        """They need an account that takes them."""

        async def test_its_account_can_be_paid(self, gateway: PaymentGateway, mode: TestMode) -> None:
            assert mode.account is not None
            expected = AccountReport(ref=mode.account, payouts_enabled=True)
            assert expected == await gateway.find_account(mode.account)
