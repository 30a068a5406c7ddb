"""A refund's card part goes through the gateway, and its answer into the books."""

from core.domain.errors import NotFound
from core.domain.gateway import NEVER_ARRIVED, Absent, RefundOutcome, is_forgotten
from core.domain.ids import RefundId
from core.domain.orders import Payment, Refund
from core.domain.returning import refund_request
from core.domain.returning import settle_refund as decide
from core.domain.statuses import RefundStatus
from core.domain.views import RefundView
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, closing
from core.usecases.context import Ports


async def send_refund(
    made: Refund, payment: Payment, *, ports: Ports, claim: Claim[Refund] | None = None
) -> Refund:
    """Ask the gateway for a committed refund and book what it answers."""
    outcome = await ports.payments.refund(refund_request(made, payment))
    return await settle_refund(made.id, outcome, ports=ports, claim=claim)


async def settle_refund(
    refund_id: RefundId, outcome: RefundOutcome, *, ports: Ports, claim: Claim[Refund] | None = None
) -> Refund:
    """Apply the gateway's answer to a refund, once."""

    async def attempt() -> Refund:
        view = await load(refund_id, ports)
        changes, settled = decide(view, outcome, now=ports.clock.now(), new_id=ports.ids)
        await ports.store.commit(closing(changes, claim, refund_id, settled))
        return settled

    return await retrying(attempt, clock=ports.clock)


async def repair_refund(refund_id: RefundId, *, ports: Ports) -> Refund:
    """Find out what became of a refund without an answer; one that never arrived is sent again, as long
    as the gateway remembers its key. After that it has failed, for somebody to look at.
    """
    view = await load(refund_id, ports)
    made, payment = view.refund, view.payment
    if made.status is not RefundStatus.PENDING or payment is None:
        return made
    outcome = await ports.payments.find_refund(idempotency_key=made.idempotency_key, ref=made.gateway_ref)
    if isinstance(outcome, Absent):
        if is_forgotten(made.created_at, ports.clock.now()):
            outcome = NEVER_ARRIVED
        else:
            outcome = await ports.payments.refund(refund_request(made, payment))
    return await settle_refund(refund_id, outcome, ports=ports)


async def load(refund_id: RefundId, ports: Ports) -> RefundView:
    """A refund with its order and payment, or NotFound."""
    view = await ports.store.load_refund(refund_id)
    if view is None:
        raise NotFound("refund", refund_id)
    return view
