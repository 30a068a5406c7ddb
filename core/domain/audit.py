"""The proof of the books: every invariant of domain.md, checked row by row.

An `Auditor` is shown every row of a store, kind by kind in the order of `READING_ORDER` (entries
by chain and number), and then names each violation. It keeps sums, not rows. What concerns money and what
was delivered for it is checked here, seats and times in `audit_places`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from uuid import UUID

from attrs import frozen

from core.domain.audit_places import PlaceAudit
from core.domain.bookings import Attendance, Booking, SeatPayment
from core.domain.catalogue import Practitioner
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ids import OrderId, SessionId, UserId
from core.domain.ledger import (
    PAYOUTS,
    REFUNDS_PAYABLE,
    JournalEntry,
    PostingType,
    account_family,
    order_chain,
    order_value,
    practitioner_account,
    practitioner_chain,
    rehash,
    user_chain,
    user_credit,
)
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
)
from core.domain.waitlist import WaitlistEntry

DELIVERED = (EarningsStatus.PENDING, EarningsStatus.AVAILABLE, EarningsStatus.PAID)


@frozen(kw_only=True, order=True)
class Violation:
    """A broken invariant: which one, of what, and the figures that do not agree."""

    rule: str
    subject: str
    detail: str


class Auditor:
    """Sees every row once and names what does not add up."""

    def __init__(self) -> None:
        self._found: list[Violation] = []
        self._heads: dict[str, tuple[int, str]] = {}
        self._balances: Counter[str] = Counter()
        self._posted: dict[OrderId, Counter[str]] = defaultdict(Counter)
        self._session_status: dict[SessionId, SessionStatus] = {}
        self._timed: set[SessionId] = set()
        self._places = PlaceAudit(self._blame)
        self._seat_value: Counter[OrderId] = Counter()
        self._undelivered: Counter[OrderId] = Counter()
        self._awaiting: Counter[OrderId] = Counter()
        self._completed: Counter[OrderId] = Counter()
        self._delivered_bookings: dict[UUID, Booking] = {}
        self._live_bookings: dict[UUID, Booking] = {}
        self._missed: dict[OrderId, list[Booking]] = defaultdict(list)
        self._earned: Counter[UUID] = Counter()
        self._owed: Counter[UserId] = Counter()
        self._in_payout: Counter[UUID] = Counter()
        self._carried_away: Counter[UserId] = Counter()
        self._paid_out = 0
        self._kept: dict[OrderId, list[tuple[Booking, int]]] = defaultdict(list)
        self._forfeiting: set[UUID] = set()
        self._earned_gross: Counter[UUID] = Counter()
        self._charged: Counter[OrderId] = Counter()
        self._card_refunds: Counter[OrderId] = Counter()
        self._refunded_seats: Counter[UUID] = Counter()
        self._payable_refunds = 0
        self._charged_back: set[UUID] = set()
        self._disputes: dict[OrderId, Counter[DisputeStatus]] = defaultdict(Counter)
        self._frozen: dict[OrderId, Counter[bool]] = defaultdict(Counter)
        self._held: Counter[UserId] = Counter()

    def entry(self, entry: JournalEntry) -> None:
        """Rule 1: it sums to zero and continues its chain unchanged."""
        name = f"entry {entry.id}"
        if sum(p.amount_cents for p in entry.postings) != 0:
            self._blame("entry sums to zero", name, f"sums to {sum(p.amount_cents for p in entry.postings)}")
        if rehash(entry) != entry.hash:
            self._blame("entries never change", name, f"number {entry.seq} of {entry.chain} was changed")
        seq, head = self._heads.get(entry.chain, (0, ""))
        if entry.seq != seq + 1 or entry.previous_hash != head:
            self._blame(
                "chains have no gaps",
                name,
                f"number {entry.seq} of {entry.chain} does not follow number {seq}",
            )
        self._heads[entry.chain] = (entry.seq, entry.hash)
        for posting in entry.postings:
            self._balances[posting.account] += posting.amount_cents
            if entry.order_id is not None:
                key = f"{account_family(posting.account)}/{posting.type}"
                self._posted[entry.order_id][key] += posting.amount_cents

    def session(self, session: ServiceSession) -> None:
        """Collect what is over and what has a time, and the session's places."""
        self._session_status[session.id] = session.status
        if session.start_time is not None:
            self._timed.add(session.id)
        self._places.session(session)

    def booking(self, booking: Booking) -> None:
        """Collect values and seats; sessions must have been seen before."""
        self._seat_value[booking.order_id] += booking.session_value_cents
        status = self._session_status.get(booking.session_id)
        if status is None:
            self._blame(
                "bookings have a session", f"booking {booking.id}", f"no session {booking.session_id}"
            )
        self._places.booking(booking)
        if booking.payment_status is SeatPayment.CHARGED_BACK:
            self._charged_back.add(booking.id)
        if booking.status is BookingStatus.CONFIRMED and status is SessionStatus.COMPLETED:
            self._completed[booking.order_id] += 1
            if booking.payment_status is SeatPayment.PAID:
                self._delivered(booking)
        elif booking.payment_status in (SeatPayment.FORFEITED, SeatPayment.PARTIALLY_REFUNDED):
            self._canceled_late(booking)
        elif booking.status is BookingStatus.CANCELED and booking.payment_status is SeatPayment.PAID:
            self._awaiting[booking.order_id] += booking.session_value_cents
        elif booking.payment_status is SeatPayment.PAID:
            self._undelivered[booking.order_id] += booking.session_value_cents
            if booking.status is BookingStatus.CONFIRMED:
                self._live_bookings[booking.id] = booking

    def _delivered(self, booking: Booking) -> None:
        """A delivered seat that was not refunded since."""
        self._delivered_bookings[booking.id] = booking
        if booking.attendance is Attendance.NO_SHOW and booking.session_value_cents > 0:
            self._missed[booking.order_id].append(booking)

    def _canceled_late(self, booking: Booking) -> None:
        """A seat whose value did not go back in full; its terms say who keeps the rest."""
        if booking.session_id in self._timed:
            self._forfeiting.add(booking.id)
            kept = booking.session_value_cents - booking.refunded_cents
            self._kept[booking.order_id].append((booking, kept))

    def waitlist(self, entry: WaitlistEntry) -> None:
        """Rule 4, for the line: collect who waits and who is offered a seat."""
        self._places.waitlist(entry)

    def payment(self, payment: Payment) -> None:
        """Collect what was charged."""
        if payment.status is PaymentStatus.SUCCEEDED:
            self._charged[payment.order_id] += payment.amount_cents

    def refund(self, refund: Refund) -> None:
        """Rule 3: a seat is refunded once."""
        self._card_refunds[refund.order_id] += refund.card_cents
        if refund.status is not RefundStatus.SUCCEEDED:
            self._payable_refunds += refund.card_cents
        for line in refund.lines:
            self._refunded_seats[line.booking_id] += 1
            if self._refunded_seats[line.booking_id] == 2:
                self._blame(
                    "a seat is refunded once", f"booking {line.booking_id}", "is in more than one refund"
                )

    def dispute(self, dispute: Dispute) -> None:
        """Collect what banks took back, for now or for good."""
        self._disputes[dispute.order_id][dispute.status] += dispute.amount_cents

    def earnings(self, earnings: Earnings) -> None:
        """Rule 5: one row per delivered seat; bookings must have been seen before."""
        name = f"earnings {earnings.id}"
        if earnings.net_amount_cents != earnings.gross_amount_cents - earnings.commission_amount_cents:
            self._blame("earnings add up", name, "net is not gross less commission")
        if earnings.status not in (EarningsStatus.PAID, EarningsStatus.REVERSED):
            self._frozen[earnings.order_id][earnings.frozen] += 1
        if earnings.payout_id is not None:
            self._in_payout[earnings.payout_id] += earnings.net_amount_cents
        if earnings.status in (EarningsStatus.PENDING, EarningsStatus.AVAILABLE):
            self._owed[earnings.practitioner_id] += earnings.net_amount_cents
        if earnings.status in DELIVERED:
            self._earned[earnings.booking_id] += 1
            self._earned_gross[earnings.booking_id] += earnings.gross_amount_cents
            known = (self._delivered_bookings, self._forfeiting, self._charged_back)
            if not any(earnings.booking_id in bookings for bookings in known):
                self._blame(
                    "only delivered seats are earned", name, f"booking {earnings.booking_id} is not delivered"
                )
        elif earnings.status is EarningsStatus.PROJECTED and earnings.booking_id not in self._live_bookings:
            self._blame(
                "only live seats project earnings", name, f"booking {earnings.booking_id} is over or canceled"
            )

    def payout(self, payout: Payout) -> None:
        """A payout transfers exactly its earnings and what it carries; earnings come before it."""
        taken = self._in_payout[payout.id] + payout.carried_cents
        if payout.status is not PayoutStatus.FAILED and taken != payout.amount_cents:
            self._blame(
                "payouts equal their earnings",
                f"payout {payout.id}",
                f"{payout.amount_cents}, earnings and carried {taken}",
            )
        if payout.status in (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT):
            self._carried_away[payout.practitioner_id] += payout.carried_cents
        if payout.status is PayoutStatus.PAID:
            self._paid_out += payout.amount_cents - payout.reversed_cents
        if not 0 <= payout.reversed_cents <= payout.amount_cents:
            self._blame(
                "payouts are reversed within their amount",
                f"payout {payout.id}",
                f"{payout.reversed_cents} of {payout.amount_cents}",
            )

    def order(self, order: Order) -> None:
        """Rules 2, 3, 5 and 6; everything of the order must have been seen before."""
        name = f"order {order.id}"
        if order.subtotal_amount_cents != order.credits_applied_cents + order.total_amount_cents:
            self._blame("subtotal = credits + card", name, "its amounts do not add up")
        if order.status is OrderStatus.PENDING_PAYMENT:
            self._held[order.user_id] += order.credits_applied_cents
        self._check_head(order_chain(order.id, 0, "").name, (order.ledger_seq, order.ledger_head), name)
        self._check_card(order, name)
        self._check_disputes(order, name)
        if order.order_type is OrderType.CREDIT:
            self._check_frozen(order, name)
            return
        self._check_seats(order, name)
        self._check_value(order, name)
        for booking in self._missed.pop(order.id, ()):
            earned = self._earned[booking.id]
            if earned != int(order.terms.pay_practitioner_on_no_show):
                self._blame(
                    "a missed seat is earned by its terms",
                    f"booking {booking.id}",
                    f"has {earned} live earnings",
                )
        for booking, kept in self._kept.pop(order.id, ()):
            self._check_kept(order, booking, kept)

    def _check_kept(self, order: Order, booking: Booking, kept: int) -> None:
        """What a late cancellation did not give back is the practitioner's if the terms say so."""
        expected = kept if order.terms.pay_practitioner_on_late_cancel else 0
        earned = self._earned_gross[booking.id]
        if earned != expected:
            self._blame(
                "a late cancellation is kept by its terms",
                f"booking {booking.id}",
                f"earned {earned}, its terms say {expected}",
            )

    def practitioner(self, practitioner: Practitioner) -> None:
        """A practitioner's account holds what is pending and available, and what is carried; rule 7."""
        name = f"practitioner {practitioner.id}"
        chain = practitioner_chain(practitioner.id, 0, "").name
        self._check_head(chain, (practitioner.ledger_seq, practitioner.ledger_head), name)
        balance = self._balances[practitioner_account(practitioner.id)]
        owed = self._owed[practitioner.id]
        owed += practitioner.carried_cents + self._carried_away[practitioner.id]
        if balance != owed:
            self._blame("practitioners are owed their earnings", name, f"account {balance}, earnings {owed}")
        self._places.practitioner(practitioner)

    def account(self, account: CreditAccount) -> None:
        """A balance equals its postings; a hold equals the credits of unpaid orders."""
        name = f"account {account.user_id}"
        chain = user_chain(account.user_id, 0, "").name
        self._check_head(chain, (account.ledger_seq, account.ledger_head), name)
        posted = self._balances.pop(user_credit(account.user_id), 0)
        if account.balance_cents != posted:
            self._blame("balances equal their postings", name, f"{account.balance_cents}, postings {posted}")
        if not 0 <= account.held_cents <= account.balance_cents:
            self._blame(
                "balances are never negative", name, f"{account.balance_cents}, held {account.held_cents}"
            )
        held = self._held[account.user_id]
        if account.held_cents != held:
            self._blame("holds equal unpaid orders", name, f"{account.held_cents}, orders {held}")

    def violations(self) -> tuple[Violation, ...]:
        """Everything found, with the checks that need all rows."""
        self._places.check()
        return tuple(sorted({*self._found, *self._ownerless(), *self._unearned()}))

    def _ownerless(self) -> Iterator[Violation]:
        """Money on accounts that no row stands for, or that rows explain differently."""
        for account, balance in self._balances.items():
            if balance != 0 and account_family(account) in ("user_credit", "order_value"):
                yield Violation(rule="balances have an owner", subject=account, detail=f"{balance}, no row")
        payable = self._balances[REFUNDS_PAYABLE]
        if payable != self._payable_refunds:
            yield Violation(
                rule="refunds payable equal open refunds",
                subject=REFUNDS_PAYABLE,
                detail=f"account {payable}, open refunds {self._payable_refunds}",
            )
        if self._balances[PAYOUTS] != self._paid_out:
            yield Violation(
                rule="payouts are booked",
                subject=PAYOUTS,
                detail=f"account {self._balances[PAYOUTS]}, payouts {self._paid_out}",
            )

    def _unearned(self) -> Iterator[Violation]:
        """Rule 5: a delivered seat of some value is earned exactly once, unless it was missed."""
        for booking_id, booking in self._delivered_bookings.items():
            earned = self._earned[booking_id]
            owed = booking.session_value_cents > 0 and booking.attendance is not Attendance.NO_SHOW
            if earned > 1 or (owed and earned == 0):
                yield Violation(
                    rule="a delivered seat is earned once",
                    subject=f"booking {booking_id}",
                    detail=f"has {earned} live earnings",
                )

    def _check_head(self, chain: str, head: tuple[int, str], name: str) -> None:
        seen = self._heads.get(chain, (0, ""))
        if seen != head:
            self._blame(
                "chains end at their head",
                name,
                f"the row keeps number {head[0]}, the chain ends at {seen[0]}",
            )

    def _check_card(self, order: Order, name: str) -> None:
        charged = self._charged[order.id]
        posted = self._posted[order.id]
        refunds = self._card_refunds[order.id]
        if -posted["payment_gateway/charge"] != charged:
            self._blame(
                "charges equal payments",
                name,
                f"ledger {-posted['payment_gateway/charge']}, payments {charged}",
            )
        if refunds != order.refunded_card_cents or refunds > charged:
            self._blame(
                "card refunds stay within the charge",
                name,
                f"refunds {refunds}, order {order.refunded_card_cents}, charged {charged}",
            )
        returned = order.refunded_credits_cents - order.card_to_credits_cents
        if not 0 <= returned <= order.credits_applied_cents:
            self._blame(
                "credit refunds stay within the credits", name, f"{returned} of {order.credits_applied_cents}"
            )

    def _check_disputes(self, order: Order, name: str) -> None:
        """What is disputed stands on `disputes`, what was lost left the seats or is the platform's loss."""
        posted, stand = self._posted[order.id], self._disputes[order.id]
        opened, lost = stand[DisputeStatus.OPEN], stand[DisputeStatus.LOST]
        figures = {
            "disputed": (order.disputed_cents, opened),
            "on disputes": (-posted["disputes/dispute"], opened),
            "taken by the gateway": (posted["payment_gateway/dispute"], opened + lost),
            "charged back": (order.charged_back_cents, lost + posted["platform_losses/dispute"]),
        }
        for what, (found, expected) in figures.items():
            if found != expected:
                self._blame("disputes are booked", name, f"{what} {found}, disputes {expected}")
        if self._frozen[order.id][not order.is_disputed] > 0:
            self._blame("disputed earnings are frozen", name, f"{order.disputed_cents} of it is disputed")

    def _check_frozen(self, order: Order, name: str) -> None:
        """Bought credits stand with their order only while their payment is disputed."""
        frozen = self._balances.pop(order_value(order.id), 0)
        if not 0 <= frozen <= order.disputed_cents:
            self._blame(
                "disputed credits are frozen", name, f"{frozen} of it are, {order.disputed_cents} is disputed"
            )

    def _check_seats(self, order: Order, name: str) -> None:
        values = self._seat_value[order.id]
        if values != order.subtotal_amount_cents:
            self._blame("seat values sum to the subtotal", name, f"{values} of {order.subtotal_amount_cents}")
        completed = self._completed[order.id]
        if completed != order.sessions_completed:
            self._blame(
                "sessions completed are counted", name, f"{order.sessions_completed}, bookings {completed}"
            )

    def _check_value(self, order: Order, name: str) -> None:
        """Subtotal = delivered + refunded + forfeited + what is left, each from its postings."""
        posted = self._posted[order.id]
        paid = order.status not in (OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELED)
        bought = order.subtotal_amount_cents if paid else 0
        if posted["order_value/purchase"] != bought:
            self._blame("paid orders are booked", name, f"{posted['order_value/purchase']} of {bought}")
        left = self._balances.pop(order_value(order.id), 0)
        awaiting = self._awaiting[order.id] if order.is_disputed else 0
        undelivered = self._undelivered[order.id] + awaiting if paid else 0
        if left != undelivered:
            self._blame("undelivered value is what is left", name, f"account {left}, seats {undelivered}")
        refunded = posted[f"user_credit/{PostingType.REFUND}"]
        if refunded != order.refunded_credits_cents:
            self._blame(
                "refunds are booked", name, f"credits {refunded}, order {order.refunded_credits_cents}"
            )

    def _blame(self, rule: str, subject: str, detail: str) -> None:
        self._found.append(Violation(rule=rule, subject=subject, detail=detail))
