"""Bought credits whose payment is disputed: they stand with their order until the bank has decided.

As much of the balance as is neither spent nor held for a checkout leaves `user_credit:{user}` for
`order_value:{order}`, where credits that were bought count as not yet delivered again. The entry that opens a
dispute has the dispute's own id, so that its end knows how much that was.
Source: domain.md, "Cancelling and refunding"; ADR 13.
"""

from collections.abc import Iterable

from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.ids import EntryId, IdSource
from core.domain.ledger import (
    JournalEntry,
    Posting,
    PostingType,
    account_family,
    order_value,
    posting,
    user_credit,
)
from core.domain.orders import Order, OrderType
from core.domain.statuses import OrderStatus

PAID = (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED)


def opening_id(dispute: Dispute) -> EntryId:
    """The id of the entry that books the dispute's opening."""
    return EntryId(dispute.id)


def freezable_cents(order: Order, account: CreditAccount | None, amount_cents: int) -> int:
    """What a new dispute about so much freezes: bought credits as far as it reaches, of other orders nothing.

    Disputes that are open already have had theirs.
    """
    bought = order.subtotal_amount_cents - order.charged_back_cents - order.disputed_cents
    return max(0, min(spendable_cents(order, account), amount_cents, bought))


def spendable_cents(order: Order, account: CreditAccount | None) -> int:
    """The buyer's credits that an order of credits can be taken from; 0 for every other order."""
    if account is None or order.order_type is not OrderType.CREDIT or order.status not in PAID:
        return 0
    return account.spendable_cents


def frozen_cents(dispute: Dispute, entries: Iterable[JournalEntry]) -> int:
    """What the dispute froze when it was opened, by the order's entries."""
    opening = opening_id(dispute)
    return sum(
        each.amount_cents
        for entry in entries
        if entry.id == opening
        for each in entry.postings
        if account_family(each.account) == "order_value"
    )


def moved_to_order(order: Order, cents: int, new_id: IdSource) -> tuple[Posting, ...]:
    """Credits frozen, or with a minus given back to their buyer."""
    user = order.user_id
    return (
        posting(new_id, order_value(order.id), PostingType.DISPUTE, cents),
        posting(new_id, user_credit(user), PostingType.DISPUTE, -cents, user_id=user),
    )
