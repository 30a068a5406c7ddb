"""The seven invariants of domain.md, computed from the rows alone and apart from core/domain/audit.py."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, TypeVar

from attrs import frozen

from core.domain.bookings import Attendance, Booking, SeatPayment
from core.domain.catalogue import Practitioner
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ledger import EntryKind, JournalEntry, PostingType, account_family
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import (
    BookingStatus,
    DisputeStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    SessionStatus,
    WaitlistStatus,
)
from core.domain.waitlist import WaitlistEntry
from ports.store import StoredRecord

R = TypeVar("R", bound=StoredRecord)

SEATED = {BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT}
EARNED = {EarningsStatus.PENDING, EarningsStatus.AVAILABLE, EarningsStatus.PAID}


@frozen(kw_only=True)
class Books:
    """Everything that a store holds, by type."""

    rows: Mapping[type, list[Any]]

    def every(self, kind: type[R]) -> list[R]:
        return self.rows.get(kind, [])

    def sessions(self) -> dict[object, ServiceSession]:
        return {session.id: session for session in self.every(ServiceSession)}

    def delivered(self) -> list[Booking]:
        """The confirmed seats of completed sessions."""
        sessions = self.sessions()
        return [
            booking
            for booking in self.every(Booking)
            if booking.status is BookingStatus.CONFIRMED
            and sessions[booking.session_id].status is SessionStatus.COMPLETED
        ]

    def balance(self, account: str) -> int:
        return sum(
            posting.amount_cents
            for entry in self.every(JournalEntry)
            for posting in entry.postings
            if posting.account == account
        )


def broken(books: Books) -> list[str]:
    """A sentence for everything that does not hold."""
    rules = (
        _sums,
        _chains,
        _values,
        _refunds,
        _seats,
        _lines,
        _earnings,
        _completed,
        _agenda,
        _accounts,
        _payable,
        _disputes,
        _frozen_credits,
    )
    return [sentence for rule in rules for sentence in rule(books)]


def _sums(books: Books) -> Iterator[str]:
    for entry in books.every(JournalEntry):
        if sum(p.amount_cents for p in entry.postings) != 0:
            yield f"1: entry {entry.id} does not sum to zero"


def _chains(books: Books) -> Iterator[str]:
    heads: dict[str, JournalEntry] = {}
    for entry in books.every(JournalEntry):
        before = heads.get(entry.chain)
        follows = (0, "") if before is None else (before.seq, before.hash)
        if (entry.seq - 1, entry.previous_hash) != follows:
            yield f"1: entry {entry.id} breaks its chain"
        heads[entry.chain] = entry
    kept = {f"order:{o.id}": (o.ledger_seq, o.ledger_head) for o in books.every(Order)}
    kept |= {f"user:{a.user_id}": (a.ledger_seq, a.ledger_head) for a in books.every(CreditAccount)}
    kept |= {f"practitioner:{p.id}": (p.ledger_seq, p.ledger_head) for p in books.every(Practitioner)}
    ends = {chain: (entry.seq, entry.hash) for chain, entry in heads.items()}
    if ends != {chain: head for chain, head in kept.items() if head != (0, "")}:
        yield "1: the heads that rows keep are not the ends of the chains"


def _values(books: Books) -> Iterator[str]:
    entries = books.every(JournalEntry)
    delivered = {booking.id for booking in books.delivered()}
    for order in books.every(Order):
        seats = [booking for booking in books.every(Booking) if booking.order_id == order.id]
        if order.subtotal_amount_cents != order.credits_applied_cents + order.total_amount_cents:
            yield f"2: order {order.id} is not paid by credits + card"
        if order.order_type is OrderType.CREDIT:
            continue
        if order.subtotal_amount_cents != sum(booking.session_value_cents for booking in seats):
            yield f"2: the seats of order {order.id} are not worth its subtotal"
        bought = 0 if order.status in _UNPAID else order.subtotal_amount_cents
        spent: Counter[str] = Counter()
        for entry in entries:
            if entry.order_id == order.id:
                spent.update(_spent(entry))
        left = books.balance(f"order_value:{order.id}")
        if bought != spent.total() + left:
            yield f"2: order {order.id} bought {bought}, spent {dict(spent)}, has {left} left"
        live = [
            booking.session_value_cents
            for booking in seats
            if booking.id not in delivered
            and (booking.status is not BookingStatus.CANCELED or order.disputed_cents > 0)
            and booking.payment_status is SeatPayment.PAID
        ]
        if left != sum(live):
            yield f"2: order {order.id} has {left} left for seats worth {live}"
        if order.refunded_cents != spent["refunded"] and bought:
            yield f"2: order {order.id} says {order.refunded_cents} refunded, booked {spent['refunded']}"


_UNPAID = {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELED}


def _spent(entry: JournalEntry) -> Counter[str]:
    """Where an order's value went, seen from the accounts that received it."""
    spent: Counter[str] = Counter()
    for posting in entry.postings:
        family = account_family(posting.account)
        if entry.kind is not EntryKind.COMPLIMENTARY and family in ("practitioner", "platform_commission"):
            spent["delivered"] += posting.amount_cents
        if entry.kind is EntryKind.REFUND and family in ("user_credit", "refunds_payable"):
            spent["refunded"] += posting.amount_cents
        if entry.kind is EntryKind.DISPUTE and family == "user_credit":
            spent["refunded"] += posting.amount_cents
        if posting.type is PostingType.DISPUTE and family != "user_credit":
            spent["charged back"] += posting.amount_cents
        if posting.type is PostingType.FORFEIT and family == "platform_forfeits":
            spent["forfeited"] += posting.amount_cents
    return spent


def _refunds(books: Books) -> Iterator[str]:
    refunds = books.every(Refund)
    for order in books.every(Order):
        captured = sum(
            payment.amount_cents
            for payment in books.every(Payment)
            if payment.order_id == order.id and payment.status is PaymentStatus.SUCCEEDED
        )
        by_card = sum(refund.card_cents for refund in refunds if refund.order_id == order.id)
        in_credits = order.refunded_credits_cents - order.card_to_credits_cents
        if by_card != order.refunded_card_cents or by_card + order.card_to_credits_cents > captured:
            yield f"3: order {order.id} captured {captured}, returned {by_card} by card"
        if not 0 <= in_credits <= order.credits_applied_cents:
            yield f"3: order {order.id} used {order.credits_applied_cents} credits, returned {in_credits}"
    lines = Counter(line.booking_id for refund in refunds for line in refund.lines)
    yield from (
        f"3: booking {booking} was refunded {times} times" for booking, times in lines.items() if times > 1
    )


def _seats(books: Books) -> Iterator[str]:
    taken = Counter(booking.session_id for booking in books.every(Booking) if booking.status in SEATED)
    for session in books.every(ServiceSession):
        if session.current_participants != taken[session.id]:
            yield f"4: session {session.id} counts {session.current_participants}, has {taken[session.id]}"
        if not 0 <= session.current_participants <= session.max_participants:
            yield f"4: session {session.id} is oversold"


def _lines(books: Books) -> Iterator[str]:
    """Offered seats fit beside the taken ones, and the counts of a line are those of its places."""
    places = Counter((place.session_id, place.status) for place in books.every(WaitlistEntry))
    for session in books.every(ServiceSession):
        line = (session.offered_seats, session.waiting_count)
        counted = tuple(places[session.id, s] for s in (WaitlistStatus.OFFERED, WaitlistStatus.WAITING))
        if line != counted:
            yield f"4: session {session.id} counts {line} in its line, has {counted}"
        if session.current_participants + session.offered_seats > session.max_participants:
            yield f"4: session {session.id} has offered taken seats"


def _earnings(books: Books) -> Iterator[str]:
    terms = {order.id: order.terms for order in books.every(Order)}
    expected = {
        booking.id: booking.session_value_cents or terms[booking.order_id].complimentary_earnings_cents
        for booking in books.delivered()
        if booking.payment_status is SeatPayment.PAID
        and (
            booking.attendance is not Attendance.NO_SHOW
            or terms[booking.order_id].pay_practitioner_on_no_show
        )
    }
    expected |= {
        booking.id: booking.session_value_cents - booking.refunded_cents
        for booking in _canceled_late(books)
        if terms[booking.order_id].pay_practitioner_on_late_cancel
    }
    lost = {b.id for b in books.every(Booking) if b.payment_status is SeatPayment.CHARGED_BACK}
    rows = [row for row in books.every(Earnings) if row.status in EARNED and row.booking_id not in lost]
    found = {row.booking_id: row.gross_amount_cents for row in rows}
    if len(found) != len(rows):
        yield "5: a seat is earned twice"
    if found != {booking: gross for booking, gross in expected.items() if gross > 0}:
        yield f"5: delivered seats are worth {expected}, earned {found}"


def _canceled_late(books: Books) -> Iterator[Booking]:
    sessions = books.sessions()
    for booking in books.every(Booking):
        kept = booking.payment_status in (SeatPayment.FORFEITED, SeatPayment.PARTIALLY_REFUNDED)
        if kept and sessions[booking.session_id].start_time is not None:
            yield booking


def _completed(books: Books) -> Iterator[str]:
    counted = Counter(booking.order_id for booking in books.delivered())
    for order in books.every(Order):
        if order.sessions_completed != counted[order.id]:
            yield f"6: order {order.id} counts {order.sessions_completed}, completed {counted[order.id]}"


def _agenda(books: Books) -> Iterator[str]:
    busy = [
        session
        for session in books.every(ServiceSession)
        if session.session_type is SessionType.INDIVIDUAL
        and session.status in (SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS)
    ]
    for one, other in combinations(busy, 2):
        times = (one.start_time, one.end_time, other.start_time, other.end_time)
        if one.practitioner_id != other.practitioner_id:
            continue
        if None in times or (times[0] < times[3] and times[2] < times[1]):  # type: ignore[operator] # none is None
            yield f"7: sessions {one.id} and {other.id} overlap"


def _disputes(books: Books) -> Iterator[str]:
    """Open disputes stand on their account and freeze earnings; lost ones are shared out exactly."""
    stand: dict[object, Counter[DisputeStatus]] = {order.id: Counter() for order in books.every(Order)}
    for dispute in books.every(Dispute):
        stand[dispute.order_id][dispute.status] += dispute.amount_cents
    for order in books.every(Order):
        if order.disputed_cents != stand[order.id][DisputeStatus.OPEN]:
            yield f"order {order.id} says {order.disputed_cents} disputed, has {dict(stand[order.id])}"
        if order.refunded_cents + order.charged_back_cents > order.subtotal_amount_cents:
            yield f"order {order.id} gave back more than it was worth"
    if -books.balance("disputes") != sum(counts[DisputeStatus.OPEN] for counts in stand.values()):
        yield "the account of disputes is not what is disputed"
    lost = sum(counts[DisputeStatus.LOST] for counts in stand.values())
    charged_back = sum(order.charged_back_cents for order in books.every(Order))
    if lost != charged_back - books.balance("platform_losses"):
        yield f"{lost} was lost, {charged_back} charged back, the rest is no loss of the platform's"
    disputed = {order.id: order.disputed_cents > 0 for order in books.every(Order)}
    for row in books.every(Earnings):
        unpaid = row.status not in (EarningsStatus.PAID, EarningsStatus.REVERSED)
        if unpaid and row.frozen != disputed[row.order_id]:
            yield f"earnings {row.id} are frozen: {row.frozen}, their order is disputed: {not row.frozen}"


def _frozen_credits(books: Books) -> Iterator[str]:
    """Bought credits stand with their order only while their payment is disputed."""
    for order in books.every(Order):
        frozen = books.balance(f"order_value:{order.id}")
        if order.order_type is OrderType.CREDIT and not 0 <= frozen <= order.disputed_cents:
            yield f"order {order.id} froze {frozen} credits, {order.disputed_cents} is disputed"


def _accounts(books: Books) -> Iterator[str]:
    for account in books.every(CreditAccount):
        held = sum(
            order.credits_applied_cents
            for order in books.every(Order)
            if order.user_id == account.user_id and order.status is OrderStatus.PENDING_PAYMENT
        )
        if account.balance_cents != books.balance(f"user_credit:{account.user_id}"):
            yield f"account {account.user_id} is not the sum of its postings"
        if not 0 <= account.held_cents <= account.balance_cents or account.held_cents != held:
            yield f"account {account.user_id} holds {account.held_cents}, unpaid orders {held}"


def _payable(books: Books) -> Iterator[str]:
    for practitioner in books.every(Practitioner):
        owed = sum(
            row.net_amount_cents
            for row in books.every(Earnings)
            if row.practitioner_id == practitioner.id
            and row.status in (EarningsStatus.PENDING, EarningsStatus.AVAILABLE)
        )
        owed += practitioner.carried_cents + sum(
            payout.carried_cents
            for payout in books.every(Payout)
            if payout.practitioner_id == practitioner.id
            and payout.status in (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)
        )
        if owed != books.balance(f"practitioner:{practitioner.id}"):
            yield f"practitioner {practitioner.id} is owed {owed}, booked otherwise"
