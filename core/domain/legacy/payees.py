"""Practitioners with what they were paid: one chain of journal entries each, from the first payout on.

What a payout transferred and what its earnings come to may differ. Money went out, so the payout stands
as it was; the difference is carried into the practitioner's next payout. Earnings that are quarantined
were paid out of nothing as far as these books know: they are the platform's loss until somebody decides.
"""

from collections.abc import Mapping

from attrs import evolve

from core.domain.catalogue import Practitioner
from core.domain.changes import Changes
from core.domain.earnings import Payout, payout_key
from core.domain.ids import EntryId, IdSource, PayoutId
from core.domain.ledger import (
    PAYOUTS,
    PLATFORM_LOSSES,
    Chain,
    EntryKind,
    JournalEntry,
    PostingType,
    posting,
    practitioner_account,
    practitioner_chain,
    record,
)
from core.domain.legacy import words
from core.domain.legacy.catalogue import practitioner, zone_findings
from core.domain.legacy.findings import Finding, Reason, Unfit, adjusted, left_out
from core.domain.legacy.naming import ids_from, new_id
from core.domain.legacy.pieces import Frame, Lost, Piece, Row
from core.domain.legacy.rows import OldPayout, Payee, Seller, Settlement, Table
from core.domain.money import MAX_CENTS
from core.domain.statuses import PayoutStatus

_SENT, _FAILED = PayoutStatus.PAID, PayoutStatus.FAILED
NEVER_SENT = "not_sent_before_migration"
"""The failure of a payout that the old system had not handed to its gateway."""


def payout_status(old: OldPayout) -> PayoutStatus:
    """Whether money went out: an unsettled payout with a transfer has been sent, one without never will be.

    Raises Unfit for an unknown word and for an amount that nobody could transfer.
    """
    if not 0 <= old.amount_cents <= MAX_CENTS:
        raise Unfit(Table.PAYOUTS, old.id, Reason.BAD_AMOUNT, f"a transfer of {old.amount_cents}")
    if old.status in words.SENT_PAYOUTS:
        return _SENT
    if old.status in words.FAILED_PAYOUTS:
        return _FAILED
    if old.status in words.UNSETTLED_PAYOUTS:
        return _SENT if old.stripe_transfer_id else _FAILED
    raise Unfit(Table.PAYOUTS, old.id, Reason.UNKNOWN_WORD, f"status {old.status!r} is unknown")


def payee(group: Payee, lost: Mapping[int, tuple[Lost, ...]], frame: Frame) -> Piece:
    """A practitioner with all their payouts. `lost` are earnings that payouts took and that are not
    brought over, by payout.
    """
    own = group.seller.practitioner.id
    try:
        seller = practitioner(group.seller, frame)
    except Unfit as unfit:
        with_it = tuple(
            left_out(Table.PAYOUTS, one.payout.id, unfit.reason, f"goes with practitioner {own}")
            for one in group.settlements
        )
        return Piece(findings=(left_out(unfit.table, unfit.id, unfit.reason, unfit.detail), *with_it))

    history = _History(group.seller, seller, frame)
    for settlement in group.settlements:
        history.settle(settlement, lost.get(settlement.payout.id, ()))
    return history.told()


class _History:
    """A practitioner's payouts, one after the other."""

    def __init__(self, seller: Seller, owner: Practitioner, frame: Frame) -> None:
        self._owner = owner
        self._frame = frame
        self._chain = practitioner_chain(owner.id, 0, "")
        self._carried = 0
        self._payouts: list[Payout] = []
        self._mapped: list[Row] = [(Table.PRACTITIONERS, seller.practitioner.id)]
        self._entries: list[JournalEntry] = []
        self._findings: list[Finding] = [*zone_findings(seller)]

    def settle(self, settlement: Settlement, lost: tuple[Lost, ...]) -> None:
        """The next payout."""
        old = settlement.payout
        try:
            status = payout_status(old)
        except Unfit as unfit:
            self._findings.append(left_out(unfit.table, unfit.id, unfit.reason, unfit.detail))
            return
        self._mapped.append((Table.PAYOUTS, old.id))
        if status is _FAILED:
            self._fail(settlement)
            return
        lost_cents = sum(one.net_cents for one in lost)
        kept = settlement.earnings_net_cents - lost_cents
        self._payouts.append(
            self._payout(
                old, status, earnings=settlement.earnings_count - len(lost), carried=old.amount_cents - kept
            )
        )
        self._book(old, lost_cents)
        difference = settlement.earnings_net_cents - old.amount_cents
        self._carried += difference
        if difference != 0:
            detail = f"its earnings come to {difference} more than the {old.amount_cents} that went out"
            self._findings.append(adjusted(Table.PAYOUTS, old.id, Reason.PAYOUT_DIFFERS, detail))

    def _fail(self, settlement: Settlement) -> None:
        old = settlement.payout
        never_sent = old.status in words.UNSETTLED_PAYOUTS
        made = self._payout(old, _FAILED, earnings=settlement.earnings_count, carried=0)
        self._payouts.append(evolve(made, failure_code=NEVER_SENT if never_sent else old.status))
        if never_sent:
            detail = f"{old.status!r} without a transfer: its earnings are available again"
            self._findings.append(adjusted(Table.PAYOUTS, old.id, Reason.PAYOUT_NEVER_SENT, detail))

    def _payout(self, old: OldPayout, status: PayoutStatus, *, earnings: int, carried: int) -> Payout:
        made = PayoutId(new_id(Table.PAYOUTS, old.id))
        return Payout(
            id=made,
            practitioner_id=self._owner.id,
            status=status,
            amount_cents=old.amount_cents,
            currency=self._frame.rules.currency,
            earnings_count=earnings,
            carried_cents=carried,
            destination=self._owner.stripe_account_id,
            idempotency_key=payout_key(made),
            gateway_ref=old.stripe_transfer_id or None,
            created_at=old.created_at,
            updated_at=old.created_at,
        )

    def _book(self, old: OldPayout, lost_cents: int) -> None:
        """What went out comes off the practitioner's account, but for what these books never put on it."""
        if old.amount_cents == 0 and lost_cents == 0:
            return
        entry, self._chain = _entry(
            self._chain,
            self._owner,
            old,
            lost_cents,
            currency=self._frame.rules.currency,
            new_id=ids_from(Table.PAYOUTS, old.id),
        )
        self._entries.append(entry)

    def told(self) -> Piece:
        """The practitioner as the last payout left them."""
        owner = evolve(
            self._owner,
            carried_cents=self._carried,
            ledger_seq=self._chain.seq,
            ledger_head=self._chain.head,
        )
        return Piece(
            changes=Changes(inserts=(owner, *self._payouts), entries=tuple(self._entries)),
            mapped=tuple(self._mapped),
            findings=tuple(self._findings),
        )


def _entry(
    chain: Chain, owner: Practitioner, old: OldPayout, lost_cents: int, *, currency: str, new_id: IdSource
) -> tuple[JournalEntry, Chain]:
    account = practitioner_account(owner.id)
    return record(
        chain,
        EntryKind.PAYOUT,
        (
            posting(new_id, account, PostingType.PAYOUT, lost_cents - old.amount_cents),
            posting(new_id, PAYOUTS, PostingType.PAYOUT, old.amount_cents),
            posting(new_id, PLATFORM_LOSSES, PostingType.PAYOUT, -lost_cents),
        ),
        entry_id=EntryId(new_id()),
        currency=currency,
        occurred_at=old.created_at,
    )
