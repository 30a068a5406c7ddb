"""Webhooks arrive: each is kept once, answered at once, and applied by reading the truth at the gateway."""

from attrs import frozen

from core.domain.changes import Changes
from core.domain.errors import DomainError, NotFound
from core.domain.gateway import Declined, Unknown
from core.domain.ids import InboxId, PaymentId, PayoutId, RefundId
from core.domain.inbox import InboxItem, Notice, Subject, applied, inbox_id, parked, put_off, received
from core.domain.statuses import InboxStatus, PaymentStatus, PayoutStatus, RefundStatus
from core.usecases.checkout import resolve_payment
from core.usecases.context import Ports
from core.usecases.note_dispute import note_dispute
from core.usecases.payout import repair_payout
from core.usecases.settle_refund import repair_refund
from ports.errors import AlreadyExists, ConcurrencyConflict, PortError

TAKEN_BACK = "the gateway has taken back what the books hold as done"
SILENT = "the gateway gave no answer that settles it"


@frozen(kw_only=True)
class Received:
    """The item of a notice. `is_new`: nobody has told this event before."""

    item: InboxItem
    is_new: bool


async def receive(notice: Notice, *, ports: Ports) -> Received:
    """Keep a notice whose sender is proved. An event that is known already changes nothing."""
    item = received(notice, now=ports.clock.now())
    known = await ports.store.inbox_item(inbox_id(notice.provider, notice.event_id))
    if known is not None:
        return Received(item=known, is_new=False)
    try:
        await ports.store.commit(Changes(inserts=(item,)))
    except AlreadyExists:
        return Received(item=item, is_new=False)
    return Received(item=item, is_new=True)


async def apply_notice(item_id: InboxId, *, ports: Ports) -> InboxItem:
    """Look at what a notice is about, and settle it by what the gateway says now; never by the notice.

    What is not ours, and what contradicts the books, is parked with its reason. Without an answer it is
    tried again later. An item that is through stays as it is. Raises NotFound.
    """
    item = await ports.store.inbox_item(item_id)
    if item is None:
        raise NotFound("inbox item", item_id)
    if item.status is not InboxStatus.WAITING:
        return item
    after = await _after(item, ports)
    try:
        await ports.store.commit(Changes(updates=(after,)))
    except ConcurrencyConflict:
        return item  # somebody else has applied it at the same time, and what they did was the same
    return after


async def _after(item: InboxItem, ports: Ports) -> InboxItem:
    try:
        reason = await _settled(item, ports)
    except NotFound:
        return parked(item, "it names nothing of ours")
    except (DomainError, PortError) as error:
        return put_off(item, error.detail, now=ports.clock.now())
    if reason is None:
        return applied(item)
    if reason is SILENT:
        return put_off(item, reason, now=ports.clock.now())
    return parked(item, reason)


async def _settled(item: InboxItem, ports: Ports) -> str | None:
    """Settle what the item is about; tells why that is not all, None if it is."""
    if item.subject is Subject.DISPUTE and item.object_id is not None:
        return await _dispute(item.object_id, ports)
    if item.subject_id is None:
        return "it names nothing of ours"
    match item.subject:
        case Subject.PAYMENT:
            return await _payment(PaymentId(item.subject_id), item.object_id, ports)
        case Subject.REFUND:
            return await _refund(RefundId(item.subject_id), ports)
        case Subject.PAYOUT:
            return await _payout(PayoutId(item.subject_id), ports)
        case Subject.DISPUTE | Subject.OTHER:
            return "it names nothing of ours"


async def _payment(payment_id: PaymentId, object_id: str | None, ports: Ports) -> str | None:
    payment = (await resolve_payment(payment_id, ports=ports)).payment
    if payment is not None and payment.status is PaymentStatus.UNKNOWN:
        return SILENT
    if payment is None or payment.gateway_ref in (None, object_id):
        return None
    return f"the payment is {payment.gateway_ref} at the gateway, not this one"


async def _dispute(ref: str, ports: Ports) -> str | None:
    report = await ports.payments.find_dispute(ref)
    if report is None:
        return SILENT
    await note_dispute(report, ports=ports)
    return None


async def _refund(refund_id: RefundId, ports: Ports) -> str | None:
    """A refund that succeeded may still fail, weeks later: that is for somebody to look at."""
    before = await ports.store.refund(refund_id)
    if before is None:
        raise NotFound("refund", refund_id)
    if before.status is not RefundStatus.SUCCEEDED:
        await repair_refund(refund_id, ports=ports)
        return None
    outcome = await ports.payments.find_refund(idempotency_key=before.idempotency_key, ref=before.gateway_ref)
    if isinstance(outcome, Unknown):
        return SILENT
    return TAKEN_BACK if isinstance(outcome, Declined) else None


async def _payout(payout_id: PayoutId, ports: Ports) -> str | None:
    """A transfer that was paid may be reversed by hand: that is for somebody to look at."""
    payout = await repair_payout(payout_id, ports=ports)
    if payout.status is not PayoutStatus.PAID:
        return None
    outcome = await ports.payments.find_transfer(
        idempotency_key=payout.idempotency_key, ref=payout.gateway_ref
    )
    if isinstance(outcome, Unknown):
        return SILENT
    return TAKEN_BACK if isinstance(outcome, Declined) else None
