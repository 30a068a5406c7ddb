"""Webhooks arrive: each is kept once, answered at once, and applied by reading the truth at the gateway."""

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from core.domain.changes import Changes
from core.domain.errors import DomainError, NotFound
from core.domain.gateway import Unknown
from core.domain.ids import InboxId, PaymentId, PayoutId, RefundId
from core.domain.inbox import (
    InboxItem,
    Notice,
    Subject,
    applied,
    inbox_id,
    parked,
    put_off,
    received,
    retried,
)
from core.domain.statuses import InboxStatus, PaymentStatus
from core.usecases.accounts import note_account
from core.usecases.attempts import retrying
from core.usecases.checkout import resolve_payment
from core.usecases.context import Ports
from core.usecases.note_dispute import note_dispute
from core.usecases.payout import ask_about_payout, load_payout, settle_payout
from core.usecases.settle_refund import ask_about_refund, settle_refund
from core.usecases.settle_refund import load as load_refund
from ports.errors import AlreadyExists, ConcurrencyConflict, PortError
from ports.queries import Cursor, Page

NOT_OURS = "it names nothing of ours"
SILENT = "the gateway gave no answer that settles it"

PARKED: Final = InboxStatus.PARKED

BATCH: Final = 100
"""How many parked items are made due in one commit."""


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


async def retry_notices(ids: Sequence[InboxId], *, ports: Ports) -> int:
    """Make parked items due at once, all of them or none; tells how many.

    What is not parked (any more) stays as it is. Raises NotFound for an id that nobody knows.
    """

    async def attempt() -> int:
        found = [await _known(item_id, ports) for item_id in dict.fromkeys(ids)]
        return await _due_again(found, ports)

    return await retrying(attempt, clock=ports.clock)


async def retry_all_notices(*, ports: Ports) -> int:
    """Make every item due that is parked now; tells how many."""
    count, page = 0, Page(limit=BATCH)
    while True:

        async def attempt(page: Page = page) -> tuple[int, Cursor | None]:
            found = await ports.store.inbox_items(page, status=PARKED)
            return await _due_again(found.items, ports), found.next

        made_due, following = await retrying(attempt, clock=ports.clock)
        count += made_due
        if following is None:
            return count
        page = Page(limit=BATCH, after=following)


async def _known(item_id: InboxId, ports: Ports) -> InboxItem:
    item = await ports.store.inbox_item(item_id)
    if item is None:
        raise NotFound("inbox item", item_id)
    return item


async def _due_again(items: Sequence[InboxItem], ports: Ports) -> int:
    now = ports.clock.now()
    again = tuple(retried(item, now=now) for item in items if item.status is InboxStatus.PARKED)
    await ports.store.commit(Changes(updates=again))
    return len(again)


async def _after(item: InboxItem, ports: Ports) -> InboxItem:
    try:
        reason = await _settled(item, ports)
    except NotFound:
        return parked(item, NOT_OURS)
    except (DomainError, PortError) as error:
        return put_off(item, error.detail, now=ports.clock.now())
    if reason is None:
        return applied(item)
    if reason is SILENT:
        return put_off(item, reason, now=ports.clock.now())
    return parked(item, reason)


async def _settled(item: InboxItem, ports: Ports) -> str | None:
    """Settle what the item is about; tells why that is not all, None if it is."""
    ours, theirs = item.subject_id, item.object_id
    match item.subject:
        case Subject.PAYMENT if ours is not None:
            return await _payment(PaymentId(ours), theirs, ports)
        case Subject.REFUND if ours is not None:
            return await _refund(RefundId(ours), ports)
        case Subject.PAYOUT if ours is not None:
            return await _payout(PayoutId(ours), ports)
        case Subject.DISPUTE if theirs is not None:
            return await _dispute(theirs, ports)
        case Subject.ACCOUNT if theirs is not None:
            return await _account(theirs, ports)
    return NOT_OURS


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


async def _account(ref: str, ports: Ports) -> str | None:
    """Events about accounts come in any order: what holds is what the gateway says now."""
    report = await ports.payments.find_account(ref)
    if report is None:
        return SILENT
    return None if await note_account(report, ports=ports) else NOT_OURS


async def _refund(refund_id: RefundId, ports: Ports) -> str | None:
    """A refund that succeeded may still fail, weeks later: then it is payable again."""
    view = await load_refund(refund_id, ports)
    outcome = await ask_about_refund(view, ports=ports)
    if isinstance(outcome, Unknown):
        return SILENT
    if outcome is not None:
        await settle_refund(refund_id, outcome, ports=ports)
    return None


async def _payout(payout_id: PayoutId, ports: Ports) -> str | None:
    """A transfer that was paid may be taken back by hand, at once or in parts."""
    payout = (await load_payout(payout_id, ports)).payout
    outcome = await ask_about_payout(payout, ports=ports)
    if isinstance(outcome, Unknown):
        return SILENT
    await settle_payout(payout_id, outcome, ports=ports)
    return None
