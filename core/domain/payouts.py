"""Paying practitioners: release after the hold, one transfer for all that is available.

Source: domain.md, "Delivering and earning".
"""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from core.domain import earnings as earnings_rules
from core.domain.changes import Changes
from core.domain.earnings import Earnings, Payout, payable, payout_key
from core.domain.errors import IllegalTransition, Invalid, PayoutsNotEnabled
from core.domain.events import Event, EventType, event
from core.domain.gateway import (
    Declined,
    Processing,
    ReversalRequest,
    Reversed,
    Succeeded,
    TransferOutcome,
    TransferRequest,
)
from core.domain.ids import EntryId, IdSource, PayoutId
from core.domain.ledger import (
    PAYOUTS,
    ChainOwner,
    EntryKind,
    HeadMove,
    JournalEntry,
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

    Raises NothingToPayOut below the minimum, or where a clawback takes all of it, and PayoutsNotEnabled
    where the gateway has told that their account cannot be paid.
    """
    owner = view.practitioner
    if owner.payouts_enabled is False:
        raise PayoutsNotEnabled("the practitioner's account cannot be paid: something is missing there")

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


def reversal_request(
    payout: Payout, amount_cents: int | None, *, once: str | None = None
) -> ReversalRequest | None:
    """What the gateway is asked to take back of a payout: so much, or all that is left of it.

    `once` names the request of a caller who may repeat it. It is in the gateway's key then, so that the
    gateway knows a repetition, whatever was taken back since; the amount is held against the whole
    payout only, and None means that nothing is left to ask for. Without it the key names what was taken
    back before: repeated until that is known, it is the same request.
    Raises IllegalTransition for a payout that is not paid, and Invalid for more than is left.
    """
    if payout.status is not PayoutStatus.PAID or payout.gateway_ref is None:
        raise IllegalTransition("payout", payout.status.value, "reverse")
    left = left_of(payout)
    if once is not None and amount_cents is None and left == 0:
        return None
    cents = left if amount_cents is None else amount_cents
    if not 1 <= cents <= (left if once is None else payout.amount_cents):
        raise too_much(payout)

    return ReversalRequest(
        idempotency_key=f"rv:{payout.id}:{payout.reversed_cents if once is None else f'{once}:{cents}'}",
        transfer_ref=payout.gateway_ref,
        amount_cents=cents,
        currency=payout.currency,
        metadata={"payout_id": str(payout.id), "practitioner_id": str(payout.practitioner_id)},
    )


def left_of(payout: Payout) -> int:
    """Cents of a payout that were not taken back."""
    return payout.amount_cents - payout.reversed_cents


def too_much(payout: Payout) -> Invalid:
    """The refusal of an amount that is more than is left."""
    return Invalid("/amount_cents", f"{left_of(payout)} of the payout can be taken back")


def settle_payout(
    view: PayoutSettlementView, outcome: TransferOutcome, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Payout]:
    """Apply the gateway's answer to a payout; a settled one stays as it is, but for what is taken back.

    Success pays its earnings; a failure puts them back to available, and carries again what it carried.
    What was taken back at the gateway is carried into the next payout, and counts once: of its total as
    the gateway tells it, only what is not booked yet.
    """
    payout = view.payout
    if payout.status is PayoutStatus.FAILED:
        return Changes(), payout
    if payout.status is PayoutStatus.PAID:
        return _reversed(view, outcome, now=now, new_id=new_id)
    if isinstance(outcome, Succeeded | Reversed):
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
    view: PayoutSettlementView, outcome: Succeeded | Reversed, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Payout]:
    owner, back = view.practitioner, _taken_back(view.payout, outcome)
    paid = evolve(
        view.payout,
        status=transition(view.payout.status, "pay"),
        reversed_cents=back,
        gateway_ref=outcome.ref,
        updated_at=now,
        version=view.payout.version + 1,
    )
    entries, head = _booked(view, sent_cents=paid.amount_cents, back_cents=back, now=now, new_id=new_id)
    told = event(
        new_id, EventType.PAYOUT_PAID, paid.id, now, practitioner_id=owner.id, amount_cents=paid.amount_cents
    )
    changes = Changes(
        updates=(paid, *carried(owner, back), *(earnings_rules.moved(e, "pay") for e in view.earnings)),
        heads=(head,),
        entries=entries,
        events=(told, *_told_of_reversal(paid, back, now=now, new_id=new_id)),
    )
    return changes, paid


def _reversed(
    view: PayoutSettlementView, outcome: TransferOutcome, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Payout]:
    """What is taken back of a paid payout is owed to its practitioner again. Its earnings stay paid."""
    payout, back = view.payout, _taken_back(view.payout, outcome)
    if back == 0:
        return Changes(), payout
    reduced = evolve(
        payout,
        reversed_cents=payout.reversed_cents + back,
        updated_at=now,
        version=payout.version + 1,
    )
    entries, head = _booked(view, sent_cents=0, back_cents=back, now=now, new_id=new_id)
    changes = Changes(
        updates=(reduced, *carried(view.practitioner, back)),
        heads=(head,),
        entries=entries,
        events=_told_of_reversal(reduced, back, now=now, new_id=new_id),
    )
    return changes, reduced


def _taken_back(payout: Payout, outcome: TransferOutcome) -> int:
    """What the gateway has taken back and the books do not know yet; never more than was sent."""
    total = outcome.reversed_cents if isinstance(outcome, Reversed) else 0
    return max(0, min(total, payout.amount_cents) - payout.reversed_cents)


def _booked(
    view: PayoutSettlementView, *, sent_cents: int, back_cents: int, now: datetime, new_id: IdSource
) -> tuple[tuple[JournalEntry, ...], HeadMove]:
    """The entries of what went out and of what came back, on the practitioner's chain."""
    owner = view.practitioner
    chain = practitioner_chain(owner.id, owner.ledger_seq, owner.ledger_head)
    entries: list[JournalEntry] = []
    for kind, cents in ((EntryKind.PAYOUT, sent_cents), (EntryKind.PAYOUT_REVERSAL, -back_cents)):
        if cents == 0:
            continue
        entry, chain = record(
            chain,
            kind,
            (
                posting(new_id, practitioner_account(owner.id), PostingType.PAYOUT, -cents),
                posting(new_id, PAYOUTS, PostingType.PAYOUT, cents),
            ),
            entry_id=EntryId(new_id()),
            currency=view.payout.currency,
            occurred_at=now,
        )
        entries.append(entry)
    head = HeadMove(
        owner=ChainOwner.PRACTITIONER,
        owner_id=owner.id,
        currency=view.payout.currency,
        from_seq=owner.ledger_seq,
        to_seq=chain.seq,
        head=chain.head,
    )
    return tuple(entries), head


def _told_of_reversal(payout: Payout, cents: int, *, now: datetime, new_id: IdSource) -> tuple[Event, ...]:
    if cents == 0:
        return ()
    told = event(
        new_id,
        EventType.PAYOUT_REVERSED,
        payout.id,
        now,
        practitioner_id=payout.practitioner_id,
        amount_cents=cents,
        reversed_cents=payout.reversed_cents,
    )
    return (told,)


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
