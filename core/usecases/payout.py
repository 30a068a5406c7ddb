"""Paying a practitioner what is available."""

from core.domain.actors import Actor, Role
from core.domain.earnings import Payout
from core.domain.errors import Forbidden, NotFound
from core.domain.gateway import NEVER_ARRIVED, Absent, TransferOutcome, is_forgotten
from core.domain.ids import PayoutId, UserId
from core.domain.payouts import PlannedPayout, transfer_request
from core.domain.payouts import pay_out as decide
from core.domain.payouts import settle_payout as settle
from core.domain.statuses import PayoutStatus
from core.domain.views import PayoutSettlementView
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, closing, opening
from core.usecases.context import Ports


async def pay_out(
    practitioner_id: UserId, *, actor: Actor, ports: Ports, claim: Claim[Payout] | None = None
) -> Payout:
    """Transfer everything available to a practitioner, at their own or an admin's request.

    Raises NothingToPayOut. The payout is paid, in transit, failed, or pending when the gateway
    gave no answer.
    """
    actor.require(Role.PRACTITIONER, Role.ADMIN)
    if not actor.owns(practitioner_id):
        raise Forbidden("only an admin pays others out")

    async def attempt() -> PlannedPayout:
        view = await ports.store.load_payable(practitioner_id)
        if view is None:
            raise NotFound("practitioner", practitioner_id)
        decided = decide(view, rules=ports.rules, now=ports.clock.now(), new_id=ports.ids)
        await ports.store.commit(opening(decided.changes, claim, decided.payout.id))
        return decided

    decided = await retrying(attempt, clock=ports.clock)
    outcome = await ports.payments.transfer(decided.transfer)
    return await settle_payout(decided.payout.id, outcome, ports=ports, claim=claim)


async def settle_payout(
    payout_id: PayoutId, outcome: TransferOutcome, *, ports: Ports, claim: Claim[Payout] | None = None
) -> Payout:
    """Apply the gateway's answer to a payout, once."""

    async def attempt() -> Payout:
        view = await load_payout(payout_id, ports)
        changes, settled = settle(view, outcome, now=ports.clock.now(), new_id=ports.ids)
        await ports.store.commit(closing(changes, claim, payout_id, settled))
        return settled

    return await retrying(attempt, clock=ports.clock)


async def repair_payout(payout_id: PayoutId, *, ports: Ports) -> Payout:
    """Find out what became of a transfer without an answer; one that never arrived is sent again, as long
    as the gateway remembers its key. After that it has failed, and its earnings are available again.
    """
    payout = (await load_payout(payout_id, ports)).payout
    if payout.status in (PayoutStatus.PAID, PayoutStatus.FAILED):
        return payout
    outcome = await ports.payments.find_transfer(
        idempotency_key=payout.idempotency_key, ref=payout.gateway_ref
    )
    if isinstance(outcome, Absent):
        if is_forgotten(payout.created_at, ports.clock.now()):
            outcome = NEVER_ARRIVED
        else:
            outcome = await ports.payments.transfer(transfer_request(payout))
    return await settle_payout(payout_id, outcome, ports=ports)


async def load_payout(payout_id: PayoutId, ports: Ports) -> PayoutSettlementView:
    """A payout with its practitioner and earnings, or NotFound."""
    view = await ports.store.load_payout(payout_id)
    if view is None:
        raise NotFound("payout", payout_id)
    return view
