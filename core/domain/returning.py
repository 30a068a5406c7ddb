"""The card part of a refund on its way back through the gateway."""

from datetime import datetime

from attrs import evolve

from core.domain.changes import Changes
from core.domain.events import EventType, event
from core.domain.gateway import Declined, Processing, RefundOutcome, RefundRequest, Succeeded
from core.domain.ids import EntryId, IdSource
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    REFUNDS_PAYABLE,
    EntryKind,
    PostingType,
    order_chain,
    posting,
    record,
)
from core.domain.orders import Order, Payment, Refund
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
    """Apply the gateway's answer to a refund; a settled one stays as it is.

    Success moves the card part from `refunds_payable` to the gateway. A failure leaves it
    payable, for somebody to look at.
    """
    made, order = view.refund, view.order
    if made.status is not RefundStatus.PENDING:
        return Changes(), made
    if isinstance(outcome, Succeeded):
        return _refund_succeeded(made, order, outcome, now=now, new_id=new_id)
    if isinstance(outcome, Declined):
        failed = evolve(
            made,
            status=transition(made.status, "fail"),
            failure_code=outcome.code,
            updated_at=now,
            version=made.version + 1,
        )
        told = event(new_id, EventType.REFUND_FAILED, made.id, now, user_id=made.user_id, order_id=order.id)
        return Changes(updates=(failed,), events=(told,)), failed
    ref = outcome.ref if isinstance(outcome, Processing) else made.gateway_ref
    waiting = evolve(made, gateway_ref=ref, updated_at=now, version=made.version + 1)
    return Changes(updates=(waiting,)), waiting


def _refund_succeeded(
    made: Refund, order: Order, outcome: Succeeded, *, now: datetime, new_id: IdSource
) -> tuple[Changes, Refund]:
    entry, chain = record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        EntryKind.REFUND_SETTLED,
        (
            posting(new_id, REFUNDS_PAYABLE, PostingType.REFUND, -made.card_cents),
            posting(new_id, PAYMENT_GATEWAY, PostingType.REFUND, made.card_cents),
        ),
        entry_id=EntryId(new_id()),
        currency=made.currency,
        occurred_at=now,
        order_id=order.id,
    )
    done = evolve(
        made,
        status=transition(made.status, "succeed"),
        gateway_ref=outcome.ref,
        updated_at=now,
        version=made.version + 1,
    )
    settled = evolve(order, ledger_seq=chain.seq, ledger_head=chain.head, version=order.version + 1)
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
    return Changes(updates=(settled, done), entries=(entry,), events=(told,)), done
