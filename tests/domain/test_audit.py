"""The proof of the books finds every broken invariant and names it; whole books have nothing to name."""

import ast
from collections.abc import Callable
from datetime import timedelta
from inspect import getsource
from typing import Any

import pytest
from attrs import evolve

from core.domain import audit, audit_places
from core.domain.audit import Auditor, Violation
from core.domain.bookings import Attendance, Booking
from core.domain.catalogue import Component, Practitioner, ServiceType
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ledger import JournalEntry
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.sessions import ServiceSession
from core.domain.statuses import (
    BookingStatus,
    DisputeStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
    WaitlistStatus,
)
from core.domain.waitlist import WaitlistEntry
from tests.builders import make_practitioner, make_service, make_session, make_waiting, new_user
from tests.domain.invariants import Books, broken
from tests.domain.market import Market, client, hours

READERS: dict[type, Callable[[Auditor], Callable[[Any], None]]] = {
    JournalEntry: lambda auditor: auditor.entry,
    ServiceSession: lambda auditor: auditor.session,
    Booking: lambda auditor: auditor.booking,
    WaitlistEntry: lambda auditor: auditor.waitlist,
    Payment: lambda auditor: auditor.payment,
    Refund: lambda auditor: auditor.refund,
    Dispute: lambda auditor: auditor.dispute,
    Earnings: lambda auditor: auditor.earnings,
    Payout: lambda auditor: auditor.payout,
    Order: lambda auditor: auditor.order,
    Practitioner: lambda auditor: auditor.practitioner,
    CreditAccount: lambda auditor: auditor.account,
}


def audited(books: Books) -> tuple[Violation, ...]:
    """What an auditor who has seen every row says."""
    auditor = Auditor()
    for kind, reader in READERS.items():
        for row in books.rows.get(kind, []):
            reader(auditor)(row)
    return auditor.violations()


def busy_market() -> Books:
    """Every kind of row in every state that matters: delivered, paid out, refunded, projected, unpaid."""
    market, buyer, who = Market(), new_user(), make_practitioner()
    part = make_service(who)
    package = make_service(
        who,
        service_type=ServiceType.PACKAGE,
        price_cents=40000,
        components=(Component(service_id=part.id, quantity=5),),
    )
    workshop = make_service(who, service_type=ServiceType.WORKSHOP, price_cents=4000)
    place = make_session(workshop, start_time=hours(400))
    market.offer(who, part, package, workshop, place)
    market.grant(buyer, 11000)
    seats = market.buy(buyer, package, credits_to_apply_cents=10000).seats
    for seat in seats[:2]:
        session = market.schedule(seat.booking.id, start_time=hours(1, market.clock.now()))
        market.clock.advance(timedelta(hours=2))
        market.complete(session.id)
        market.sweep(after=timedelta(hours=49))
        if seat is seats[0]:
            market.pay_out(who.id)
    for number, seat in enumerate(seats[2:4]):
        market.schedule(seat.booking.id, start_time=hours(300 + number))
    market.refund(seats[0].booking.order_id, [seats[4].booking.id])
    market.buy(new_user(), workshop, session_id=place.id)
    market.buy_credits(buyer, 500)
    asking = "pm_card_authenticationRequired"
    market.buy(buyer, workshop, session_id=place.id, apply_credits=True, payment_method_id=asking)
    late = market.buy(new_user(), part, start_time=hours(10, market.clock.now()))
    market.refund(late.order.id, actor=client(late.order.user_id))
    for status in (DisputeStatus.OPEN, DisputeStatus.LOST):
        sold = market.buy(new_user(), part, start_time=hours(20, market.clock.now()))
        market.complete(sold.seats[0].session.id)
        assert sold.payment is not None
        market.dispute(sold.payment, status, 7000)
        market.clock.advance(timedelta(hours=24))
    credits_bought = market.buy_credits(new_user(), 5000)
    assert credits_bought.payment is not None
    market.dispute(credits_bought.payment, DisputeStatus.OPEN, 3000)
    full = make_session(workshop, start_time=hours(500), max_participants=1, offered_seats=1, waiting_count=1)
    offer = make_waiting(full, status=WaitlistStatus.OFFERED, offer_expires_at=hours(499))
    market.offer(full, offer, make_waiting(full))
    return market.books()


WHOLE = busy_market()


def where(kind: type, **fields: Any) -> Any:
    """The first row of a kind with these fields."""
    return next(
        row for row in WHOLE.rows[kind] if all(getattr(row, name) == value for name, value in fields.items())
    )


def changed(row: Any, **fields: Any) -> Books:
    """The whole books but for one row."""
    return replaced(row, evolve(row, **fields))


def replaced(row: Any, *instead: Any) -> Books:
    kind = type(row)
    rows = [new for old in WHOLE.rows[kind] for new in (instead if old is row else (old,))]
    return Books(rows={**WHOLE.rows, kind: rows})


def test_whole_books_have_no_violation() -> None:
    assert () == audited(WHOLE)
    assert [] == broken(WHOLE)


def test_no_books_have_no_violation() -> None:
    assert () == audited(Books(rows={}))


def test_the_whole_books_hold_a_row_of_every_kind_and_state_that_is_broken_below() -> None:
    assert set(READERS) <= set(WHOLE.rows)
    assert {
        EarningsStatus.PENDING,
        EarningsStatus.PAID,
        EarningsStatus.AVAILABLE,
        EarningsStatus.PROJECTED,
        EarningsStatus.REVERSED,
    } == {row.status for row in WHOLE.every(Earnings)}
    assert {OrderStatus.PENDING_PAYMENT, OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED} == {
        row.status for row in WHOLE.every(Order)
    }


ENTRY = WHOLE.every(JournalEntry)[0]
PACKAGE = where(Order, order_type=OrderType.PACKAGE)
CREDITS = where(Order, order_type=OrderType.CREDIT)
TOPPED_UP = where(Order, order_type=OrderType.CREDIT, disputed_cents=3000)
UNPAID = where(Order, status=OrderStatus.PENDING_PAYMENT)
REFUND = where(Refund, status=RefundStatus.SUCCEEDED)
PAID = where(Earnings, status=EarningsStatus.PAID)
AVAILABLE = where(Earnings, status=EarningsStatus.AVAILABLE)
PROJECTED = where(Earnings, status=EarningsStatus.PROJECTED)
PAYOUT = where(Payout, status=PayoutStatus.PAID)
CHARGE = where(Payment, order_id=PACKAGE.id, status=PaymentStatus.SUCCEEDED)
WHO = WHOLE.every(Practitioner)[0]
ACCOUNT = next(a for a in WHOLE.every(CreditAccount) if a.held_cents)
UPCOMING = where(ServiceSession, start_time=hours(300))
NEXT = where(ServiceSession, start_time=hours(301))
PLACE = where(ServiceSession, max_participants=10)
LINED = where(ServiceSession, offered_seats=1)
OFFER = where(WaitlistEntry, status=WaitlistStatus.OFFERED)
DELIVERED = where(Booking, id=AVAILABLE.booking_id)
FIRST = where(Booking, order_id=PACKAGE.id)
REVERSED = where(Earnings, status=EarningsStatus.REVERSED)
LATE = where(Order, id=REVERSED.order_id)
CANCELED = where(Booking, status=BookingStatus.CANCELED)
OVER = where(ServiceSession, id=DELIVERED.session_id)

DISPUTE = where(Dispute, status=DisputeStatus.OPEN)
LOST = where(Dispute, status=DisputeStatus.LOST)
FROZEN = where(Earnings, frozen=True)
DISPUTED = where(Order, id=DISPUTE.order_id)

POSTINGS = ENTRY.postings
BROKEN: list[tuple[str, str, Books]] = [
    ("entry sums to zero", f"entry {ENTRY.id}", changed(ENTRY, postings=POSTINGS[:1])),
    ("entries never change", f"entry {ENTRY.id}", changed(ENTRY, postings=POSTINGS[::-1])),
    ("chains have no gaps", f"entry {ENTRY.id}", changed(ENTRY, seq=2)),
    ("chains end at their head", f"order {PACKAGE.id}", changed(PACKAGE, ledger_seq=99)),
    ("chains end at their head", f"practitioner {WHO.id}", changed(WHO, ledger_head="f" * 64)),
    ("chains end at their head", f"account {ACCOUNT.user_id}", changed(ACCOUNT, ledger_seq=0)),
    ("bookings have a session", f"booking {DELIVERED.id}", replaced(OVER)),
    ("a seat is refunded once", f"booking {REFUND.lines[0].booking_id}", replaced(REFUND, REFUND, REFUND)),
    ("earnings add up", f"earnings {PAID.id}", changed(PAID, commission_amount_cents=1)),
    (
        "only delivered seats are earned",
        f"earnings {PROJECTED.id}",
        changed(PROJECTED, status=EarningsStatus.PENDING),
    ),
    (
        "only live seats project earnings",
        f"earnings {PROJECTED.id}",
        changed(PROJECTED, booking_id=CANCELED.id),
    ),
    (
        "only live seats project earnings",
        f"earnings {PROJECTED.id}",
        changed(where(Booking, id=PROJECTED.booking_id), status=BookingStatus.DRAFT),
    ),
    (
        "a missed seat is earned by its terms",
        f"booking {DELIVERED.id}",
        changed(DELIVERED, attendance=Attendance.NO_SHOW),
    ),
    (
        "a late cancellation is kept by its terms",
        f"booking {REVERSED.booking_id}",
        changed(REVERSED, status=EarningsStatus.PENDING),
    ),
    (
        "a late cancellation is kept by its terms",
        f"booking {REVERSED.booking_id}",
        changed(LATE, terms=evolve(LATE.terms, pay_practitioner_on_late_cancel=True)),
    ),
    ("payouts equal their earnings", f"payout {PAYOUT.id}", changed(PAYOUT, amount_cents=1)),
    ("payouts equal their earnings", f"payout {PAYOUT.id}", changed(PAYOUT, carried_cents=-1)),
    ("practitioners are owed their earnings", f"practitioner {WHO.id}", changed(WHO, carried_cents=-1)),
    ("payouts equal their earnings", f"payout {PAYOUT.id}", changed(PAID, payout_id=None)),
    ("subtotal = credits + card", f"order {PACKAGE.id}", changed(PACKAGE, total_amount_cents=1)),
    ("subtotal = credits + card", f"order {CREDITS.id}", changed(CREDITS, credits_applied_cents=1)),
    ("practitioners are owed their earnings", f"practitioner {WHO.id}", replaced(AVAILABLE)),
    (
        "individual sessions do not overlap",
        f"session {NEXT.id}",
        changed(UPCOMING, end_time=hours(301) + timedelta(milliseconds=1)),
    ),
    (
        "balances equal their postings",
        f"account {ACCOUNT.user_id}",
        changed(ACCOUNT, balance_cents=ACCOUNT.balance_cents + 1),
    ),
    ("balances are never negative", f"account {ACCOUNT.user_id}", changed(ACCOUNT, held_cents=-1)),
    (
        "balances are never negative",
        f"account {ACCOUNT.user_id}",
        changed(ACCOUNT, held_cents=ACCOUNT.balance_cents + 1),
    ),
    ("holds equal unpaid orders", f"account {ACCOUNT.user_id}", changed(ACCOUNT, held_cents=1)),
    (
        "holds equal unpaid orders",
        f"account {ACCOUNT.user_id}",
        changed(UNPAID, status=OrderStatus.CANCELED),
    ),
    ("balances have an owner", f"order_value:{PACKAGE.id}", replaced(PACKAGE)),
    ("balances have an owner", f"user_credit:{ACCOUNT.user_id}", replaced(ACCOUNT)),
    (
        "refunds payable equal open refunds",
        "refunds_payable",
        changed(REFUND, status=RefundStatus.PENDING),
    ),
    (
        "seats are counted and within capacity",
        f"session {PLACE.id}",
        changed(PLACE, current_participants=3),
    ),
    ("seats are counted and within capacity", f"session {PLACE.id}", changed(PLACE, max_participants=1)),
    ("seats are counted and within capacity", f"session {LINED.id}", changed(LINED, max_participants=0)),
    ("the line is counted", f"session {LINED.id}", changed(LINED, offered_seats=0)),
    ("the line is counted", f"session {LINED.id}", changed(LINED, waiting_count=2)),
    ("the line is counted", f"session {LINED.id}", changed(OFFER, status=WaitlistStatus.LAPSED)),
    ("the line is counted", f"session {LINED.id}", changed(OFFER, status=WaitlistStatus.WAITING)),
    ("a delivered seat is earned once", f"booking {DELIVERED.id}", replaced(AVAILABLE)),
    (
        "a delivered seat is earned once",
        f"booking {DELIVERED.id}",
        replaced(AVAILABLE, AVAILABLE, AVAILABLE),
    ),
    (
        "a delivered seat is earned once",
        f"booking {DELIVERED.id}",
        changed(AVAILABLE, status=EarningsStatus.REVERSED),
    ),
    ("charges equal payments", f"order {PACKAGE.id}", changed(CHARGE, amount_cents=1)),
    ("charges equal payments", f"order {PACKAGE.id}", changed(CHARGE, status=PaymentStatus.FAILED)),
    (
        "card refunds stay within the charge",
        f"order {PACKAGE.id}",
        changed(PACKAGE, refunded_card_cents=1),
    ),
    ("card refunds stay within the charge", f"order {PACKAGE.id}", changed(REFUND, card_cents=99999)),
    (
        "credit refunds stay within the credits",
        f"order {PACKAGE.id}",
        changed(PACKAGE, refunded_credits_cents=99999),
    ),
    (
        "credit refunds stay within the credits",
        f"order {PACKAGE.id}",
        changed(PACKAGE, card_to_credits_cents=99999),
    ),
    (
        "seat values sum to the subtotal",
        f"order {PACKAGE.id}",
        changed(FIRST, session_value_cents=7999),
    ),
    ("seat values sum to the subtotal", f"order {PACKAGE.id}", replaced(FIRST)),
    ("sessions completed are counted", f"order {PACKAGE.id}", changed(PACKAGE, sessions_completed=3)),
    ("paid orders are booked", f"order {UNPAID.id}", changed(UNPAID, status=OrderStatus.PAID)),
    (
        "undelivered value is what is left",
        f"order {PACKAGE.id}",
        changed(OVER, status=SessionStatus.CANCELED),
    ),
    ("disputes are booked", f"order {DISPUTED.id}", changed(DISPUTE, status=DisputeStatus.WON)),
    ("disputes are booked", f"order {DISPUTED.id}", changed(DISPUTE, amount_cents=6999)),
    ("disputes are booked", f"order {DISPUTED.id}", changed(DISPUTED, disputed_cents=0)),
    ("disputes are booked", f"order {LOST.order_id}", changed(LOST, status=DisputeStatus.WITHDRAWN)),
    (
        "disputes are booked",
        f"order {LOST.order_id}",
        changed(where(Order, id=LOST.order_id), charged_back_cents=6999),
    ),
    ("disputed earnings are frozen", f"order {DISPUTED.id}", changed(FROZEN, frozen=False)),
    ("disputed earnings are frozen", f"order {PACKAGE.id}", changed(AVAILABLE, frozen=True)),
    ("disputed credits are frozen", f"order {TOPPED_UP.id}", changed(TOPPED_UP, disputed_cents=2999)),
    ("payouts are booked", "payouts", changed(PAYOUT, reversed_cents=1)),
    ("payouts are booked", "payouts", changed(PAYOUT, status=PayoutStatus.FAILED)),
    ("payouts are reversed within their amount", f"payout {PAYOUT.id}", changed(PAYOUT, reversed_cents=6801)),
    ("payouts are reversed within their amount", f"payout {PAYOUT.id}", changed(PAYOUT, reversed_cents=-1)),
    ("refunds are booked", f"order {PACKAGE.id}", changed(PACKAGE, refunded_credits_cents=1)),
]


@pytest.mark.parametrize(
    ("rule", "subject", "books"), BROKEN, ids=[f"{n}-{rule}" for n, (rule, _, _) in enumerate(BROKEN)]
)
def test_a_broken_rule_is_found_and_named(rule: str, subject: str, books: Books) -> None:
    assert (rule, subject) in {(violation.rule, violation.subject) for violation in audited(books)}


def test_every_rule_of_the_audit_is_broken_above() -> None:
    tree = ast.parse(getsource(audit) + getsource(audit_places))
    blamed = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "_blame"
        and isinstance(node.args[0], ast.Constant)
    }
    named = {
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Constant)
    }

    assert blamed | named == {rule for rule, _, _ in BROKEN}


def test_a_missed_seat_needs_no_earnings_unless_it_is_to_be_paid() -> None:
    missed = Books(
        rows={
            **replaced(DELIVERED, evolve(DELIVERED, attendance=Attendance.NO_SHOW)).rows,
            Earnings: [row for row in WHOLE.rows[Earnings] if row is not AVAILABLE],
        }
    )

    assert "a delivered seat is earned once" not in {violation.rule for violation in audited(missed)}


def test_sessions_that_touch_do_not_overlap() -> None:
    touching = changed(UPCOMING, start_time=NEXT.start_time - timedelta(hours=1), end_time=NEXT.start_time)

    assert () == audited(touching)
