"""Opening entries: what happened to an old order, told to the ledger in the order in which it happened."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.domain.bookings import Booking
from core.domain.earnings import Earnings
from core.domain.ids import BookingId, EntryId, IdSource, PostingId
from core.domain.ledger import (
    PAYMENT_GATEWAY,
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    REFUNDS_PAYABLE,
    EntryKind,
    JournalEntry,
    Posting,
    PostingType,
    order_chain,
    order_value,
    posting,
    practitioner_account,
    record,
    user_credit,
)
from core.domain.orders import Order, OrderType, Refund


class OrderJournal:
    """An order's chain of entries, from the first on. Nothing is written for what moves nothing."""

    def __init__(self, order: Order, new_id: IdSource) -> None:
        self.entries: list[JournalEntry] = []
        self.usage: PostingId | None = None
        self._order = order
        self._new_id = new_id
        self._chain = order_chain(order.id, 0, "")

    @property
    def head(self) -> tuple[int, str]:
        """The number and hash of the last entry."""
        return self._chain.seq, self._chain.head

    def buy(self, seat: BookingId | None) -> None:
        """The purchase; `seat` is a direct one's. Remembers which posting used credits."""
        order, new_id = self._order, self._new_id
        is_credit = order.order_type is OrderType.CREDIT
        account = user_credit(order.user_id) if is_credit else order_value(order.id)
        used = order.credits_applied_cents

        def of_buyer(account: str, kind: PostingType, cents: int) -> Posting:
            return posting(new_id, account, kind, cents, user_id=order.user_id, booking_id=seat)

        bought = of_buyer(account, PostingType.PURCHASE, order.subtotal_amount_cents)
        usage = of_buyer(user_credit(order.user_id), PostingType.USAGE, -used)
        charged = posting(new_id, PAYMENT_GATEWAY, PostingType.CHARGE, -order.total_amount_cents)
        self.usage = usage.id if used > 0 else None
        kind = EntryKind.CREDIT_PURCHASE if is_credit else EntryKind.PURCHASE
        self._record(kind, (bought, usage, charged), order.created_at)

    def deliver(self, seat: Booking, earned: Earnings, at: datetime) -> None:
        """A seat delivered, and earned."""
        value = posting(
            self._new_id,
            order_value(self._order.id),
            PostingType.DELIVERY,
            -seat.session_value_cents,
            booking_id=seat.id,
        )
        self._record(EntryKind.DELIVERY, (value, *self._earned(earned)), at)

    def forfeit(self, seat: Booking, kept: Earnings | None, at: datetime) -> None:
        """A seat given up for nothing: the platform's, or what its practitioner has of it."""
        self._keep(EntryKind.FORFEIT, seat.session_value_cents, (), (kept,) if kept else (), at)

    def refund(self, made: Refund, kept: Sequence[Earnings], at: datetime) -> None:
        """Seats given up for money, which has arrived."""
        order, new_id = self._order, self._new_id
        back = (
            posting(
                new_id,
                user_credit(order.user_id),
                PostingType.REFUND,
                made.credits_cents,
                user_id=order.user_id,
            ),
            posting(new_id, REFUNDS_PAYABLE, PostingType.REFUND, made.card_cents),
        )
        value = made.refund_value_cents + made.forfeited_cents
        self._keep(EntryKind.REFUND, value, back, kept, at)
        arrived = (
            posting(new_id, REFUNDS_PAYABLE, PostingType.REFUND, -made.card_cents),
            posting(new_id, PAYMENT_GATEWAY, PostingType.REFUND, made.card_cents),
        )
        self._record(EntryKind.REFUND_SETTLED, arrived, at)

    def _keep(
        self,
        kind: EntryKind,
        value_cents: int,
        back: Sequence[Posting],
        kept: Sequence[Earnings],
        at: datetime,
    ) -> None:
        """Value that leaves the order: what goes back, what practitioners keep, the rest the platform's."""
        new_id = self._new_id
        rest = value_cents - sum(p.amount_cents for p in back) - sum(row.gross_amount_cents for row in kept)
        postings = (
            posting(new_id, order_value(self._order.id), PostingType.REVERSAL, -value_cents),
            *back,
            posting(new_id, PLATFORM_FORFEITS, PostingType.FORFEIT, rest),
            *(one for row in kept for one in self._earned(row, booking=True)),
        )
        self._record(kind, postings, at)

    def _earned(self, row: Earnings, *, booking: bool = False) -> tuple[Posting, ...]:
        account = practitioner_account(row.practitioner_id)
        about = row.booking_id if booking else None
        return (
            posting(self._new_id, account, PostingType.EARNINGS, row.net_amount_cents, booking_id=about),
            posting(self._new_id, PLATFORM_COMMISSION, PostingType.COMMISSION, row.commission_amount_cents),
        )

    def _record(self, kind: EntryKind, postings: Iterable[Posting], at: datetime) -> None:
        moving = tuple(one for one in postings if one.amount_cents != 0)
        if not moving:
            return
        entry, self._chain = record(
            self._chain,
            kind,
            moving,
            entry_id=EntryId(self._new_id()),
            currency=self._order.currency,
            occurred_at=at,
            order_id=self._order.id,
        )
        self.entries.append(entry)
