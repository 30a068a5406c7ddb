"""The card part of a refund on its way back through the gateway."""

from datetime import datetime

from attrs import evolve

from core.domain.changes import Changes
from core.domain.errors import PaymentDisputed
from core.domain.events import EventType, event
from core.domain.gateway import Declined, Processing, RefundOutcome, RefundRequest, Succeeded
from core.domain.ids import EntryId, IdSource
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    REFUNDS_PAYABLE,
    EntryKind,
    JournalEntry,
    PostingType,
    order_chain,
    posting,
    record,
)
from core.domain.orders import Order, Payment, Refund, refund_key
from core.domain.statuses import (
    RefundStatus,
    transition,
)
from core.domain.views import RefundView


def refund_request(made: Refund, payment: Payment) -> RefundRequest:
    """What the gateway is asked for a refund: the same words at every repetition."""
    if payment.gateway_ref is None:
        raise ValueError("a payment without a gateway reference took no money")
    return RefundRequest(
        idempotency_key=made.idempotency_key,
        charge_ref=payment.gateway_ref,
        amount_cents=made.card_cents,
        currency=made.currency,
        metadata={"order_id": str(made.order_id), "refund_id": str(made.id)},
    )


def settle_refund(
    view: RefundView, outcome: RefundOutcome, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Refund]:
    """Apply the gateway's answer to a refund; the same answer again changes nothing.

    Success moves the card part from `refunds_payable` to the gateway. A failure leaves it payable, or
    makes it payable again: a bank may send back what it was given. Then somebody has to look at it.
    """
    made = view.refund
    if isinstance(outcome, Succeeded):
        if made.status is RefundStatus.SUCCEEDED:
            return Changes(), made
        return _refund_succeeded(made, view.order, outcome, now=now, new_id=new_id)
    if isinstance(outcome, Declined):
        if made.status is RefundStatus.FAILED:
            return Changes(), made
        return _refund_failed(made, view.order, outcome, now=now, new_id=new_id)
    if made.status is not RefundStatus.PENDING:
        return Changes(), made
    ref = outcome.ref if isinstance(outcome, Processing) else made.gateway_ref
    waiting = evolve(made, gateway_ref=ref, updated_at=now, version=made.version + 1)
    return Changes(updates=(waiting,)), waiting


def retry_refund(view: RefundView, *, now: datetime, new_id: IdSource) -> tuple[Changes, Refund]:
    """A failed refund, to be sent once more under a new key; one that is under way stays as it is.

    The caller has proved that nothing can succeed under the key so far. Raises IllegalTransition for a
    refund that has succeeded, and PaymentDisputed while the buyer's bank may take the money back.
    """
    made = view.refund
    if made.status is RefundStatus.PENDING:
        return Changes(), made
    if view.order.is_disputed:
        raise PaymentDisputed("the buyer disputes this payment with their bank, which decides on it first")

    again = evolve(
        made,
        status=transition(made.status, "retry"),
        idempotency_key=refund_key(new_id()),
        gateway_ref=None,
        failure_code=None,
        retried_at=now,
        updated_at=now,
        version=made.version + 1,
    )
    return Changes(updates=(again,)), again


def _refund_failed(
    made: Refund, order: Order, outcome: Declined, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Refund]:
    failed = evolve(
        made,
        status=transition(made.status, "fail"),
        failure_code=outcome.code,
        updated_at=now,
        version=made.version + 1,
    )
    told = event(new_id, EventType.REFUND_FAILED, made.id, now, user_id=made.user_id, order_id=order.id)
    if made.status is not RefundStatus.SUCCEEDED:
        return Changes(updates=(failed,), events=(told,)), failed
    entry, after = _booked(made, order, EntryKind.REFUND_RETURNED, -made.card_cents, now=now, new_id=new_id)
    return Changes(updates=(after, failed), entries=(entry,), events=(told,)), failed


def _refund_succeeded(
    made: Refund, order: Order, outcome: Succeeded, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Refund]:
    entry, after = _booked(made, order, EntryKind.REFUND_SETTLED, made.card_cents, now=now, new_id=new_id)
    done = evolve(
        made,
        status=transition(made.status, "succeed"),
        gateway_ref=outcome.ref,
        failure_code=None,
        updated_at=now,
        version=made.version + 1,
    )
    told = event(
        new_id,
        EventType.REFUND_SUCCEEDED,
        made.id,
        now,
        user_id=made.user_id,
        order_id=order.id,
        card_cents=made.card_cents,
        credits_cents=made.credits_cents,
    )
    return Changes(updates=(after, done), entries=(entry,), events=(told,)), done


def _booked(
    made: Refund, order: Order, kind: EntryKind, cents: int, *, now: datetime, new_id: IdSource
) -> tuple[JournalEntry, Order]:
    """The entry of what went from `refunds_payable` to the gateway, and the order with its chain's head."""
    entry, chain = record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        kind,
        (
            posting(new_id, REFUNDS_PAYABLE, PostingType.REFUND, -cents),
            posting(new_id, PAYMENT_GATEWAY, PostingType.REFUND, cents),
        ),
        entry_id=EntryId(new_id()),
        currency=made.currency,
        occurred_at=now,
        order_id=order.id,
    )
    return entry, evolve(order, ledger_seq=chain.seq, ledger_head=chain.head, version=order.version + 1)
