"""Credits, earnings and payouts as clients read them."""

from uuid import UUID

from msgspec import Struct

from adapters.http.fields import Instant
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings, Payout
from core.domain.ids import UserId
from core.domain.ledger import PostingType
from core.domain.statuses import EarningsStatus, PayoutStatus
from ports.queries import EarningsSummary, Transaction


class CreditsView(Struct, frozen=True, kw_only=True):
    """A user's credits; `held_cents` of the balance wait for a card payment."""

    user_id: UUID
    currency: str
    balance_cents: int
    held_cents: int


class TransactionView(Struct, frozen=True, kw_only=True):
    """A posting on a user's behalf."""

    id: UUID
    user_id: UUID
    order_id: UUID | None
    booking_id: UUID | None
    type: PostingType
    account: str
    amount_cents: int
    currency: str
    created_at: Instant


class TransactionPage(Struct, frozen=True):
    """Postings, oldest first."""

    items: list[TransactionView]
    next_cursor: str | None


class CreditTransactionView(TransactionView, frozen=True, kw_only=True):
    """A posting on a user's credits, with the balance after it."""

    balance_after_cents: int


class CreditTransactionPage(Struct, frozen=True):
    """Postings, newest first."""

    items: list[CreditTransactionView]
    next_cursor: str | None


class EarningsView(Struct, frozen=True, kw_only=True):
    """What a practitioner is owed for one seat; `frozen` while a dispute keeps it from being paid out."""

    id: UUID
    practitioner_id: UUID
    booking_id: UUID
    order_id: UUID
    session_id: UUID
    gross_amount_cents: int
    commission_bps: int
    commission_amount_cents: int
    net_amount_cents: int
    currency: str
    status: EarningsStatus
    available_after: Instant
    payout_id: UUID | None
    frozen: bool
    created_at: Instant


class EarningsPage(Struct, frozen=True):
    """Earnings, newest first."""

    items: list[EarningsView]
    next_cursor: str | None


class SummaryView(Struct, frozen=True, kw_only=True):
    """Net amounts by status; `balance_cents` is what the ledger owes the practitioner."""

    practitioner_id: UUID
    currency: str
    projected_cents: int
    pending_cents: int
    available_cents: int
    paid_cents: int
    reversed_cents: int
    balance_cents: int


class PayoutView(Struct, frozen=True, kw_only=True):
    """A transfer to a practitioner; pending while the gateway has not answered. `reversed_cents` of it were
    taken back since, and go into the next payout.
    """

    id: UUID
    practitioner_id: UUID
    status: PayoutStatus
    amount_cents: int
    currency: str
    earnings_count: int
    carried_cents: int
    reversed_cents: int
    destination: str | None
    failure_code: str | None
    created_at: Instant
    updated_at: Instant


class PayoutPage(Struct, frozen=True):
    """Payouts, newest first."""

    items: list[PayoutView]
    next_cursor: str | None


def credits_view(account: CreditAccount) -> CreditsView:
    """The account as its owner sees it."""
    return CreditsView(
        user_id=account.user_id,
        currency=account.currency,
        balance_cents=account.balance_cents,
        held_cents=account.held_cents,
    )


def transaction_view(transaction: Transaction) -> TransactionView:
    """The posting as its user sees it."""
    return TransactionView(
        id=transaction.id,
        user_id=transaction.user_id,
        order_id=transaction.order_id,
        booking_id=transaction.booking_id,
        type=transaction.type,
        account=transaction.account,
        amount_cents=transaction.amount_cents,
        currency=transaction.currency,
        created_at=transaction.occurred_at,
    )


def credit_transaction_view(transaction: Transaction) -> CreditTransactionView:
    """The posting with the balance after it, which lists of credits always carry."""
    if transaction.balance_after_cents is None:
        raise ValueError("a list of credits came without balances")
    return CreditTransactionView(
        id=transaction.id,
        user_id=transaction.user_id,
        order_id=transaction.order_id,
        booking_id=transaction.booking_id,
        type=transaction.type,
        account=transaction.account,
        amount_cents=transaction.amount_cents,
        currency=transaction.currency,
        created_at=transaction.occurred_at,
        balance_after_cents=transaction.balance_after_cents,
    )


def earnings_view(earnings: Earnings) -> EarningsView:
    """The earnings as their practitioner sees them."""
    return EarningsView(
        id=earnings.id,
        practitioner_id=earnings.practitioner_id,
        booking_id=earnings.booking_id,
        order_id=earnings.order_id,
        session_id=earnings.session_id,
        gross_amount_cents=earnings.gross_amount_cents,
        commission_bps=earnings.commission_bps,
        commission_amount_cents=earnings.commission_amount_cents,
        net_amount_cents=earnings.net_amount_cents,
        currency=earnings.currency,
        status=earnings.status,
        available_after=earnings.available_after,
        payout_id=earnings.payout_id,
        frozen=earnings.frozen,
        created_at=earnings.created_at,
    )


def summary_view(summary: EarningsSummary, practitioner_id: UserId) -> SummaryView:
    """The practitioner's sums."""
    return SummaryView(
        practitioner_id=practitioner_id,
        currency=summary.currency,
        projected_cents=summary.projected_cents,
        pending_cents=summary.pending_cents,
        available_cents=summary.available_cents,
        paid_cents=summary.paid_cents,
        reversed_cents=summary.reversed_cents,
        balance_cents=summary.balance_cents,
    )


def payout_view(payout: Payout) -> PayoutView:
    """The payout as its practitioner sees it."""
    return PayoutView(
        id=payout.id,
        practitioner_id=payout.practitioner_id,
        status=payout.status,
        amount_cents=payout.amount_cents,
        currency=payout.currency,
        earnings_count=payout.earnings_count,
        carried_cents=payout.carried_cents,
        reversed_cents=payout.reversed_cents,
        destination=payout.destination,
        failure_code=payout.failure_code,
        created_at=payout.created_at,
        updated_at=payout.updated_at,
    )
