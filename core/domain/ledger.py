"""The double-entry ledger: every financial event is one journal entry whose postings sum to zero.

Signs follow the customers' and practitioners' side: what the platform owes or has yet to
deliver is positive, what came in through the gateway is negative. Entries never change. Each
carries the hash of the one before it in its chain (its order's, else its user's or
practitioner's), so that a changed, missing or added entry is found.
Source of the accounts and events: domain.md, "The ledger".
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from attrs import field, frozen

from core.domain.ids import BookingId, EntryId, IdSource, OrderId, PostingId, UserId
from core.domain.time import instant

PAYMENT_GATEWAY = "payment_gateway"
REFUNDS_PAYABLE = "refunds_payable"
PLATFORM_COMMISSION = "platform_commission"
PLATFORM_FORFEITS = "platform_forfeits"
PLATFORM_PROMOTIONS = "platform_promotions"
PLATFORM_LOSSES = "platform_losses"
PAYOUTS = "payouts"
DISPUTES = "disputes"

PLATFORM_ACCOUNTS = (
    PAYMENT_GATEWAY,
    REFUNDS_PAYABLE,
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    PLATFORM_PROMOTIONS,
    PLATFORM_LOSSES,
    PAYOUTS,
    DISPUTES,
)


def user_credit(user_id: UserId) -> str:
    """The account of a user's credits."""
    return f"user_credit:{user_id}"


def order_value(order_id: OrderId) -> str:
    """The account of what an order bought and has not yet seen delivered, refunded or forfeited."""
    return f"order_value:{order_id}"


def practitioner_account(practitioner_id: UserId) -> str:
    """The account of what a practitioner earned and has not yet been paid."""
    return f"practitioner:{practitioner_id}"


def account_family(account: str) -> str:
    """The account's kind: `user_credit`, `order_value`, `practitioner` or a platform account."""
    return account.partition(":")[0]


class EntryKind(StrEnum):
    """What happened."""

    PURCHASE = "purchase"
    CREDIT_PURCHASE = "credit_purchase"
    CREDIT_GRANT = "credit_grant"
    DELIVERY = "delivery"
    NO_SHOW = "no_show"
    COMPLIMENTARY = "complimentary"
    REFUND = "refund"
    REFUND_SETTLED = "refund_settled"
    REFUND_RETURNED = "refund_returned"
    LATE_PAYMENT = "late_payment"
    FORFEIT = "forfeit"
    EXPIRY = "expiry"
    PAYOUT = "payout"
    PAYOUT_REVERSAL = "payout_reversal"
    CORRECTION = "correction"
    REVERSAL = "reversal"
    DISPUTE = "dispute"


class PostingType(StrEnum):
    """What one posting means to the account it is on."""

    PURCHASE = "purchase"
    USAGE = "usage"
    CHARGE = "charge"
    REFUND = "refund"
    GRANT = "grant"
    EXPIRY = "expiry"
    DELIVERY = "delivery"
    EARNINGS = "earnings"
    COMMISSION = "commission"
    FORFEIT = "forfeit"
    PROMOTION = "promotion"
    PAYOUT = "payout"
    REVERSAL = "reversal"
    DISPUTE = "dispute"


USER_POSTING_TYPES = (
    PostingType.PURCHASE,
    PostingType.USAGE,
    PostingType.REFUND,
    PostingType.GRANT,
    PostingType.EXPIRY,
    PostingType.DISPUTE,
)
"""The postings made on a user's behalf, as `/orders/{id}/transactions` lists them."""


@frozen(kw_only=True)
class Posting:
    """One signed amount on one account.

    `user_id` is set on postings made on a user's behalf; `booking_id` on those only where a direct
    booking is meant, and on what pays for a delivered or missed seat.
    """

    id: PostingId
    account: str
    type: PostingType
    amount_cents: int
    user_id: UserId | None = None
    booking_id: BookingId | None = None


@frozen(kw_only=True)
class JournalEntry:
    """Postings of one event, in one currency, that sum to zero; never changed once written.

    `chain` names the row that keeps the chain's head (`order:…`, `user:…`, `practitioner:…`),
    `seq` counts from 1 in it. `corrects` names the entry that this one corrects.
    """

    id: EntryId
    chain: str
    seq: int
    previous_hash: str
    hash: str
    kind: EntryKind
    order_id: OrderId | None = None
    currency: str
    occurred_at: datetime = field(converter=instant)
    postings: tuple[Posting, ...]
    corrects: EntryId | None = None


class ChainOwner(StrEnum):
    """Which kind of row keeps a chain's head."""

    ORDER = "order"
    USER = "user"
    PRACTITIONER = "practitioner"


@frozen(kw_only=True)
class Chain:
    """The head of a chain: the number and hash of its last entry (0 and "" when empty)."""

    name: str
    seq: int
    head: str


@frozen(kw_only=True)
class HeadMove:
    """Moves the head that an account or practitioner row keeps, if it still stands at `from_seq`.

    A store that finds it elsewhere raises ConcurrencyConflict. An order's head moves with the
    order's own version instead.
    """

    owner: ChainOwner
    owner_id: UserId
    currency: str
    from_seq: int
    to_seq: int
    head: str


def order_chain(order_id: OrderId, seq: int, head: str) -> Chain:
    """The chain of an order's entries."""
    return Chain(name=f"{ChainOwner.ORDER}:{order_id}", seq=seq, head=head)


def user_chain(user_id: UserId, seq: int, head: str) -> Chain:
    """The chain of a user's entries that belong to no order."""
    return Chain(name=f"{ChainOwner.USER}:{user_id}", seq=seq, head=head)


def practitioner_chain(practitioner_id: UserId, seq: int, head: str) -> Chain:
    """The chain of a practitioner's payouts."""
    return Chain(name=f"{ChainOwner.PRACTITIONER}:{practitioner_id}", seq=seq, head=head)


def posting(
    new_id: IdSource,
    account: str,
    kind: PostingType,
    amount_cents: int,
    *,
    user_id: UserId | None = None,
    booking_id: BookingId | None = None,
) -> Posting:
    """One posting with an id of its own."""
    return Posting(
        id=PostingId(new_id()),
        account=account,
        type=kind,
        amount_cents=amount_cents,
        user_id=user_id,
        booking_id=booking_id,
    )


def record(
    chain: Chain,
    kind: EntryKind,
    postings: Sequence[Posting],
    *,
    entry_id: EntryId,
    currency: str,
    occurred_at: datetime,
    order_id: OrderId | None = None,
    corrects: EntryId | None = None,
) -> tuple[JournalEntry, Chain]:
    """The next entry of a chain, and the chain's new head. Postings of 0 are left out.

    Raises ValueError unless the postings sum to zero: such a decision must never be committed.
    """
    kept = tuple(p for p in postings if p.amount_cents != 0)
    if sum(p.amount_cents for p in kept) != 0:
        raise ValueError(f"postings of {kind} on {chain.name} do not sum to zero")
    if not kept:
        raise ValueError(f"an entry of {kind} on {chain.name} would move nothing")

    moment = instant(occurred_at)
    seq = chain.seq + 1
    digest = entry_hash(
        chain=chain.name,
        seq=seq,
        previous_hash=chain.head,
        entry_id=entry_id,
        kind=kind,
        order_id=order_id,
        currency=currency,
        occurred_at=moment,
        postings=kept,
        corrects=corrects,
    )
    entry = JournalEntry(
        id=entry_id,
        chain=chain.name,
        seq=seq,
        previous_hash=chain.head,
        hash=digest,
        kind=kind,
        order_id=order_id,
        currency=currency,
        occurred_at=moment,
        postings=kept,
        corrects=corrects,
    )
    return entry, Chain(name=chain.name, seq=seq, head=digest)


def entry_hash(
    *,
    chain: str,
    seq: int,
    previous_hash: str,
    entry_id: EntryId,
    kind: EntryKind,
    order_id: OrderId | None,
    currency: str,
    occurred_at: datetime,
    postings: Iterable[Posting],
    corrects: EntryId | None,
) -> str:
    """SHA-256 over everything that an entry says, in one canonical JSON text."""
    content = [
        chain,
        seq,
        previous_hash,
        str(entry_id),
        kind.value,
        None if order_id is None else str(order_id),
        currency,
        occurred_at.isoformat(timespec="milliseconds"),
        [
            [
                str(p.id),
                p.account,
                p.type.value,
                p.amount_cents,
                None if p.user_id is None else str(p.user_id),
                None if p.booking_id is None else str(p.booking_id),
            ]
            for p in postings
        ],
        None if corrects is None else str(corrects),
    ]
    return sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def rehash(entry: JournalEntry) -> str:
    """The hash that the entry ought to carry."""
    return entry_hash(
        chain=entry.chain,
        seq=entry.seq,
        previous_hash=entry.previous_hash,
        entry_id=entry.id,
        kind=entry.kind,
        order_id=entry.order_id,
        currency=entry.currency,
        occurred_at=entry.occurred_at,
        postings=entry.postings,
        corrects=entry.corrects,
    )
