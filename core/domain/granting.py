"""Credits given by the platform."""

from datetime import datetime

from core.domain.changes import Changes
from core.domain.credits import CreditAccount, CreditChange
from core.domain.errors import Invalid
from core.domain.events import EventType, event
from core.domain.ids import EntryId, IdSource
from core.domain.ledger import (
    PLATFORM_PROMOTIONS,
    ChainOwner,
    EntryKind,
    HeadMove,
    PostingType,
    posting,
    record,
    user_chain,
    user_credit,
)
from core.domain.money import MAX_CENTS


def grant(
    account: CreditAccount, amount_cents: int, *, reason: str, now: datetime, new_id: IdSource
) -> Changes:
    """Give a user credits at the platform's expense. Raises Invalid unless 0 < amount <= MAX_CENTS."""
    if not 0 < amount_cents <= MAX_CENTS - account.balance_cents:
        raise Invalid("/amount_cents", f"must be between 1 and {MAX_CENTS - account.balance_cents}")

    user_id = account.user_id
    entry, chain = record(
        user_chain(user_id, account.ledger_seq, account.ledger_head),
        EntryKind.CREDIT_GRANT,
        (
            posting(new_id, user_credit(user_id), PostingType.GRANT, amount_cents, user_id=user_id),
            posting(new_id, PLATFORM_PROMOTIONS, PostingType.PROMOTION, -amount_cents),
        ),
        entry_id=EntryId(new_id()),
        currency=account.currency,
        occurred_at=now,
    )
    return Changes(
        credits=(CreditChange(user_id=user_id, currency=account.currency, balance_delta_cents=amount_cents),),
        heads=(
            HeadMove(
                owner=ChainOwner.USER,
                owner_id=user_id,
                currency=account.currency,
                from_seq=account.ledger_seq,
                to_seq=chain.seq,
                head=chain.head,
            ),
        ),
        entries=(entry,),
        events=(
            event(new_id, EventType.CREDITS_GRANTED, user_id, now, amount_cents=amount_cents, reason=reason),
        ),
    )
