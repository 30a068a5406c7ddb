"""What happens at the gateway by hand, and what is done about it; on nights on which the line is good."""

from uuid import UUID

from adapters.memory.payments import MovementStatus
from core.domain.ids import RefundId
from core.domain.statuses import PayoutStatus, RefundStatus
from core.usecases.payout import repair_payout
from core.usecases.reconcile import reconcile
from core.usecases.settle_refund import repair_refund, retry_refund
from ports.queries import Page
from tests.simulation.studio import Studio


async def take_a_payout_back(studio: Studio) -> None:
    """Somebody takes a third of the last payout back at the gateway: it goes into the next one."""
    found = await studio.store.payouts(Page(limit=50), practitioner_id=None)
    paid = [p for p in found.items if p.status is PayoutStatus.PAID and p.reversed_cents == 0]
    if not paid or paid[0].gateway_ref is None:
        return
    third = -(-paid[0].amount_cents // 3)
    studio.gateway.take_back(paid[0].gateway_ref, third)
    reduced = await repair_payout(paid[0].id, ports=studio.ports)
    assert third == reduced.reversed_cents
    studio.note("payout taken back", "the platform")


async def send_a_refund_back(studio: Studio) -> None:
    """A bank sends the last refund back, and an admin has it sent once more."""
    given = [m for m in studio.gateway.refunds() if m.status is MovementStatus.SUCCEEDED]
    if not given:
        return
    refund_id = RefundId(UUID(given[-1].metadata["refund_id"]))
    view = await studio.store.load_refund(refund_id)
    if view is None or view.order.is_disputed:
        return
    studio.gateway.take_back(given[-1].ref)
    failed = await repair_refund(refund_id, ports=studio.ports)
    again = await retry_refund(refund_id, actor=studio.admin, ports=studio.ports)
    assert (RefundStatus.FAILED, RefundStatus.SUCCEEDED) == (failed.status, again.status)
    studio.note("refund sent back", "a bank")


async def compare(studio: Studio) -> None:
    """Both sides' books agree once what is clear is mended."""
    assert () == (await reconcile(ports=studio.ports)).left
    studio.note("both sides compared", "the platform")
