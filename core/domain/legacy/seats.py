"""A purchase's seats, worked out one by one: what each is worth, gave back and earned, and its booking."""

from collections import defaultdict
from collections.abc import Sequence

from attrs import evolve, frozen

from core.domain.bookings import Booking, SeatPayment
from core.domain.ids import BookingId, PostingId
from core.domain.legacy.catalogue import bps_of
from core.domain.legacy.earning import Claim, Earned, earned
from core.domain.legacy.findings import Finding, Reason, left_out
from core.domain.legacy.giving_back import Back, given_back
from core.domain.legacy.known import Known
from core.domain.legacy.naming import new_id, user_id
from core.domain.legacy.placing import Purchase
from core.domain.legacy.rows import OldBooking, OldEarnings, Table
from core.domain.legacy.seating import Sitting
from core.domain.money import allocate
from core.domain.orders import Order, OrderType, Refund


@frozen(kw_only=True)
class Seated:
    """One seat. `back` is None for one that is live or delivered."""

    sitting: Sitting
    value_cents: int
    back: Back | None
    earned: Earned

    @property
    def is_late(self) -> bool:
        """Whether it had a time, was given up, and did not give everything back."""
        timed = self.sitting.session.start_time is not None
        return self.sitting.is_canceled and timed and self.back is not None and self.back.kept_cents > 0

    @property
    def is_delivered(self) -> bool:
        """Whether it was delivered and not refunded since."""
        return self.sitting.delivered_at is not None and self.back is None


def seated(
    purchase: Purchase, order: Order, sittings: Sequence[Sitting], known: Known, *, paid: bool
) -> tuple[Seated, ...]:
    """All seats of a purchase. Raises Unfit."""
    values = _values(order, sittings)
    backs = given_back(purchase, sittings, values) if paid else {}
    rows: dict[int, list[OldEarnings]] = defaultdict(list)
    for row in purchase.earnings:
        rows[row.booking_id].append(row)
    found: list[Seated] = []
    for sitting, value in zip(sittings, values, strict=True):
        back = backs.get(sitting.old.id)
        claim = Claim(
            sitting=sitting,
            order_id=order.id,
            currency=order.currency,
            value_cents=value,
            back=back,
            projects=order.order_type in (OrderType.DIRECT, OrderType.COURSE),
        )
        made = earned(claim, rows[sitting.old.id], known)
        found.append(Seated(sitting=sitting, value_cents=value, back=back, earned=made))
    return _even_handed(found)


def _values(order: Order, sittings: Sequence[Sitting]) -> tuple[int, ...]:
    """Exact shares of the subtotal: by the seats' own prices in a direct order, else equal ones."""
    if not sittings:
        return ()
    direct = order.order_type is OrderType.DIRECT
    return allocate(
        order.subtotal_amount_cents,
        [max(0, one.old.final_amount_cents) if direct else 1 for one in sittings],
    )


def _even_handed(seats: list[Seated]) -> tuple[Seated, ...]:
    """An order's terms are one for all: its practitioners keep what was given up late, or none of it."""
    late = [seat for seat in seats if seat.is_late]
    if all(seat.earned.kept for seat in late):
        return tuple(seats)
    return tuple(_unearned(seat) if seat.earned.kept else seat for seat in seats)


def _unearned(seat: Seated) -> Seated:
    row = seat.earned.row
    if row is None:
        raise ValueError("what is kept was an old row")
    detail = f"booking {row.booking_id} was canceled, and another one of its order earned nothing"
    found: Finding = left_out(Table.EARNINGS, row.id, Reason.EARNED_THOUGH_CANCELED, detail)
    return evolve(seat, earned=Earned(findings=(found,)))


def booking_id(old: OldBooking) -> BookingId:
    """The id of an old booking's seat."""
    return BookingId(new_id(Table.BOOKINGS, old.id))


def booked(
    order: Order, seat: Seated, *, refund: Refund | None, usage: PostingId | None, paid: bool, known: Known
) -> Booking:
    """The seat's booking. `usage` is the posting that paid a direct one with credits."""
    sitting, old = seat.sitting, seat.sitting.old
    direct = order.order_type is OrderType.DIRECT
    refunded = 0 if seat.back is None else seat.back.refunded_cents
    return Booking(
        id=booking_id(old),
        user_id=user_id(old.user_id),
        order_id=order.id,
        service_id=sitting.service.id,
        practitioner_id=sitting.practitioner.id,
        session_id=sitting.session.id,
        status=sitting.status,
        payment_status=_payment_status(seat) if paid else SeatPayment.FAILED,
        attendance=sitting.attendance,
        price_charged_cents=old.price_charged_cents,
        discount_amount_cents=old.discount_amount_cents,
        final_amount_cents=old.final_amount_cents,
        session_value_cents=seat.value_cents,
        commission_bps=_rate(seat, known),
        refunded_cents=refunded,
        refund_id=refund.id if refund is not None and refunded > 0 else None,
        credit_usage_transaction_id=usage if direct else None,
        service_name_snapshot=old.service_name_snapshot,
        service_description_snapshot=old.service_description_snapshot,
        practitioner_name_snapshot=old.practitioner_name_snapshot,
        client_notes=old.client_notes,
        created_at=old.created_at,
        canceled_at=(old.canceled_at or old.created_at) if sitting.is_canceled else None,
    )


def _payment_status(seat: Seated) -> SeatPayment:
    if seat.back is None:
        return SeatPayment.PAID
    if seat.back.kept_cents == 0:
        return SeatPayment.REFUNDED
    return SeatPayment.PARTIALLY_REFUNDED if seat.back.refunded_cents > 0 else SeatPayment.FORFEITED


def _rate(seat: Seated, known: Known) -> int:
    """The rate of the seat's old earnings, else the one in force."""
    row = seat.earned.row
    if row is not None:
        return bps_of(row.commission_percent, Table.EARNINGS, row.id)
    return known.frame.rate_of(seat.sitting.practitioner, seat.sitting.service.service_type)
