"""Earnings taken back, or given again, after they had been earned.

What was not paid out yet is simply reversed. What was paid is a clawback: the practitioner's
balance goes below zero, and the difference is carried into the next payout.
Source: domain.md, "Cancelling and refunding" and "The ledger".
"""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from core.domain import earnings as earnings_rules
from core.domain.bookings import Booking, Seat
from core.domain.catalogue import Practitioner
from core.domain.earnings import Earnings
from core.domain.errors import PayoutUnderWay
from core.domain.ids import BookingId, EntryId, IdSource
from core.domain.ledger import (
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    EntryKind,
    JournalEntry,
    Posting,
    PostingType,
    order_chain,
    order_value,
    posting,
    practitioner_account,
    record,
)
from core.domain.orders import Order
from core.domain.statuses import EarningsStatus
from core.domain.views import History, OrderView

EARNED = (EarningsStatus.PENDING, EarningsStatus.AVAILABLE, EarningsStatus.PAID)
"""Earnings in one of these are booked to their practitioner."""

ABOUT_DELIVERY = (
    EntryKind.DELIVERY,
    EntryKind.NO_SHOW,
    EntryKind.COMPLIMENTARY,
    EntryKind.CORRECTION,
    EntryKind.REVERSAL,
)
"""What is booked when a seat is delivered, missed, corrected or taken back."""


@frozen(kw_only=True)
class Restated:
    """Earnings in their new status; `carried_cents` of it goes into the practitioner's next payout."""

    earnings: Earnings
    carried_cents: int = 0


def taken_back(row: Earnings) -> Restated:
    """Reverse earnings, whatever became of them: paid ones are clawed back from the next payout.

    A paid row keeps its `payout_id`. Raises PayoutUnderWay while a payout that took them is undecided.
    """
    if row.status is EarningsStatus.PAID:
        return Restated(earnings=earnings_rules.moved(row, "reverse"), carried_cents=-row.net_amount_cents)
    if row.payout_id is not None:
        raise PayoutUnderWay("the earnings of this seat are in a payout that is not settled yet")
    return Restated(earnings=earnings_rules.moved(row, "reverse"))


def given_again(row: Earnings) -> Restated:
    """Restore reversed earnings: to pending, or to paid with the clawback undone where they had been."""
    if row.payout_id is None:
        return Restated(earnings=earnings_rules.moved(row, "restore"))
    return Restated(earnings=earnings_rules.moved(row, "repay"), carried_cents=row.net_amount_cents)


def carried(practitioner: Practitioner, cents: int) -> tuple[Practitioner, ...]:
    """The practitioner's next version with `cents` more to carry; nothing to write for 0."""
    if cents == 0:
        return ()
    return (
        evolve(
            practitioner, carried_cents=practitioner.carried_cents + cents, version=practitioner.version + 1
        ),
    )


def last_entry_about(booking_id: BookingId, entries: Sequence[JournalEntry]) -> EntryId | None:
    """The last entry about the seat's delivery; None where nothing was booked (a free seat missed)."""
    about = (
        entry.id
        for entry in reversed(entries)
        if entry.kind in ABOUT_DELIVERY and any(p.booking_id == booking_id for p in entry.postings)
    )
    return next(about, None)


def reversal_postings(
    order: Order, booking: Booking, earned: Earnings | None, new_id: IdSource
) -> tuple[Posting, ...]:
    """A delivered seat's value back on its order: from its practitioner and the commission, or from the
    platform's forfeits where the seat had earned nothing.
    """
    value_cents = booking.session_value_cents
    reason = PostingType.FORFEIT if earned is None else PostingType.DELIVERY
    back = posting(new_id, order_value(order.id), reason, value_cents, booking_id=booking.id)
    if earned is None:
        return (back, posting(new_id, PLATFORM_FORFEITS, PostingType.FORFEIT, -value_cents))
    net, commission = earned.net_amount_cents, earned.commission_amount_cents
    return (
        back,
        posting(new_id, practitioner_account(earned.practitioner_id), PostingType.EARNINGS, -net),
        posting(new_id, PLATFORM_COMMISSION, PostingType.COMMISSION, -commission),
    )


@frozen(kw_only=True)
class TakenBack:
    """Delivered seats undone: the order with their value on it again, and what else to write."""

    order: Order
    updates: tuple[Earnings | Practitioner, ...] = ()
    entries: tuple[JournalEntry, ...] = ()


def take_back_delivered(
    view: OrderView, seats: Sequence[Seat], *, history: History | None, now: datetime, new_id: IdSource
) -> TakenBack:
    """Put the value of those seats that were delivered back on their order, one entry each.

    The order's version does not move here. Raises PayoutUnderWay.
    """
    delivered = [seat.booking for seat in seats if seat.completed]
    if not delivered:
        return TakenBack(order=view.order)
    if history is None:
        raise ValueError("taking back a delivered seat takes its order's history")

    live = {row.booking_id: row for row in view.earnings if row.status in EARNED}
    chain = order_chain(view.order.id, view.order.ledger_seq, view.order.ledger_head)
    entries: list[JournalEntry] = []
    for booking in delivered:
        entry, chain = record(
            chain,
            EntryKind.REVERSAL,
            reversal_postings(view.order, booking, live.get(booking.id), new_id),
            entry_id=EntryId(new_id()),
            currency=view.order.currency,
            occurred_at=now,
            order_id=view.order.id,
            corrects=last_entry_about(booking.id, history.entries),
        )
        entries.append(entry)
    restated = [taken_back(live[booking.id]) for booking in delivered if booking.id in live]
    return TakenBack(
        order=evolve(view.order, ledger_seq=chain.seq, ledger_head=chain.head),
        updates=(
            *(each.earnings for each in restated),
            *carried(history.practitioner, sum(each.carried_cents for each in restated)),
        ),
        entries=tuple(entries),
    )
