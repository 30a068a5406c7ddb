"""What a lost dispute takes, and from whom: exactly the disputed amount, seat by seat.

The amount is shared over what the order's seats are still worth, each in proportion. What it covers of
a seat to come leaves the order, and the seat is canceled (unless it is already, and only its money waited);
of a delivered one it is taken from its practitioner and the commission; of a forfeited one from the
platform's forfeits. What is left beyond all seats is the platform's loss.
Source: domain.md, "Cancelling and refunding".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from core.domain import bookings
from core.domain import earnings as earnings_rules
from core.domain.bookings import Seat, SeatPayment
from core.domain.earnings import Earnings
from core.domain.ids import BookingId, EarningsId, IdSource
from core.domain.ledger import (
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    Posting,
    PostingType,
    order_value,
    posting,
    practitioner_account,
    user_credit,
)
from core.domain.money import allocate
from core.domain.orders import Order
from core.domain.refunds import awaits_refund, is_refundable, split_refund
from core.domain.reversing import EARNED, taken_back
from core.domain.settling import canceled_private
from core.domain.statuses import EarningsStatus, transition
from core.domain.views import OrderView

WORTH_SOMETHING = (SeatPayment.PAID, SeatPayment.PARTIALLY_REFUNDED, SeatPayment.FORFEITED)
"""A seat in one of these was paid for and has not gone back in full."""

CHARGED_BACK = "the payment was charged back"


@frozen(kw_only=True)
class ChargedBack:
    """The order after a lost dispute, with neither its version nor its chain moved.

    `before` and `after` are the seats that the dispute covers or that waited for its end, `canceled` those of
    them that were still to come. `carried_cents` goes into the practitioner's next payout, `credits_cents`
    onto the buyer's account.
    """

    order: Order
    postings: tuple[Posting, ...] = ()
    before: tuple[Seat, ...] = ()
    after: tuple[Seat, ...] = ()
    canceled: tuple[Seat, ...] = ()
    earnings: tuple[Earnings, ...] = ()
    carried_cents: int = 0
    credits_cents: int = 0


@frozen(kw_only=True)
class _Seat:
    """A seat, and how much of its value the dispute covers."""

    seat: Seat
    covered_cents: int
    worth_cents: int
    earned: Earnings | None

    @property
    def is_to_come(self) -> bool:
        return is_refundable(self.seat, in_full=True) or self.is_awaiting

    @property
    def is_awaiting(self) -> bool:
        return awaits_refund(self.seat)


def shares(view: OrderView, amount_cents: int) -> Mapping[BookingId, int]:
    """How much of each seat's value an amount covers: in proportion to what it is still worth, never more.

    Sums to the amount, or to what all seats are worth where that is less.
    """
    worths = {seat.booking.id: _worth(seat) for seat in view.seats if _worth(seat) > 0}
    if not worths:
        return {}
    covered = allocate(min(amount_cents, sum(worths.values())), tuple(worths.values()))
    return {key: cents for key, cents in zip(worths, covered, strict=True) if cents > 0}


def _worth(seat: Seat) -> int:
    booking = seat.booking
    if booking.payment_status not in WORTH_SOMETHING:
        return 0
    return booking.session_value_cents - booking.refunded_cents


def charge_back(view: OrderView, amount_cents: int, *, now: datetime, new_id: IdSource) -> ChargedBack:
    """Take a lost amount back from whoever has it. Raises PayoutUnderWay."""
    live = {row.booking_id: row for row in view.earnings if row.status in EARNED}
    covered = shares(view, amount_cents)
    seats = tuple(
        _Seat(
            seat=seat,
            covered_cents=covered.get(seat.booking.id, 0),
            worth_cents=_worth(seat),
            earned=live.get(seat.booking.id),
        )
        for seat in view.seats
        if seat.booking.id in covered or awaits_refund(seat)
    )
    to_come = tuple(each for each in seats if each.is_to_come)
    rest = sum(each.worth_cents - each.covered_cents for each in to_come)
    canceled = tuple(each for each in to_come if not each.is_awaiting)
    order = _order_after(view.order, sum(covered.values()), rest_cents=rest, canceled=len(canceled))
    taken = [_taken(each, new_id) for each in seats if not each.is_to_come]
    given = _left_over(order, rest, new_id)
    projected = _projected(view.earnings, canceled)
    return ChargedBack(
        order=order,
        postings=(
            *(_leaving(order, each, new_id) for each in to_come),
            *given,
            *(made for each in taken for made in each.postings),
        ),
        before=tuple(each.seat for each in seats),
        after=tuple(_after(each, now) for each in seats),
        canceled=tuple(each.seat for each in canceled),
        earnings=(*projected, *(row for each in taken for row in each.earnings)),
        carried_cents=sum(each.carried_cents for each in taken),
        credits_cents=rest,
    )


def charge_back_credits(
    order: Order, amount_cents: int, *, frozen_cents: int, spendable_cents: int, new_id: IdSource
) -> ChargedBack:
    """Take bought credits back whose payment was lost: first those that the dispute froze, then as much of
    what their buyer can spend as is still missing. Frozen ones that it does not cover are the buyer's again.
    """
    most = min(amount_cents, order.subtotal_amount_cents - order.charged_back_cents)
    taken = min(most, frozen_cents + spendable_cents)
    if taken == frozen_cents == 0:
        return ChargedBack(order=order)
    user, returned = order.user_id, frozen_cents - taken
    return ChargedBack(
        order=_order_after(order, taken, rest_cents=0, canceled=0),
        postings=(
            posting(new_id, order_value(order.id), PostingType.DISPUTE, -frozen_cents),
            posting(new_id, user_credit(user), PostingType.DISPUTE, returned, user_id=user),
        ),
        credits_cents=returned,
    )


def _order_after(order: Order, covered_cents: int, *, rest_cents: int, canceled: int) -> Order:
    if covered_cents == 0:
        return order
    after = evolve(
        order,
        charged_back_cents=order.charged_back_cents + covered_cents,
        sessions_canceled=order.sessions_canceled + canceled,
    )
    _, from_card = split_refund(after, rest_cents)
    after = evolve(
        after,
        refunded_credits_cents=after.refunded_credits_cents + rest_cents,
        card_to_credits_cents=after.card_to_credits_cents + from_card,
    )
    move = "refund" if after.returned_cents == after.subtotal_amount_cents else "refund_partly"
    return evolve(after, status=transition(after.status, move))


def _leaving(order: Order, each: _Seat, new_id: IdSource) -> Posting:
    return posting(
        new_id,
        order_value(order.id),
        PostingType.REVERSAL,
        -each.worth_cents,
        booking_id=each.seat.booking.id,
    )


def _left_over(order: Order, cents: int, new_id: IdSource) -> tuple[Posting, ...]:
    """The part of canceled seats that the bank did not take: the buyer's, as credits."""
    return (posting(new_id, user_credit(order.user_id), PostingType.REFUND, cents, user_id=order.user_id),)


def _after(each: _Seat, now: datetime) -> Seat:
    status = SeatPayment.CHARGED_BACK if each.covered_cents > 0 else SeatPayment.REFUNDED
    booking = evolve(each.seat.booking, payment_status=status)
    if each.is_to_come:
        booking = evolve(booking, refunded_cents=each.worth_cents - each.covered_cents)
    if each.is_awaiting or not each.is_to_come:
        return Seat(booking=evolve(booking, version=booking.version + 1), session=each.seat.session)
    canceled = evolve(bookings.moved(booking, "cancel"), cancel_reason=CHARGED_BACK, canceled_at=now)
    return Seat(booking=canceled, session=canceled_private(each.seat.session))


def _projected(rows: Sequence[Earnings], to_come: Sequence[_Seat]) -> tuple[Earnings, ...]:
    """What canceled seats would have earned, reversed."""
    canceled = {each.seat.booking.id for each in to_come}
    return tuple(earnings_rules.moved(row, "reverse") for row in rows if row.booking_id in canceled)


@frozen(kw_only=True)
class _Taken:
    postings: tuple[Posting, ...]
    earnings: tuple[Earnings, ...] = ()
    carried_cents: int = 0


def _taken(each: _Seat, new_id: IdSource) -> _Taken:
    """The covered part of a seat that is over, from whoever has its value.

    Earnings that are covered whole are reversed; of others the part is carried, and the row stays.
    """
    row, covered = each.earned, each.covered_cents
    if row is None:
        forfeit = posting(new_id, PLATFORM_FORFEITS, PostingType.FORFEIT, -covered)
        return _Taken(postings=(forfeit,))
    commission = row.commission_amount_cents * covered // row.gross_amount_cents
    net = covered - commission
    account = practitioner_account(row.practitioner_id)
    postings = (
        posting(new_id, account, PostingType.EARNINGS, -net, booking_id=row.booking_id),
        posting(new_id, PLATFORM_COMMISSION, PostingType.COMMISSION, -commission),
    )
    if covered < row.gross_amount_cents:
        return _Taken(postings=postings, carried_cents=-net)
    restated = taken_back(row)
    return _Taken(postings=postings, earnings=(restated.earnings,), carried_cents=restated.carried_cents)


def refrozen(
    rows: Sequence[Earnings], updated: Mapping[EarningsId, Earnings], *, frozen: bool
) -> tuple[Earnings, ...]:
    """Every row that changes: those updated, and those that begin or end to be frozen (never paid ones)."""
    changed: list[Earnings] = []
    for row in rows:
        after = updated.get(row.id, row)
        stands = frozen and after.status is not EarningsStatus.PAID
        if after is row and row.frozen is stands:
            continue
        changed.append(evolve(after, frozen=stands, version=row.version + 1))
    return tuple(changed)
