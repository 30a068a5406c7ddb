"""What canceled seats gave back, as far as the old system shows it.

Credits went back where a credit transaction says so, by its booking or else to the order's canceled seats
in turn. Of a seat that is marked as refunded the rest went back by card. What is left of a canceled seat's
value was kept: it is forfeited.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from attrs import frozen

from core.domain.legacy import words
from core.domain.legacy.findings import Reason, Unfit
from core.domain.legacy.placing import Purchase
from core.domain.legacy.rows import Table
from core.domain.legacy.seating import Sitting


@frozen(kw_only=True)
class Back:
    """What one seat gave back: `credits_cents` and `card_cents` of its `value_cents`."""

    value_cents: int
    credits_cents: int = 0
    card_cents: int = 0

    @property
    def refunded_cents(self) -> int:
        """Both."""
        return self.credits_cents + self.card_cents

    @property
    def kept_cents(self) -> int:
        """What did not go back."""
        return self.value_cents - self.refunded_cents


def given_back(purchase: Purchase, sittings: Sequence[Sitting], values: Sequence[int]) -> Mapping[int, Back]:
    """What each seat that is over without being delivered, or was refunded all the same, gave back: by the
    booking's old id. Raises Unfit where the refunds fit no seats, or more went back than came in.
    """
    seats = [
        (sitting, value)
        for sitting, value in zip(sittings, values, strict=True)
        if sitting.is_canceled or _is_goodwill(sitting)
    ]
    _require_live_seats_unrefunded(purchase, sittings)
    named = _credits_by_booking(purchase, {sitting.old.id for sitting, _ in seats})
    pool = named.pop(None, 0)
    backs: dict[int, Back] = {}
    for sitting, value in sorted(seats, key=lambda seat: not _in_full(purchase, seat[0])):
        own = named.pop(sitting.old.id, 0)
        share = min(pool, max(0, value - own))
        pool -= share
        if own > value:
            detail = f"{own} went back of a seat worth {value}"
            raise Unfit(Table.BOOKINGS, sitting.old.id, Reason.REFUND_DOES_NOT_FIT, detail)
        in_credits = own + share
        card = value - in_credits if _in_full(purchase, sitting) else 0
        backs[sitting.old.id] = Back(value_cents=value, credits_cents=in_credits, card_cents=card)
    if pool or named:
        detail = f"{pool + sum(named.values())} of credits went back for no canceled seat"
        raise Unfit(*_named(purchase), Reason.REFUND_DOES_NOT_FIT, detail)
    _require_funds(purchase, backs)
    return backs


def _is_goodwill(sitting: Sitting) -> bool:
    return sitting.delivered_at is not None and sitting.old.payment_status == words.REFUNDED


def _in_full(purchase: Purchase, sitting: Sitting) -> bool:
    of_order = sitting.is_canceled and purchase.order.status == words.REFUNDED
    return of_order or sitting.old.payment_status == words.REFUNDED


def _require_live_seats_unrefunded(purchase: Purchase, sittings: Sequence[Sitting]) -> None:
    for sitting in sittings:
        old = sitting.old
        live = not sitting.is_canceled and not _is_goodwill(sitting)
        if live and old.payment_status in (words.REFUNDED, words.PARTLY_REFUNDED):
            detail = f"{old.status!r}, though it is {old.payment_status!r}"
            raise Unfit(Table.BOOKINGS, old.id, Reason.REFUND_DOES_NOT_FIT, detail)
        if live and purchase.order.status == words.REFUNDED:
            detail = f"booking {old.id} is {old.status!r}, though its order is refunded"
            raise Unfit(*_named(purchase), Reason.REFUND_DOES_NOT_FIT, detail)


def _credits_by_booking(purchase: Purchase, seats: set[int]) -> Counter[int | None]:
    """Credits that went back, by booking; None for those of the order as a whole."""
    parents = {parent.id for parent in purchase.parents}
    found: Counter[int | None] = Counter()
    for row in purchase.transactions:
        if row.transaction_type != words.REFUND:
            continue
        if row.amount_cents < 0:
            detail = f"a refund of {row.amount_cents}"
            raise Unfit(Table.TRANSACTIONS, row.id, Reason.BAD_AMOUNT, detail)
        whole = row.booking_id is None or row.booking_id in parents or row.booking_id not in seats
        found[None if whole else row.booking_id] += row.amount_cents
    return found


def _require_funds(purchase: Purchase, backs: Mapping[int, Back]) -> None:
    order = purchase.order
    by_card = sum(back.card_cents for back in backs.values())
    moved = card_moved_to_credits(purchase, backs)
    if by_card + moved > order.total_amount_cents:
        detail = f"{by_card + moved} of the card part of {order.total_amount_cents} would have gone back"
        raise Unfit(*_named(purchase), Reason.REFUND_DOES_NOT_FIT, detail)


def card_moved_to_credits(purchase: Purchase, backs: Mapping[int, Back]) -> int:
    """The credits that went back of what had been paid by card."""
    in_credits = sum(back.credits_cents for back in backs.values())
    return max(0, in_credits - purchase.order.credits_applied_cents)


def _named(purchase: Purchase) -> tuple[Table, int]:
    """The row that stands for a purchase."""
    return (Table.BOOKINGS if purchase.synthetic else Table.ORDERS, purchase.order.id)
