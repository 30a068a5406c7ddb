"""Contract of payments: what a gateway tells of disputes."""

# ruff: noqa: S101 - assert is how a contract speaks, and it says what is expected first

import pytest

from adapters.memory.testing.gateways import Outside, charged
from adapters.memory.testing.ids import new_id
from core.domain.gateway import DisputeReport
from core.domain.ids import PaymentId
from core.domain.statuses import DisputeStatus
from ports.payments import PaymentGateway


class BankDisputes:
    """What `find_dispute` promises."""

    async def test_a_dispute_is_told_with_the_payment_it_is_about(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        payment = PaymentId(new_id())
        ref = await charged(gateway, metadata={"payment_id": str(payment)})

        dispute = await outside.bank_disputes(ref)

        assert await gateway.find_dispute(dispute) == DisputeReport(
            ref=dispute,
            payment_id=payment,
            amount_cents=10_000,
            currency="usd",
            status=DisputeStatus.OPEN,
            reason="fraudulent",
        )

    @pytest.mark.parametrize("won", [True, False])
    async def test_the_banks_decision_is_told(
        self, gateway: PaymentGateway, outside: Outside, won: bool
    ) -> None:
        ref = await charged(gateway)
        dispute = await outside.bank_disputes(ref)
        await outside.bank_decides(ref, won=won)

        report = await gateway.find_dispute(dispute)

        assert report is not None
        assert (DisputeStatus.WON if won else DisputeStatus.LOST) is report.status

    async def test_a_charge_that_is_not_ours_names_no_payment(
        self, gateway: PaymentGateway, outside: Outside
    ) -> None:
        dispute = await outside.bank_disputes(await charged(gateway, metadata={}))

        report = await gateway.find_dispute(dispute)

        assert report is not None
        assert report.payment_id is None

    async def test_a_dispute_that_nobody_knows_has_no_answer(self, gateway: PaymentGateway) -> None:
        assert await gateway.find_dispute("dp_of_nobody") is None
