"""The tables of the memory store, each with the few indexes that its queries need."""

from collections.abc import Hashable, Mapping
from operator import attrgetter
from typing import Any
from uuid import UUID

from adapters.memory.agenda import Agenda
from adapters.memory.balances import Balances
from adapters.memory.rows import Index, Key, Spot, Table, Unique
from core.domain.analytics import PACKAGE_TYPES
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service, ServiceStatus, Visibility
from core.domain.credits import CreditAccount
from core.domain.dispatches import Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.events import Event
from core.domain.idempotency import IdempotencyRecord
from core.domain.inbox import InboxItem
from core.domain.ledger import JournalEntry
from core.domain.notifications import Contact
from core.domain.orders import Order, Payment, Refund
from core.domain.outbox import is_waiting
from core.domain.presence import RoomEvent
from core.domain.runs import Brought, Run
from core.domain.sessions import OCCUPYING_STATUSES, ServiceSession, SessionType
from core.domain.statuses import (
    BookingStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
    WaitlistStatus,
)
from core.domain.subscriptions import Subscription
from core.domain.waitlist import WaitlistEntry
from ports.store import DueKind, Kind

OCCUPIED = (BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT)
OPEN_PAYMENTS = (
    PaymentStatus.CREATED,
    PaymentStatus.REQUIRES_ACTION,
    PaymentStatus.PROCESSING,
    PaymentStatus.UNKNOWN,
)
OPEN_PAYOUTS = (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)

ALL = None
"""The one group of an index that has no groups."""


def _key(row: Any) -> Key:
    key: UUID = row.id
    return key.int


def _user_key(row: CreditAccount | Contact) -> Key:
    return row.user_id.int


def _request_key(row: IdempotencyRecord) -> tuple[str, str]:
    return (row.actor, row.key)


def _brought_key(row: Brought) -> Key:
    return (row.run_id.int, row.kind.value, row.key)


def _room_event_key(row: RoomEvent) -> Key:
    return row.id


class Tables:
    """Everything that is kept."""

    def __init__(self) -> None:
        self._catalogue()
        self._sales()
        self._disputes()
        self._lines()
        self._earnings()
        self._journal()
        self._inbox()
        self._runs()
        self.of: Mapping[type, Table[Any]] = {
            Practitioner: self.practitioners,
            Service: self.services,
            ServiceSession: self.sessions,
            CreditAccount: self.accounts,
            Order: self.orders,
            Booking: self.bookings,
            Payment: self.payments,
            Refund: self.refunds,
            Earnings: self.earnings,
            Payout: self.payouts,
            JournalEntry: self.entries,
            Event: self.events,
            RoomEvent: self.room_events,
            Dispatch: self.dispatches,
            IdempotencyRecord: self.requests,
            WaitlistEntry: self.waitlist,
            Dispute: self.disputes,
            InboxItem: self.inbox,
            Contact: self.contacts,
            Subscription: self.subscriptions,
            Run: self.runs,
            Brought: self.brought,
        }
        self.due: Mapping[DueKind, tuple[Table[Any], Index[Any]]] = {
            DueKind.SESSIONS: (self.sessions, self.running_sessions),
            DueKind.EXPIRIES: (self.orders, self.expiring_orders),
            DueKind.EARNINGS: (self.earnings, self.held_earnings),
            DueKind.PAYMENTS: (self.payments, self.open_payments),
            DueKind.REFUNDS: (self.refunds, self.open_refunds),
            DueKind.PAYOUTS: (self.payouts, self.open_payouts),
            DueKind.OFFERS: (self.waitlist, self.open_offers),
            DueKind.INBOX: (self.inbox, self.waiting_notices),
            DueKind.REMINDERS: (self.sessions, self.reminded_sessions),
        }
        self.by_kind = {Kind(table.kind): table for table in self.of.values()}

    def _catalogue(self) -> None:
        self.feeds = Unique[Practitioner]("calendar_feed", lambda row: row.calendar_token_hash)
        self.accounts_of_practitioners = Index[Practitioner](
            lambda row: None if row.stripe_account_id is None else (row.stripe_account_id, row.created_at)
        )
        self.practitioners = Table[Practitioner](
            Kind.PRACTITIONER, _key, uniques=(self.feeds,), indexes=(self.accounts_of_practitioners,)
        )

        def listed(row: Service) -> bool:
            return row.status is ServiceStatus.ACTIVE and row.visibility is Visibility.PUBLIC

        self.listed_services = Index[Service](lambda row: (ALL, row.created_at) if listed(row) else None)
        self.practitioners_services = Index[Service](
            lambda row: (row.practitioner_id.int, row.created_at) if listed(row) else None
        )
        self.services = Table[Service](
            Kind.SERVICE,
            _key,
            indexes=(self.listed_services, self.practitioners_services),
        )

        def public(row: ServiceSession, group: Hashable) -> Spot | None:
            if row.visibility is not Visibility.PUBLIC or row.start_time is None:
                return None
            return (group, row.start_time)

        self.agenda = Agenda()
        self.public_sessions = Index[ServiceSession](lambda row: public(row, ALL))
        self.services_public_sessions = Index[ServiceSession](lambda row: public(row, row.service_id.int))
        self.course_sessions = Index[ServiceSession](
            lambda row: (
                (row.service_id.int, row.created_at)
                if row.session_type is SessionType.COURSE_SESSION
                else None
            )
        )
        self.running_sessions = Index[ServiceSession](
            lambda row: (
                (ALL, row.end_time)
                if row.end_time is not None and row.status in OCCUPYING_STATUSES and not row.needs_review
                else None
            )
        )

        def for_review(row: ServiceSession, group: Hashable) -> Spot | None:
            return (group, row.start_time) if row.needs_review and row.start_time is not None else None

        self.sessions_for_review = Index[ServiceSession](lambda row: for_review(row, ALL))
        self.practitioners_reviews = Index[ServiceSession](
            lambda row: for_review(row, row.practitioner_id.int)
        )
        self.timed_sessions = Index[ServiceSession](
            lambda row: None if row.start_time is None else (ALL, row.start_time)
        )
        self.practitioners_sessions = Index[ServiceSession](
            lambda row: None if row.start_time is None else (row.practitioner_id.int, row.start_time)
        )
        self.waited_for_sessions = Index[ServiceSession](
            lambda row: None if row.start_time is None or row.waiting_count == 0 else (ALL, row.start_time)
        )
        self.reminded_sessions = Index[ServiceSession](
            lambda row: (
                (ALL, row.next_reminder_at)
                if row.next_reminder_at is not None and row.status is SessionStatus.SCHEDULED
                else None
            )
        )
        self.sessions = Table[ServiceSession](
            Kind.SESSION,
            _key,
            indexes=(
                self.waited_for_sessions,
                self.reminded_sessions,
                self.timed_sessions,
                self.practitioners_sessions,
                self.agenda,
                self.public_sessions,
                self.services_public_sessions,
                self.course_sessions,
                self.running_sessions,
                self.sessions_for_review,
                self.practitioners_reviews,
            ),
        )
        self.rooms_events = Index[RoomEvent](lambda row: (row.session_id.int, row.occurred_at))
        self.room_events = Table[RoomEvent](Kind.ROOM_EVENT, _room_event_key, indexes=(self.rooms_events,))
        self.accounts = Table[CreditAccount](Kind.ACCOUNT, _user_key)
        self.contacts = Table[Contact](Kind.CONTACT, _user_key)

    def _sales(self) -> None:
        self.all_orders = Index[Order](lambda row: (ALL, row.created_at))
        self.users_orders = Index[Order](lambda row: (row.user_id.int, row.created_at))
        self.held_orders = Index[Order](
            lambda row: (
                (ALL, row.hold_expires_at)
                if row.hold_expires_at is not None and row.status is OrderStatus.PENDING_PAYMENT
                else None
            )
        )
        self.expiring_orders = Index[Order](
            lambda row: None if row.expiry_due_at is None else (ALL, row.expiry_due_at)
        )
        self.sold_packages = Index[Order](
            lambda row: (ALL, row.created_at) if row.order_type in PACKAGE_TYPES else None
        )
        self.orders = Table[Order](
            Kind.ORDER,
            _key,
            indexes=(
                self.all_orders,
                self.users_orders,
                self.held_orders,
                self.expiring_orders,
                self.sold_packages,
            ),
        )

        self.orders_bookings = Index[Booking](lambda row: (row.order_id.int, row.created_at))
        self.users_bookings = Index[Booking](lambda row: (row.user_id.int, row.created_at))
        self.sessions_bookings = Index[Booking](lambda row: (row.session_id.int, row.created_at))
        self.seats = Unique[Booking](
            "seat", lambda row: (row.session_id.int, row.user_id.int) if row.status in OCCUPIED else None
        )
        self.bookings = Table[Booking](
            Kind.BOOKING,
            _key,
            uniques=(self.seats,),
            indexes=(self.orders_bookings, self.users_bookings, self.sessions_bookings),
        )

        self.orders_payments = Index[Payment](lambda row: (row.order_id.int, row.created_at))
        self.open_payments = Index[Payment](
            lambda row: (ALL, row.updated_at) if row.status in OPEN_PAYMENTS else None
        )
        self.payments = Table[Payment](
            Kind.PAYMENT,
            _key,
            uniques=(Unique("payment_key", attrgetter("idempotency_key")),),
            indexes=(self.orders_payments, self.open_payments),
        )

        self.orders_refunds = Index[Refund](lambda row: (row.order_id.int, row.created_at))
        self.open_refunds = Index[Refund](
            lambda row: (ALL, row.updated_at) if row.status is RefundStatus.PENDING else None
        )
        self.refunds = Table[Refund](
            Kind.REFUND,
            _key,
            uniques=(Unique("refund_key", attrgetter("idempotency_key")),),
            indexes=(self.orders_refunds, self.open_refunds),
        )

    def _disputes(self) -> None:
        self.all_disputes = Index[Dispute](lambda row: (ALL, row.created_at))
        self.orders_disputes = Index[Dispute](lambda row: (row.order_id.int, row.created_at))
        self.disputes = Table[Dispute](
            Kind.DISPUTE,
            _key,
            uniques=(Unique("dispute_ref", attrgetter("gateway_ref")),),
            indexes=(self.all_disputes, self.orders_disputes),
        )

    def _lines(self) -> None:
        self.live_places = Unique[WaitlistEntry](
            "place", lambda row: (row.session_id.int, row.user_id.int) if row.is_live else None
        )
        self.sessions_lines = Index[WaitlistEntry](
            lambda row: (row.session_id.int, row.created_at) if row.is_live else None
        )
        self.users_places = Index[WaitlistEntry](lambda row: (row.user_id.int, row.created_at))
        self.open_offers = Index[WaitlistEntry](
            lambda row: (
                (ALL, row.offer_expires_at)
                if row.offer_expires_at is not None and row.status is WaitlistStatus.OFFERED
                else None
            )
        )
        self.waitlist = Table[WaitlistEntry](
            Kind.WAITLIST,
            _key,
            uniques=(self.live_places,),
            indexes=(self.sessions_lines, self.users_places, self.open_offers),
        )

    def _inbox(self) -> None:
        self.waiting_notices = Index[InboxItem](
            lambda row: (ALL, row.next_try_at) if row.next_try_at is not None else None
        )
        self.notices_by_status = Index[InboxItem](lambda row: (row.status, row.received_at))
        self.notices_by_time = Index[InboxItem](lambda row: (ALL, row.received_at))
        self.inbox = Table[InboxItem](
            Kind.INBOX, _key, indexes=(self.waiting_notices, self.notices_by_status, self.notices_by_time)
        )

    def _runs(self) -> None:
        self.runs_by_time = Index[Run](lambda row: (ALL, row.started_at))
        self.runs = Table[Run](Kind.RUN, _key, indexes=(self.runs_by_time,))
        self.brought = Table[Brought](Kind.BROUGHT, _brought_key)

    def _earnings(self) -> None:
        self.earnings_of_booking = Unique[Earnings]("earnings", lambda row: row.booking_id.int)
        self.all_earnings = Index[Earnings](lambda row: (ALL, row.created_at))
        self.practitioners_earnings = Index[Earnings](lambda row: (row.practitioner_id.int, row.created_at))
        self.payable_earnings = Index[Earnings](
            lambda row: (
                (row.practitioner_id.int, row.created_at)
                if row.status is EarningsStatus.AVAILABLE and row.payout_id is None and not row.frozen
                else None
            )
        )
        self.payouts_earnings = Index[Earnings](
            lambda row: None if row.payout_id is None else (row.payout_id.int, row.created_at)
        )
        self.held_earnings = Index[Earnings](
            lambda row: (
                (ALL, row.available_after)
                if row.status is EarningsStatus.PENDING and not row.frozen
                else None
            )
        )
        self.earnings = Table[Earnings](
            Kind.EARNINGS,
            _key,
            uniques=(self.earnings_of_booking,),
            indexes=(
                self.all_earnings,
                self.practitioners_earnings,
                self.payable_earnings,
                self.payouts_earnings,
                self.held_earnings,
            ),
        )

        self.all_payouts = Index[Payout](lambda row: (ALL, row.created_at))
        self.practitioners_payouts = Index[Payout](lambda row: (row.practitioner_id.int, row.created_at))
        self.open_payouts = Index[Payout](
            lambda row: (ALL, row.updated_at) if row.status in OPEN_PAYOUTS else None
        )
        self.payouts = Table[Payout](
            Kind.PAYOUT,
            _key,
            uniques=(Unique("payout_key", attrgetter("idempotency_key")),),
            indexes=(self.all_payouts, self.practitioners_payouts, self.open_payouts),
        )

    def _journal(self) -> None:
        self.balances = Balances()
        self.orders_entries = Index[JournalEntry](
            lambda row: None if row.order_id is None else (row.order_id.int, row.occurred_at)
        )
        self.timed_entries = Index[JournalEntry](lambda row: (ALL, row.occurred_at))
        self.entries = Table[JournalEntry](
            Kind.ENTRY,
            _key,
            uniques=(Unique("chain", lambda row: (row.chain, row.seq), is_race=True),),
            indexes=(self.orders_entries, self.timed_entries),
        )

        self.waiting_events = Index[Event](
            lambda row: (ALL, row.next_attempt_at) if is_waiting(row) else None
        )
        self.parked_events = Index[Event](lambda row: None if row.parked_at is None else (ALL, row.parked_at))
        self.events = Table[Event](Kind.EVENT, _key, indexes=(self.waiting_events, self.parked_events))
        self._dispatches()
        self._subscriptions()

        self.expiring_requests = Index[IdempotencyRecord](lambda row: (ALL, row.expires_at))
        self.requests = Table[IdempotencyRecord](
            Kind.IDEMPOTENCY, _request_key, indexes=(self.expiring_requests,)
        )

    def _dispatches(self) -> None:
        self.waiting_dispatches = Index[Dispatch](
            lambda row: (row.channel, row.next_attempt_at) if is_waiting(row) else None
        )
        self.parked_dispatches = Index[Dispatch](
            lambda row: None if row.parked_at is None else (ALL, row.parked_at)
        )
        self.recipients_dispatches = Index[Dispatch](
            lambda row: ((row.channel, row.recipient), row.created_at)
        )
        self.dispatches = Table[Dispatch](
            Kind.DISPATCH,
            _key,
            uniques=(Unique("dispatch_recipient", lambda row: (row.event_id, row.channel, row.recipient)),),
            indexes=(self.waiting_dispatches, self.parked_dispatches, self.recipients_dispatches),
        )

    def _subscriptions(self) -> None:
        self.live_subscriptions = Index[Subscription](
            lambda row: (ALL, row.created_at) if row.is_live else None
        )
        self.owners_subscriptions = Index[Subscription](
            lambda row: (row.owner_id.int, row.created_at) if row.is_live else None
        )
        self.active_subscriptions = Index[Subscription](
            lambda row: (row.practitioner_id, row.created_at) if row.is_active else None
        )
        self.subscriptions = Table[Subscription](
            Kind.SUBSCRIPTION,
            _key,
            indexes=(self.live_subscriptions, self.owners_subscriptions, self.active_subscriptions),
        )
