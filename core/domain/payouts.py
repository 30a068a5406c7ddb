"""Paying practitioners: release after the hold, one transfer for all that is available.

Source: domain.md, "Delivering and earning".
"""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from core.domain import earnings as earnings_rules
from core.domain.changes import Changes
from core.domain.earnings import Earnings, Payout, payable, payout_key
from core.domain.events import EventType, event
from core.domain.gateway import Declined, Processing, Succeeded, TransferOutcome, TransferRequest
from core.domain.ids import EntryId, IdSource, PayoutId
from core.domain.ledger import (
    PAYOUTS,
    ChainOwner,
    EntryKind,
    HeadMove,
    PostingType,
    posting,
    practitioner_account,
    practitioner_chain,
    record,
)
from core.domain.reversing import carried
from core.domain.rules import Rules
from core.domain.statuses import EarningsStatus, PayoutStatus, transition
from core.domain.views import PayoutSettlementView, PayoutView


@frozen(kw_only=True)
class PlannedPayout:
    """A decided payout; `transfer` is what to ask of the gateway once `changes` are committed."""

    changes: Changes
    payout: Payout
    transfer: TransferRequest


def release(earnings: Sequence[Earnings], *, now: datetime, new_id: IdSource) -> tuple[Changes, int]:
    """Make pending earnings whose hold is over available, but for frozen ones; tells how many."""
    pending = (e for e in earnings if e.status is EarningsStatus.PENDING and not e.frozen)
    due = [e for e in pending if e.available_after <= now]
    released = tuple(earnings_rules.moved(e, "release") for e in due)
    events = tuple(
        event(
            new_id,
            EventType.EARNINGS_AVAILABLE,
            e.id,
            now,
            practitioner_id=e.practitioner_id,
            net_amount_cents=e.net_amount_cents,
            currency=e.currency,
        )
        for e in released
    )
    return Changes(updates=released, events=events), len(released)


def pay_out(view: PayoutView, *, rules: Rules, now: datetime, new_id: IdSource) -> PlannedPayout:
    """Freeze everything available, and what is carried, for one transfer.

    Raises NothingToPayOut below the minimum, or where a clawback takes all of it.
    """
    owner = view.practitioner
    amount = payable(
        view.earnings, carried_cents=owner.carried_cents, minimum_cents=rules.minimum_payout_cents
    )
    payout_id = PayoutId(new_id())
    payout = Payout(
        id=payout_id,
        practitioner_id=owner.id,
        status=PayoutStatus.PENDING,
        amount_cents=amount,
        currency=view.earnings[0].currency if view.earnings else rules.currency,
        earnings_count=len(view.earnings),
        carried_cents=owner.carried_cents,
        destination=owner.stripe_account_id,
        idempotency_key=payout_key(payout_id),
        created_at=now,
        updated_at=now,
    )
    taken = tuple(evolve(e, payout_id=payout_id, version=e.version + 1) for e in view.earnings)
    told = event(
        new_id,
        EventType.PAYOUT_CREATED,
        payout_id,
        now,
        practitioner_id=payout.practitioner_id,
        amount_cents=amount,
    )
    changes = Changes(
        inserts=(payout,), updates=(*carried(owner, -payout.carried_cents), *taken), events=(told,)
    )
    return PlannedPayout(changes=changes, payout=payout, transfer=transfer_request(payout))


def transfer_request(payout: Payout) -> TransferRequest:
    """What the gateway is asked for a payout: the same words at every repetition."""
    return TransferRequest(
        idempotency_key=payout.idempotency_key,
        amount_cents=payout.amount_cents,
        currency=payout.currency,
        destination=payout.destination,
        metadata={"payout_id": str(payout.id), "practitioner_id": str(payout.practitioner_id)},
    )


def settle_payout(
    view: PayoutSettlementView, outcome: TransferOutcome, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Payout]:
    """Apply the gateway's answer to a payout; a settled one stays as it is.

    Success pays its earnings; a failure puts them back to available, and carries again what it carried.
    """
    payout = view.payout
    if payout.status in (PayoutStatus.PAID, PayoutStatus.FAILED):
        return Changes(), payout
    if isinstance(outcome, Succeeded):
        return _paid(view, outcome, now=now, new_id=new_id)
    if isinstance(outcome, Declined):
        return _failed(view, outcome, now=now, new_id=new_id)
    sent = isinstance(outcome, Processing)
    waiting = evolve(
        payout,
        status=transition(payout.status, "send") if sent else payout.status,
        gateway_ref=outcome.ref if isinstance(outcome, Processing) else payout.gateway_ref,
        updated_at=now,
        version=payout.version + 1,
    )
    return Changes(updates=(waiting,)), waiting


def _paid(
    view: PayoutSettlementView, outcome: Succeeded, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Payout]:
    owner = view.practitioner
    paid = evolve(
        view.payout,
        status=transition(view.payout.status, "pay"),
        gateway_ref=outcome.ref,
        updated_at=now,
        version=view.payout.version + 1,
    )
    entry, chain = record(
        practitioner_chain(owner.id, owner.ledger_seq, owner.ledger_head),
        EntryKind.PAYOUT,
        (
            posting(new_id, practitioner_account(owner.id), PostingType.PAYOUT, -paid.amount_cents),
            posting(new_id, PAYOUTS, PostingType.PAYOUT, paid.amount_cents),
        ),
        entry_id=EntryId(new_id()),
        currency=paid.currency,
        occurred_at=now,
    )
    head = HeadMove(
        owner=ChainOwner.PRACTITIONER,
        owner_id=owner.id,
        currency=paid.currency,
        from_seq=owner.ledger_seq,
        to_seq=chain.seq,
        head=chain.head,
    )
    told = event(
        new_id, EventType.PAYOUT_PAID, paid.id, now, practitioner_id=owner.id, amount_cents=paid.amount_cents
    )
    changes = Changes(
        updates=(paid, *(earnings_rules.moved(e, "pay") for e in view.earnings)),
        heads=(head,),
        entries=(entry,),
        events=(told,),
    )
    return changes, paid


def _failed(
    view: PayoutSettlementView, outcome: Declined, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Payout]:
    failed = evolve(
        view.payout,
        status=transition(view.payout.status, "fail"),
        failure_code=outcome.code,
        updated_at=now,
        version=view.payout.version + 1,
    )
    back = tuple(evolve(e, payout_id=None, version=e.version + 1) for e in view.earnings)
    told = event(
        new_id,
        EventType.PAYOUT_FAILED,
        failed.id,
        now,
        practitioner_id=failed.practitioner_id,
        code=outcome.code,
    )
    carried_again = carried(view.practitioner, failed.carried_cents)
    return Changes(updates=(failed, *carried_again, *back), events=(told,)), failed
