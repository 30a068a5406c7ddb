"""Credits: money the platform owes a user, spendable at checkout."""

from attrs import evolve, frozen

from core.domain.ids import UserId


@frozen(kw_only=True)
class CreditAccount:
    """A user's credits in one currency.

    `balance_cents` always equals the sum of the postings on `user_credit:{user}`.
    `held_cents` of it is promised to orders that wait for their card payment.
    Both move only by `CreditChange`, which keeps 0 <= held <= balance.
    `ledger_seq` and `ledger_head` are the head of the user's own chain of journal entries.
    """

    user_id: UserId
    currency: str
    balance_cents: int = 0
    held_cents: int = 0
    ledger_seq: int = 0
    ledger_head: str = ""

    @property
    def spendable_cents(self) -> int:
        """What a checkout may still use."""
        return self.balance_cents - self.held_cents


@frozen(kw_only=True)
class CreditChange:
    """A guarded move of one account: applies only if 0 <= held <= balance still holds after it.

    A store that finds the guard broken raises InsufficientCredits and commits nothing.
    An account that does not exist yet counts as empty.
    """

    user_id: UserId
    currency: str
    balance_delta_cents: int = 0
    held_delta_cents: int = 0


def accepts(account: CreditAccount, change: CreditChange) -> bool:
    """The guard of a `CreditChange`."""
    after = applied(account, change)
    return 0 <= after.held_cents <= after.balance_cents


def applied(account: CreditAccount, change: CreditChange) -> CreditAccount:
    """The account after the change."""
    return evolve(
        account,
        balance_cents=account.balance_cents + change.balance_delta_cents,
        held_cents=account.held_cents + change.held_delta_cents,
    )
