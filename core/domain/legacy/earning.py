"""Old earnings as what they are now: one row for a seat, of the seat's own value.

What a practitioner is owed never changes: where the old gross is not the seat's exact value, the
commission takes the difference. Pending earnings of a seat that is not delivered become projected; a
delivered seat that nobody had counted gets its earnings at the rate that was in force.
Source: domain.md, "Legacy import" and "Delivering and earning".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain.earnings import Earnings
from core.domain.ids import BookingId, EarningsId, OrderId, PayoutId
from core.domain.legacy import words
from core.domain.legacy.catalogue import bps_of
from core.domain.legacy.findings import Finding, Reason, Unfit, adjusted, left_out
from core.domain.legacy.giving_back import Back
from core.domain.legacy.known import Known
from core.domain.legacy.naming import new_id
from core.domain.legacy.payees import payout_status
from core.domain.legacy.pieces import Tally
from core.domain.legacy.rows import OldEarnings, Table
from core.domain.legacy.seating import Sitting
from core.domain.money import MAX_CENTS, commission_of
from core.domain.statuses import EarningsStatus, PayoutStatus

_PROJECTED, _PENDING, _AVAILABLE = (
    EarningsStatus.PROJECTED,
    EarningsStatus.PENDING,
    EarningsStatus.AVAILABLE,
)
_PAID, _REVERSED = EarningsStatus.PAID, EarningsStatus.REVERSED


@frozen(kw_only=True)
class Earned:
    """What became of a seat's old earnings. `row` is the old one that is brought over, if any; `kept` tells
    that they are what a canceled seat leaves its practitioner.
    """

    earnings: Earnings | None = None
    row: OldEarnings | None = None
    kept: bool = False
    findings: tuple[Finding, ...] = ()
    tally: tuple[Tally, ...] = ()


@frozen(kw_only=True)
class Claim:
    """A seat and what speaks for its earnings. `back` is set for a seat that gave something back or was
    canceled; `projects` tells that seats to come of such an order show their earnings at once.
    """

    sitting: Sitting
    order_id: OrderId
    currency: str
    value_cents: int
    back: Back | None
    projects: bool


def earned(claim: Claim, rows: Sequence[OldEarnings], known: Known) -> Earned:
    """A seat's earnings. Raises Unfit where bringing the seat over would pay somebody twice or never."""
    row = min(rows, key=lambda one: (one.status == words.REVERSED, one.id), default=None)
    others = tuple(
        left_out(Table.EARNINGS, one.id, Reason.EARNED_TWICE, f"booking {one.booking_id} has others")
        for one in rows
        if one is not row
    )
    sitting = claim.sitting
    if sitting.delivered_at is not None:
        found = _of_delivered(claim, sitting.delivered_at, row, known)
    elif sitting.is_canceled:
        found = _of_canceled(claim, row, known)
    elif sitting.is_to_come:
        found = _of_seat_to_come(claim, row, known)
    else:
        found = _of_draft(row, known)
    return evolve(found, findings=(*found.findings, *others))


def status_of(row: OldEarnings, known: Known) -> EarningsStatus:
    """The old status; paid for whatever a payout took that went out. Raises Unfit."""
    status = words.EARNINGS.get(row.status)
    if status is None:
        raise Unfit(Table.EARNINGS, row.id, Reason.UNKNOWN_WORD, f"status {row.status!r} is unknown")
    amounts = (row.gross_amount_cents, row.commission_amount_cents, row.net_amount_cents)
    if min(amounts) < 0 or max(amounts) > MAX_CENTS or amounts[0] - amounts[1] != amounts[2]:
        detail = f"{amounts[0]} less {amounts[1]} is not {amounts[2]}"
        raise Unfit(Table.EARNINGS, row.id, Reason.BAD_AMOUNT, detail)
    if status is _REVERSED:
        return status
    if row.payout_id is None:
        if status is _PAID:
            raise Unfit(Table.EARNINGS, row.id, Reason.PAYOUT_UNKNOWN, "paid, but by no payout")
        return status
    went_out = _went_out(row, known)
    if status is _PAID and not went_out:
        detail = f"paid by payout {row.payout_id}, which failed"
        raise Unfit(Table.EARNINGS, row.id, Reason.PAYOUT_UNKNOWN, detail)
    return _PAID if went_out else status


def _went_out(row: OldEarnings, known: Known) -> bool:
    settlement = None if row.payout_id is None else known.settlement(row.payout_id)
    if settlement is None or settlement.payout.practitioner_id != row.practitioner_id:
        detail = f"payout {row.payout_id} is missing or another practitioner's"
        raise Unfit(Table.EARNINGS, row.id, Reason.PAYOUT_UNKNOWN, detail)
    try:
        return payout_status(settlement.payout) is PayoutStatus.PAID
    except Unfit as unfit:
        raise Unfit(Table.EARNINGS, row.id, Reason.PAYOUT_UNKNOWN, str(unfit)) from unfit


def _of_delivered(claim: Claim, at: datetime, row: OldEarnings | None, known: Known) -> Earned:
    refunded = claim.back is not None
    if row is None:
        if refunded or claim.value_cents == 0:
            return Earned()
        made = _made(claim, _PENDING, at + _hold(known), known, at=at)
        return Earned(earnings=made, tally=(Tally.EARNINGS_MADE,))
    status = status_of(row, known)
    if refunded and status is not _REVERSED:
        detail = f"{status}, though booking {row.booking_id} was refunded"
        raise Unfit(Table.EARNINGS, row.id, Reason.EARNED_THOUGH_CANCELED, detail)
    if status is _REVERSED and not refunded and claim.value_cents > 0:
        detail = f"reversed, though booking {row.booking_id} was delivered"
        raise Unfit(Table.EARNINGS, row.id, Reason.REVERSED_THOUGH_DELIVERED, detail)
    booked = _PENDING if status is _PROJECTED else status
    return _brought(claim, row, booked, known, gross=claim.value_cents)


def _of_canceled(claim: Claim, row: OldEarnings | None, known: Known) -> Earned:
    """Reversed, unless it was paid or made available: then it is what the cancellation left over."""
    if row is None:
        return Earned()
    kept_cents = 0 if claim.back is None else claim.back.kept_cents
    try:
        status = status_of(row, known)
        if status in (_AVAILABLE, _PAID) and claim.sitting.session.start_time is not None and kept_cents > 0:
            brought = _brought(claim, row, status, known, gross=kept_cents)
            return evolve(brought, kept=True)
        if status in (_AVAILABLE, _PAID):
            detail = f"{status}, though booking {row.booking_id} was canceled"
            raise Unfit(Table.EARNINGS, row.id, Reason.EARNED_THOUGH_CANCELED, detail)
        brought = _brought(claim, row, _REVERSED, known, gross=row.gross_amount_cents)
    except Unfit as unfit:
        return Earned(findings=(left_out(unfit.table, unfit.id, unfit.reason, unfit.detail),))
    if status is _REVERSED:
        return brought
    detail = f"{status}, though booking {row.booking_id} was canceled: reversed"
    found = adjusted(Table.EARNINGS, row.id, Reason.EARNED_THOUGH_CANCELED, detail)
    return evolve(brought, findings=(*brought.findings, found))


def _of_seat_to_come(claim: Claim, row: OldEarnings | None, known: Known) -> Earned:
    end = claim.sitting.session.end_time
    if end is None:
        raise ValueError("a seat to come has a time")
    due = end + _hold(known)
    if row is not None:
        status = status_of(row, known)
        if status is _PAID:
            detail = f"paid before booking {row.booking_id} was delivered"
            raise Unfit(Table.EARNINGS, row.id, Reason.PAID_BEFORE_DELIVERY, detail)
        if status is not _REVERSED and claim.value_cents > 0:
            return _projected(claim, row, status, due, known)
        if status is not _REVERSED:
            return _waiting(row)
    taken_back = () if row is None else (_reversed_early(row),)
    if not claim.projects or claim.value_cents == 0:
        return Earned(findings=taken_back)
    made = _made(claim, _PROJECTED, due, known, at=claim.sitting.old.created_at)
    return Earned(earnings=made, findings=taken_back, tally=(Tally.EARNINGS_PROJECTED,))


def _projected(claim: Claim, row: OldEarnings, status: EarningsStatus, due: datetime, known: Known) -> Earned:
    brought = _brought(claim, row, _PROJECTED, known, gross=claim.value_cents, due=due)
    if status is _PENDING:
        return evolve(brought, tally=(*brought.tally, Tally.PENDING_PROJECTED))
    if status is _PROJECTED:
        return brought
    detail = f"available before booking {row.booking_id} was delivered: projected"
    found = adjusted(Table.EARNINGS, row.id, Reason.RELEASED_EARLY, detail)
    return evolve(brought, findings=(*brought.findings, found))


def _of_draft(row: OldEarnings | None, known: Known) -> Earned:
    """A seat without a time projects none: they are made when it is delivered."""
    if row is None:
        return Earned()
    status = status_of(row, known)
    if status is _PAID:
        detail = f"paid before booking {row.booking_id} was delivered"
        raise Unfit(Table.EARNINGS, row.id, Reason.PAID_BEFORE_DELIVERY, detail)
    return Earned(findings=(_reversed_early(row),)) if status is _REVERSED else _waiting(row)


def _waiting(row: OldEarnings) -> Earned:
    if row.net_amount_cents > 0:
        detail = f"the seat of booking {row.booking_id} has no time or value: {row.net_amount_cents} wait"
    else:
        detail = f"nothing is earned by booking {row.booking_id}"
    return Earned(row=row, findings=(adjusted(Table.EARNINGS, row.id, Reason.EARNED_AT_DELIVERY, detail),))


def _reversed_early(row: OldEarnings) -> Finding:
    detail = f"reversed, though booking {row.booking_id} is still to come"
    return left_out(Table.EARNINGS, row.id, Reason.REVERSED_THOUGH_DELIVERED, detail)


def _brought(
    claim: Claim,
    row: OldEarnings,
    status: EarningsStatus,
    known: Known,
    *,
    gross: int,
    due: datetime | None = None,
) -> Earned:
    """The row with `gross` of the seat's value and the net as it was. Raises Unfit if that is less.

    Without a `due` its hold ends when it did.
    """
    net = row.net_amount_cents
    if net > gross:
        detail = f"{net} earned with a seat worth {gross}"
        raise Unfit(Table.EARNINGS, row.id, Reason.EARNED_MORE_THAN_SOLD, detail)
    by = (Table.EARNINGS, row.id)
    owner = known.practitioner(row.practitioner_id, by=by)
    restated = gross != row.gross_amount_cents
    detail = (
        f"commission {gross - net} of {gross}, was {row.commission_amount_cents} of {row.gross_amount_cents}"
    )
    return Earned(
        row=row,
        earnings=Earnings(
            id=EarningsId(new_id(Table.EARNINGS, row.id)),
            practitioner_id=owner.id,
            booking_id=BookingId(new_id(Table.BOOKINGS, row.booking_id)),
            order_id=claim.order_id,
            session_id=claim.sitting.session.id,
            gross_amount_cents=gross,
            commission_bps=bps_of(row.commission_percent, *by),
            commission_amount_cents=gross - net,
            net_amount_cents=net,
            currency=claim.currency,
            status=status,
            available_after=due or row.available_after,
            payout_id=_payout(row, status),
            created_at=row.created_at,
        ),
        findings=(adjusted(*by, Reason.COMMISSION_RESTATED, detail),) if restated else (),
    )


def _payout(row: OldEarnings, status: EarningsStatus) -> PayoutId | None:
    if status is not _PAID or row.payout_id is None:
        return None
    return PayoutId(new_id(Table.PAYOUTS, row.payout_id))


def _made(claim: Claim, status: EarningsStatus, due: datetime, known: Known, *, at: datetime) -> Earnings:
    """Earnings that the old system never noted, at the rate in force."""
    sitting, gross = claim.sitting, claim.value_cents
    rate = known.frame.rate_of(sitting.practitioner, sitting.service.service_type)
    commission = commission_of(gross, rate)
    return Earnings(
        id=EarningsId(new_id(Table.BOOKINGS, sitting.old.id, "earnings")),
        practitioner_id=sitting.practitioner.id,
        booking_id=BookingId(new_id(Table.BOOKINGS, sitting.old.id)),
        order_id=claim.order_id,
        session_id=sitting.session.id,
        gross_amount_cents=gross,
        commission_bps=rate,
        commission_amount_cents=commission,
        net_amount_cents=gross - commission,
        currency=claim.currency,
        status=status,
        available_after=due,
        created_at=at,
    )


def _hold(known: Known) -> timedelta:
    return known.frame.rules.earnings_hold
