"""The fake gateway keeps the contract of payments, and has what a fake needs besides."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from adapters.memory.payments import FakeGateway, Fault, KeyReused, MovementStatus, Operation
from adapters.memory.testing.gateways import Outside, charged, make_charge, make_refund, make_transfer
from adapters.memory.testing.payments import PaymentsContract
from core.domain.gateway import Declined, Processing, RequiresAction, Succeeded, Unknown
from core.domain.statuses import DisputeStatus


class FakeOutside:
    """The fake gateway's other side is scripted."""

    def __init__(self, gateway: FakeGateway) -> None:
        self._gateway = gateway

    async def customer_confirms(self, ref: str) -> None:
        await self._gateway.confirm(ref)

    async def bank_disputes(self, ref: str) -> str:
        return (await self._gateway.dispute(ref, DisputeStatus.OPEN)).ref

    async def bank_decides(self, ref: str, *, won: bool) -> None:
        await self._gateway.dispute(ref, DisputeStatus.WON if won else DisputeStatus.LOST)

    def lose_request(self, operation: str) -> None:
        self._gateway.script(Operation(operation), Fault.LOST_BEFORE)

    def lose_answer(self, operation: str) -> None:
        self._gateway.script(Operation(operation), Fault.LOST_AFTER)


@pytest.fixture(params=["memory", "file"])
async def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FakeGateway]:
    made = FakeGateway(tmp_path / "payments.db" if request.param == "file" else None)
    yield made
    await made.close()


@pytest.fixture
def outside(gateway: FakeGateway) -> Outside:
    return FakeOutside(gateway)


class TestFakeGateway(PaymentsContract):
    """In memory and in a file."""


async def test_a_key_with_other_parameters_is_a_defect_of_the_caller(gateway: FakeGateway) -> None:
    await gateway.charge(make_charge(idempotency_key="pi:1", amount_cents=100))

    with pytest.raises(KeyReused):
        await gateway.charge(make_charge(idempotency_key="pi:1", amount_cents=200))


async def test_a_disputed_charge_is_not_refunded_until_the_bank_has_decided(gateway: FakeGateway) -> None:
    ref = await charged(gateway)
    await gateway.dispute(ref, DisputeStatus.OPEN, 5000)

    refused = await gateway.refund(make_refund(ref))
    await gateway.dispute(ref, DisputeStatus.WON)
    await gateway.dispute(ref, DisputeStatus.LOST)

    assert "charge_disputed" == cast("Declined", refused).code
    assert Succeeded is type(await gateway.refund(make_refund(ref)))


async def test_only_money_that_was_taken_can_be_disputed(gateway: FakeGateway) -> None:
    refused = await gateway.charge(make_charge(payment_method_id="pm_card_chargeDeclined"))

    for ref in ("pi_of_nobody", cast("Declined", refused).ref):
        with pytest.raises(KeyError):
            await gateway.dispute(ref or "", DisputeStatus.OPEN)


async def test_an_amount_must_be_positive(gateway: FakeGateway) -> None:
    with pytest.raises(ValueError, match="positive"):
        await gateway.charge(make_charge(amount_cents=0))


async def test_charges_are_read_by_their_metadata(gateway: FakeGateway) -> None:
    await gateway.charge(make_charge(metadata={"order_id": "1"}, amount_cents=100))
    await gateway.charge(make_charge(metadata={"order_id": "2"}, amount_cents=10))
    await gateway.charge(
        make_charge(metadata={"order_id": "1"}, amount_cents=1, payment_method_id="pm_card_chargeDeclined")
    )

    assert 100 == gateway.charged_cents(order_id="1")
    assert [MovementStatus.SUCCEEDED, MovementStatus.DECLINED] == [
        charge.status for charge in gateway.charges(order_id="1")
    ]
    assert 110 == gateway.charged_cents()


async def test_a_charge_in_processing_ends_as_the_test_says(gateway: FakeGateway) -> None:
    gateway.script(Operation.CHARGE, Fault.PROCESSING, Fault.PROCESSING)
    good, bad = make_charge(), make_charge()
    first = cast("Processing", await gateway.charge(good))
    second = cast("Processing", await gateway.charge(bad))
    assert first == await gateway.cancel_charge(idempotency_key=good.idempotency_key, ref=None)

    gateway.finish(first.ref, MovementStatus.SUCCEEDED)
    gateway.finish(second.ref, MovementStatus.DECLINED, code="insufficient_funds")

    assert Succeeded is type(await gateway.find_charge(idempotency_key=good.idempotency_key, ref=None))
    found = await gateway.find_charge(idempotency_key=bad.idempotency_key, ref=None)
    assert "insufficient_funds" == cast("Declined", found).code


async def test_a_finished_charge_cannot_be_finished_again(gateway: FakeGateway) -> None:
    ref = await charged(gateway)

    with pytest.raises(KeyError):
        gateway.finish(ref, MovementStatus.DECLINED)


async def test_faults_come_in_order_and_pass_calls_by(gateway: FakeGateway) -> None:
    gateway.script(Operation.TRANSFER, Fault.NONE, Fault.DECLINED)
    outcomes = [type(await gateway.transfer(make_transfer())) for _ in range(3)]

    assert [Succeeded, Declined, Succeeded] == outcomes


async def test_a_lookup_can_be_lost_but_not_declined(gateway: FakeGateway) -> None:
    with pytest.raises(ValueError, match="only asks"):
        gateway.script(Operation.FIND_CHARGE, Fault.DECLINED)

    gateway.script(Operation.FIND_CHARGE, Fault.LOST_BEFORE)
    assert Unknown is type(await gateway.find_charge(idempotency_key="pi:1", ref=None))


async def test_a_refund_waits_for_the_charge_to_succeed(gateway: FakeGateway) -> None:
    asked = await gateway.charge(make_charge(payment_method_id="pm_card_authenticationRequired"))
    ref = cast("RequiresAction", asked).ref

    assert "charge_not_refundable" == cast("Declined", await gateway.refund(make_refund(ref))).code
    await gateway.confirm(ref)
    assert Succeeded is type(await gateway.refund(make_refund(ref)))


async def test_a_practitioner_without_an_account_can_be_refused() -> None:
    gateway = FakeGateway(require_destination=True)
    outcome = await gateway.transfer(make_transfer(destination=None))

    assert "account_missing" == cast("Declined", outcome).code


async def hangs(gateway: FakeGateway) -> None:
    """Wait until a call hangs, in whichever process."""
    async with asyncio.timeout(30):
        while gateway.hanging() == 0:  # noqa: ASYNC110 - another process may be the one that hangs
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("fault", "charged_meanwhile"), [(Fault.HANG_BEFORE, 0), (Fault.HANG_AFTER, 10_000)])
async def test_a_call_hangs_until_it_is_released(
    gateway: FakeGateway, fault: Fault, charged_meanwhile: int
) -> None:
    gateway.script(Operation.CHARGE, fault)
    call = asyncio.create_task(gateway.charge(make_charge(amount_cents=10_000)))
    await hangs(gateway)

    assert charged_meanwhile == gateway.charged_cents()
    gateway.release()
    assert Succeeded is type(await call)
    assert 10_000 == gateway.charged_cents()
    assert 0 == gateway.hanging()


async def test_two_processes_share_a_file(tmp_path: Path) -> None:
    ours, theirs = FakeGateway(tmp_path / "payments.db"), FakeGateway(tmp_path / "payments.db")
    request = make_charge()
    ours.script(Operation.CHARGE, Fault.LOST_AFTER)

    assert Unknown is type(await theirs.charge(request))
    assert 10_000 == ours.charged_cents()
    assert await ours.charge(request) == await theirs.charge(request)
    await ours.close()
    await theirs.close()


CHARGING = """
import asyncio, sys
from adapters.memory.payments import FakeGateway
from core.domain.gateway import ChargeRequest

async def main():
    request = ChargeRequest(
        idempotency_key="pi:killed", amount_cents=500, currency="usd", payment_method_id="pm_card_visa"
    )
    await FakeGateway(sys.argv[1]).charge(request)

asyncio.run(main())
"""


async def test_a_file_remembers_what_a_killed_process_was_told(tmp_path: Path) -> None:
    path = tmp_path / "payments.db"
    gateway = FakeGateway(path)
    gateway.script(Operation.CHARGE, Fault.HANG_AFTER)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", CHARGING, str(path))
    await hangs(gateway)
    process.kill()
    await process.wait()

    found = await gateway.find_charge(idempotency_key="pi:killed", ref=None)
    assert Succeeded is type(found)
    assert 500 == gateway.charged_cents()
    await gateway.close()
