"""Sums over the journal, kept as entries arrive."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from core.domain.ids import UserId
from core.domain.ledger import JournalEntry, Posting, account_family, user_credit
from ports.queries import AccountBalance, Transaction

CREDIT_ACCOUNTS = "user_credit:"

_Line = tuple[datetime, int, JournalEntry, Posting]
_place = itemgetter(0, 1)


def transaction(entry: JournalEntry, posting: Posting, *, balance_after: int | None = None) -> Transaction:
    """A posting as its user reads it."""
    if posting.user_id is None:
        raise ValueError(f"posting {posting.id} is on nobody's behalf")
    return Transaction(
        id=posting.id,
        user_id=posting.user_id,
        order_id=entry.order_id,
        booking_id=posting.booking_id,
        type=posting.type,
        account=posting.account,
        amount_cents=posting.amount_cents,
        currency=entry.currency,
        occurred_at=entry.occurred_at,
        balance_after_cents=balance_after,
    )


class Balances:
    """Each account's sum and number of postings by currency, and the lines of the users' credit accounts."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[str, tuple[int, int]]] = {}
        self._lines: dict[str, list[_Line]] = {}

    def add(self, entry: JournalEntry) -> None:
        """Count one entry's postings."""
        for posting in entry.postings:
            currencies = self._sums.setdefault(posting.account, {})
            total, postings = currencies.get(entry.currency, (0, 0))
            currencies[entry.currency] = (total + posting.amount_cents, postings + 1)
            if posting.account.startswith(CREDIT_ACCOUNTS):
                lines = self._lines.setdefault(posting.account, [])
                insort(lines, (entry.occurred_at, posting.id.int, entry, posting), key=_place)

    def remove(self, entry: JournalEntry) -> None:
        """Count one entry's postings no longer."""
        for posting in entry.postings:
            currencies = self._sums[posting.account]
            total, postings = currencies[entry.currency]
            currencies[entry.currency] = (total - posting.amount_cents, postings - 1)
            if postings == 1:
                del currencies[entry.currency]
            if posting.account.startswith(CREDIT_ACCOUNTS):
                lines = self._lines[posting.account]
                del lines[bisect_left(lines, (entry.occurred_at, posting.id.int), key=_place)]

    def of(self, account: str) -> Sequence[AccountBalance]:
        """One account's balances, by currency."""
        currencies = self._sums.get(account, {})
        return [
            AccountBalance(account=account, currency=currency, balance_cents=total, postings=postings)
            for currency, (total, postings) in sorted(currencies.items())
        ]

    def by_family(self) -> Sequence[AccountBalance]:
        """The balances of each account family, by name and currency."""
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for account, currencies in self._sums.items():
            family = account_family(account)
            for currency, (total, postings) in currencies.items():
                before = sums.get((family, currency), (0, 0))
                sums[family, currency] = (before[0] + total, before[1] + postings)
        return [
            AccountBalance(account=family, currency=currency, balance_cents=total, postings=postings)
            for (family, currency), (total, postings) in sorted(sums.items())
        ]

    def credit_lines(self, user_id: UserId) -> list[Transaction]:
        """The postings on a user's credits, oldest first, each with the balance after it."""
        balance = 0
        lines = []
        for _, _, entry, posting in self._lines.get(user_credit(user_id), ()):
            balance += posting.amount_cents
            lines.append(transaction(entry, posting, balance_after=balance))
        return lines
