"""A refund's card part goes through the gateway, and its answer into the books."""

from core.domain.actors import Actor, Role
from core.domain.changes import Changes
from core.domain.errors import NotFound, RefundUndecided
from core.domain.gateway import NEVER_ARRIVED, Absent, Declined, RefundOutcome, Succeeded, is_forgotten
from core.domain.ids import RefundId
from core.domain.orders import Payment, Refund
from core.domain.returning import refund_request
from core.domain.returning import retry_refund as decide_retry
from core.domain.returning import settle_refund as decide
from core.domain.statuses import RefundStatus
from core.domain.views import RefundView
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, closing, finishing, opening
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
    """Find out what became of a refund, and settle it by the gateway's answer.

    One that never arrived is sent again, as long as the gateway remembers its key; after that it has
    failed, for somebody to look at. One that was settled follows the gateway's word if that has changed.
    """
    return await mend_refund(await load(refund_id, ports), ports=ports)


async def mend_refund(view: RefundView, *, ports: Ports) -> Refund:
    """The same for a refund that was just read."""
    outcome = await ask_about_refund(view, ports=ports)
    return view.refund if outcome is None else await settle_refund(view.refund.id, outcome, ports=ports)


async def ask_about_refund(view: RefundView, *, ports: Ports) -> RefundOutcome | None:
    """What the gateway says of a refund; one that it proves it never got is sent again, or has failed.

    None for a refund that moves no card money.
    """
    made, payment = view.refund, view.payment
    if made.card_cents == 0 or payment is None:
        return None
    outcome = await ports.payments.find_refund(idempotency_key=made.idempotency_key, ref=made.gateway_ref)
    if not isinstance(outcome, Absent) or made.status is not RefundStatus.PENDING:
        return outcome
    if is_forgotten(made.asked_at, ports.clock.now()):
        return NEVER_ARRIVED
    return await ports.payments.refund(refund_request(made, payment))


async def retry_refund(
    refund_id: RefundId, *, actor: Actor, ports: Ports, claim: Claim[Refund] | None = None
) -> Refund:
    """Send a failed refund once more, under a new key, at an admin's request.

    First the gateway is asked about the key so far: a refund that succeeded after all is settled instead,
    and while there is no answer nothing is sent (RefundUndecided). One that is under way stays so. Raises
    IllegalTransition for a refund that has succeeded, and PaymentDisputed.
    """
    actor.require(Role.ADMIN)
    known = await load(refund_id, ports)
    if known.refund.status is RefundStatus.FAILED:
        outcome = await ask_about_refund(known, ports=ports)
        if not isinstance(outcome, Declined | Absent):
            return await _not_failed(known, outcome, ports=ports, claim=claim)

    async def attempt() -> tuple[RefundView, Refund, bool]:
        view = await load(refund_id, ports)
        changes, again = decide_retry(view, now=ports.clock.now(), new_id=ports.ids)
        if view.refund == again:
            return view, await _answered(again, ports=ports, claim=claim), False
        await ports.store.commit(opening(changes, claim, refund_id))
        return view, again, True

    view, again, is_new = await retrying(attempt, clock=ports.clock)
    if not is_new or view.payment is None:
        return again
    return await send_refund(again, view.payment, ports=ports, claim=claim)


async def _not_failed(
    view: RefundView, outcome: RefundOutcome | None, *, ports: Ports, claim: Claim[Refund] | None
) -> Refund:
    """The gateway has it, or does not tell: nothing new may be sent."""
    if not isinstance(outcome, Succeeded):
        raise RefundUndecided("the gateway does not tell yet what became of the last attempt; try later")
    settled = await settle_refund(view.refund.id, outcome, ports=ports)
    return await _answered(settled, ports=ports, claim=claim)


async def _answered(refund: Refund, *, ports: Ports, claim: Claim[Refund] | None) -> Refund:
    if claim is not None:
        await ports.store.commit(finishing(Changes(), claim, refund))
    return refund


async def load(refund_id: RefundId, ports: Ports) -> RefundView:
    """A refund with its order and payment, or NotFound."""
    view = await ports.store.load_refund(refund_id)
    if view is None:
        raise NotFound("refund", refund_id)
    return view
