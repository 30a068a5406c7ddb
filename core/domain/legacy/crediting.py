"""A customer's credits: what orders move, and what was granted or expired by itself.

The balance is what the brought-over transactions come to; it is never below zero. A purchase that would
overdraw it is left out.
"""

from collections.abc import Iterable

from core.domain.changes import Changes
from core.domain.credits import CreditAccount
from core.domain.ids import EntryId
from core.domain.ledger import (
    PLATFORM_FORFEITS,
    PLATFORM_PROMOTIONS,
    EntryKind,
    JournalEntry,
    PostingType,
    posting,
    record,
    user_chain,
    user_credit,
)
from core.domain.legacy import words
from core.domain.legacy.findings import Finding, Reason, Unfit, left_out
from core.domain.legacy.naming import ids_from, user_id
from core.domain.legacy.ordering import is_credit, row_of
from core.domain.legacy.pieces import Frame, Piece, Row
from core.domain.legacy.placing import Placed, Purchase
from core.domain.legacy.rows import Customer, OldTransaction, Table


class Credits:
    """One customer's account, as it fills and empties."""

    def __init__(self, customer: Customer, placed: Placed, frame: Frame) -> None:
        self._user = user_id(customer.user.id)
        self._currency = frame.rules.currency
        self._chain = user_chain(self._user, 0, "")
        self._entries: list[JournalEntry] = []
        self._mapped: list[Row] = []
        self._findings: list[Finding] = []
        self._balance = 0
        self._touched = False
        expiries: list[OldTransaction] = []
        for row in placed.own:
            if row.transaction_type in words.EXPIRIES:
                expiries.append(row)
            else:
                self._take(row)
        self._expiries = expiries

    def givers_first(self, purchases: Iterable[Purchase]) -> list[Purchase]:
        """Purchases of credits before what they paid for, whatever the old clocks say; else by time."""
        return sorted(purchases, key=lambda purchase: not is_credit(purchase))

    def move(self, purchase: Purchase, cents: int) -> None:
        """What a purchase does to the balance. Raises Unfit if there is not so much."""
        if self._balance + cents < 0:
            detail = f"takes {-cents} of credits, there are {self._balance}"
            raise Unfit(*row_of(purchase), Reason.CREDITS_OVERDRAWN, detail)
        self._balance += cents
        self._touched = self._touched or cents != 0 or purchase.order.credits_applied_cents > 0

    def account(self) -> Piece:
        """The account after everything; nothing for a customer without credits."""
        for row in self._expiries:
            self._take(row)
        account = CreditAccount(
            user_id=self._user,
            currency=self._currency,
            balance_cents=self._balance,
            ledger_seq=self._chain.seq,
            ledger_head=self._chain.head,
        )
        there = self._touched or self._chain.seq > 0
        changes = Changes(inserts=(account,) if there else (), entries=tuple(self._entries))
        return Piece(changes=changes, mapped=tuple(self._mapped), findings=tuple(self._findings))

    def _take(self, row: OldTransaction) -> None:
        """A transaction of no order."""
        by = (Table.TRANSACTIONS, row.id)
        cents = row.amount_cents
        if row.transaction_type not in words.TRANSACTIONS:
            detail = f"type {row.transaction_type!r} is unknown"
            self._findings.append(left_out(*by, Reason.UNKNOWN_WORD, detail))
        elif self._balance + cents < 0:
            detail = f"takes {-cents} of credits, there are {self._balance}"
            self._findings.append(left_out(*by, Reason.CREDITS_OVERDRAWN, detail))
        elif not self._is_plain(row):
            detail = f"a {row.transaction_type} of {cents} that names no order"
            self._findings.append(left_out(*by, Reason.ORDER_OF_ANOTHER, detail))
        else:
            self._mapped.append(by)
            self._balance += cents
            self._note(row)

    def _is_plain(self, row: OldTransaction) -> bool:
        """Whether it needs no order: credits that were granted, or that ran out."""
        granted = row.transaction_type in words.GRANTS and row.amount_cents >= 0
        return granted or (row.transaction_type in words.EXPIRIES and row.amount_cents <= 0)

    def _note(self, row: OldTransaction) -> None:
        if row.amount_cents == 0:
            return
        granted = row.amount_cents > 0
        new_id = ids_from(Table.TRANSACTIONS, row.id)
        other = PLATFORM_PROMOTIONS if granted else PLATFORM_FORFEITS
        entry, self._chain = record(
            self._chain,
            EntryKind.CREDIT_GRANT if granted else EntryKind.EXPIRY,
            (
                posting(
                    new_id,
                    user_credit(self._user),
                    PostingType.GRANT if granted else PostingType.EXPIRY,
                    row.amount_cents,
                    user_id=self._user,
                ),
                posting(
                    new_id,
                    other,
                    PostingType.PROMOTION if granted else PostingType.FORFEIT,
                    -row.amount_cents,
                ),
            ),
            entry_id=EntryId(new_id()),
            currency=self._currency,
            occurred_at=row.created_at,
        )
        self._entries.append(entry)
