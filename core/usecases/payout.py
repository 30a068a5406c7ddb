"""Paying a practitioner what is available."""

from typing import Final

from core.domain.actors import Actor, Role
from core.domain.changes import Changes
from core.domain.earnings import Payout
from core.domain.errors import Forbidden, NotFound, ReversalRefused
from core.domain.gateway import NEVER_ARRIVED, Absent, Declined, TransferOutcome, Unknown, is_forgotten
from core.domain.ids import PayoutId, UserId
from core.domain.payouts import PlannedPayout, left_of, reversal_request, too_much, transfer_request
from core.domain.payouts import pay_out as decide
from core.domain.payouts import settle_payout as settle
from core.domain.statuses import PayoutStatus
from core.domain.views import PayoutSettlementView
from core.usecases.accounts import look_at_account
from core.usecases.attempts import retrying
from core.usecases.claims import Claim, closing, finishing, opening
from core.usecases.context import Ports

UNDECIDED: Final = (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)


async def pay_out(
    practitioner_id: UserId, *, actor: Actor, ports: Ports, claim: Claim[Payout] | None = None
) -> Payout:
    """Transfer everything available to a practitioner, at their own or an admin's request.

    Raises NothingToPayOut, and PayoutsNotEnabled where the gateway says that their account cannot be
    paid. The payout is paid, in transit, failed, or pending when the gateway gave no answer.
    """
    actor.require(Role.PRACTITIONER, Role.ADMIN)
    if not actor.owns(practitioner_id):
        raise Forbidden("only an admin pays others out")
    await look_at_account(practitioner_id, ports=ports)

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
    """Find out what became of a payout, and settle it by the gateway's answer.

    A transfer that never arrived is sent again, as long as the gateway remembers its key; after that it
    has failed, and its earnings are available again. Of a paid one, what was taken back since is booked.
    """
    return await mend_payout((await load_payout(payout_id, ports)).payout, ports=ports)


async def mend_payout(payout: Payout, *, ports: Ports) -> Payout:
    """The same for a payout that was just read."""
    if payout.status is PayoutStatus.FAILED:
        return payout
    return await settle_payout(payout.id, await ask_about_payout(payout, ports=ports), ports=ports)


async def ask_about_payout(payout: Payout, *, ports: Ports) -> TransferOutcome:
    """What the gateway says of a payout; one that it proves it never got is sent again, or has failed."""
    outcome = await ports.payments.find_transfer(
        idempotency_key=payout.idempotency_key, ref=payout.gateway_ref
    )
    if not isinstance(outcome, Absent) or payout.status not in UNDECIDED:
        return outcome
    if is_forgotten(payout.created_at, ports.clock.now()):
        return NEVER_ARRIVED
    return await ports.payments.transfer(transfer_request(payout))


async def reverse_payout(
    payout_id: PayoutId,
    *,
    amount_cents: int | None,
    actor: Actor,
    ports: Ports,
    claim: Claim[Payout] | None = None,
) -> Payout:
    """Take back a paid payout at the gateway, or so much of it; its practitioner is owed that again.

    That is how a clawback is recovered which no later earnings will make up. What was taken back by hand
    counts. Under a claim the gateway knows the request when it is repeated, also after a crash, and takes
    nothing back twice; the answer is kept unless the gateway gave none.
    Raises IllegalTransition for a payout that is not paid, Invalid for more than is left of it, and
    ReversalRefused.
    """
    actor.require(Role.ADMIN)
    payout = await repair_payout(payout_id, ports=ports)
    request = reversal_request(payout, amount_cents, once=None if claim is None else claim.digest)
    if request is not None:
        outcome = await ports.payments.reverse_transfer(request)
        if isinstance(outcome, Declined) and request.amount_cents > left_of(payout):
            raise too_much(payout)
        if isinstance(outcome, Declined):
            raise ReversalRefused(outcome.message)
        before, payout = payout, await repair_payout(payout_id, ports=ports)
        if isinstance(outcome, Unknown) and payout.reversed_cents == before.reversed_cents:
            return payout
    if claim is not None:
        await ports.store.commit(finishing(Changes(), claim, payout))
    return payout


async def load_payout(payout_id: PayoutId, ports: Ports) -> PayoutSettlementView:
    """A payout with its practitioner and earnings, or NotFound."""
    view = await ports.store.load_payout(payout_id)
    if view is None:
        raise NotFound("payout", payout_id)
    return view
