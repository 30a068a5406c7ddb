"""The old schema's rows, as a reader hands them over, and the groups in which they are read.

Ids are the old integers, amounts minor units, rates percent with two decimals, times aware UTC. Words
(statuses, types, currencies) and JSON texts are as the old system wrote them: `transforming` judges them.
Source: the old schema, see domain.md, "Legacy import".
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from attrs import frozen


class Table(StrEnum):
    """The old tables that are brought over, in the order in which they are counted."""

    USERS = "users_user"
    PRACTITIONERS = "practitioners_practitioner"
    SERVICE_TYPES = "services_servicetype"
    SERVICES = "services_service"
    RELATIONSHIPS = "services_servicerelationship"
    SESSIONS = "services_servicesession"
    ORDERS = "payments_order"
    BOOKINGS = "bookings_booking"
    TRANSACTIONS = "payments_usercredittransaction"
    PAYOUTS = "payments_practitionerpayout"
    EARNINGS = "payments_earningstransaction"
    PRESENCES = "rooms_roomparticipant"


@frozen(kw_only=True)
class OldUser:
    """A row of `users_user`."""

    id: int
    email: str
    first_name: str
    last_name: str
    date_joined: datetime


@frozen(kw_only=True)
class OldPractitioner:
    """A row of `practitioners_practitioner`. `commission_percent` such as Decimal("12.50")."""

    id: int
    user_id: int
    display_name: str
    commission_percent: Decimal | None
    timezone: str
    stripe_account_id: str | None


@frozen(kw_only=True)
class OldServiceType:
    """A row of `services_servicetype`."""

    id: int
    code: str
    name: str
    commission_percent: Decimal | None


@frozen(kw_only=True)
class OldService:
    """A row of `services_service`. `metadata` is JSON text."""

    id: int
    service_type_id: int
    primary_practitioner_id: int | None
    name: str
    description: str | None
    price_cents: int
    duration_minutes: int | None
    max_participants: int
    validity_days: int | None
    metadata: str | None
    is_active: bool
    created_at: datetime


@frozen(kw_only=True)
class OldRelationship:
    """A row of `services_servicerelationship`."""

    id: int
    parent_service_id: int
    child_service_id: int
    quantity: int


@frozen(kw_only=True)
class OldSession:
    """A row of `services_servicesession`."""

    id: int
    service_id: int
    session_type: str | None
    visibility: str | None
    start_time: datetime | None
    end_time: datetime | None
    timezone: str | None
    max_participants: int
    current_participants: int
    sequence_number: int | None
    status: str
    actual_start_time: datetime | None
    actual_end_time: datetime | None


@frozen(kw_only=True)
class OldOrder:
    """A row of `payments_order`. `package_metadata` is JSON text."""

    id: int
    user_id: int
    service_id: int | None
    order_type: str
    status: str
    subtotal_amount_cents: int
    credits_applied_cents: int
    total_amount_cents: int
    currency: str
    stripe_payment_intent_id: str | None
    package_metadata: str | None
    created_at: datetime


@frozen(kw_only=True)
class OldBooking:
    """A row of `bookings_booking`."""

    id: int
    user_id: int
    service_id: int
    practitioner_id: int | None
    order_id: int | None
    parent_booking_id: int | None
    service_session_id: int | None
    payment_transaction_id: int | None
    is_package_purchase: bool
    is_bundle_purchase: bool
    status: str
    payment_status: str
    start_time: datetime | None
    end_time: datetime | None
    timezone: str | None
    price_charged_cents: int
    discount_amount_cents: int
    final_amount_cents: int
    service_name_snapshot: str
    service_description_snapshot: str
    practitioner_name_snapshot: str
    client_notes: str
    completed_at: datetime | None
    canceled_at: datetime | None
    expires_at: datetime | None
    created_at: datetime

    @property
    def is_parent(self) -> bool:
        """Whether the row is no seat but what a package or bundle was bought as."""
        return self.is_package_purchase or self.is_bundle_purchase


@frozen(kw_only=True)
class OldTransaction:
    """A row of `payments_usercredittransaction`; `amount_cents` is signed."""

    id: int
    user_id: int
    order_id: int | None
    booking_id: int | None
    transaction_type: str
    amount_cents: int
    description: str
    created_at: datetime


@frozen(kw_only=True)
class OldPayout:
    """A row of `payments_practitionerpayout`."""

    id: int
    practitioner_id: int
    amount_cents: int
    status: str
    stripe_transfer_id: str | None
    created_at: datetime


@frozen(kw_only=True)
class OldEarnings:
    """A row of `payments_earningstransaction`."""

    id: int
    practitioner_id: int
    booking_id: int
    gross_amount_cents: int
    commission_percent: Decimal
    commission_amount_cents: int
    net_amount_cents: int
    status: str
    available_after: datetime
    payout_id: int | None
    description: str
    created_at: datetime


@frozen(kw_only=True)
class OldPresence:
    """A row of `rooms_roomparticipant`."""

    id: int
    service_session_id: int
    user_id: int
    joined_at: datetime
    left_at: datetime | None
    duration_seconds: int | None


@frozen(kw_only=True)
class Seller:
    """A practitioner with the user that they are; None where that row is missing.

    `first_id` is the lowest practitioner id of the same user.
    """

    practitioner: OldPractitioner
    user: OldUser | None
    first_id: int


@frozen(kw_only=True)
class Offer:
    """A service with all that it names; None for what is missing.

    `parts` are the services that its relationships name as children, or that its metadata names as
    `bundled_service_id`: each once, by id, with no parts of their own. `relationships` are those that
    name it as the parent, by id.
    """

    service: OldService
    type: OldServiceType | None
    seller: Seller | None
    relationships: tuple[OldRelationship, ...] = ()
    parts: tuple["Offer", ...] = ()


@frozen(kw_only=True)
class Meeting:
    """A session with its service and figures about all of its bookings that are no parents.

    `occupied` counts those whose status is in `words.SEATED`, `completed` those in `words.DELIVERED`;
    `room_used` tells whether anybody was ever in its room. `position` is its place by start time (from
    1, ties by id) among the sessions of its service that are not canceled; 0 for one without a start.
    """

    session: OldSession
    offer: Offer | None
    occupied: int
    completed: int
    room_used: bool
    position: int


@frozen(kw_only=True)
class Settlement:
    """A payout with the count and net sum of the earnings that name it, are not reversed, and are in a
    customer's group.
    """

    payout: OldPayout
    earnings_count: int
    earnings_net_cents: int


@frozen(kw_only=True)
class Payee:
    """A practitioner with all payouts to them, by id."""

    seller: Seller
    settlements: tuple[Settlement, ...] = ()


@frozen(kw_only=True)
class Customer:
    """A user and all rows that are theirs, each kind by id: `orders`, `bookings`, `transactions` and
    `presences` by their `user_id`, `earnings` by their booking's.

    Besides, each once and by id, what those rows name: `offers` (of orders and bookings), `meetings` (of
    bookings and presences), `sellers` (of bookings and earnings), `settlements` (of earnings).
    """

    user: OldUser
    orders: tuple[OldOrder, ...] = ()
    bookings: tuple[OldBooking, ...] = ()
    transactions: tuple[OldTransaction, ...] = ()
    earnings: tuple[OldEarnings, ...] = ()
    presences: tuple[OldPresence, ...] = ()
    offers: tuple[Offer, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    sellers: tuple[Seller, ...] = ()
    settlements: tuple[Settlement, ...] = ()


@frozen(kw_only=True)
class Appointment:
    """A time that keeps a practitioner busy: of an individual session, or of a booking without a session.

    One of `session_id` and `booking_id` is set. `end_time` may be missing.
    """

    practitioner_id: int
    session_id: int | None
    booking_id: int | None
    start_time: datetime
    end_time: datetime | None
    duration_minutes: int | None


@frozen(kw_only=True)
class Stray:
    """A row that is in no group, because the row that `names` says is missing (`user_id 7`)."""

    table: Table
    id: int
    names: str


@frozen(kw_only=True)
class OldTotals:
    """Sums over whole tables, in minor units."""

    order_subtotal_cents: int
    order_credits_cents: int
    order_card_cents: int
    transactions_cents: int
    earnings_gross_cents: int
    earnings_net_cents: int
    payouts_cents: int


class Anomaly(StrEnum):
    """What an audit counts; see `ports.legacy_source`."""

    PACKAGE_PARENTS = "package_parents"
    BUNDLE_PARENTS = "bundle_parents"
    ORPHANED_CHILDREN = "orphaned_children"
    PACKAGES_WITHOUT_ORDERS = "packages_without_orders"
    CHILDLESS_PARENTS = "childless_parents"
    PENDING_EARNINGS_OF_UNDELIVERED_BOOKINGS = "pending_earnings_of_undelivered_bookings"
    BOOKINGS_WITHOUT_ORDER = "bookings_without_order"
    BOOKINGS_NOTHING_CAN_PLACE = "bookings_nothing_can_place"
    BOOKINGS_WITHOUT_SESSION = "bookings_without_session"
    DUPLICATE_WORKSHOP_TIMES = "duplicate_workshop_times"
    SHARED_EMAILS = "shared_emails"
    DOUBLE_BOOKED = "double_booked"


@frozen(kw_only=True)
class PackageSample:
    """A parent booking, as an audit shows it."""

    booking_id: int
    is_bundle: bool
    price_charged_cents: int
    order_id: int | None
    children: int


RECORDS: Final[Mapping[Table, type[Any]]] = {
    Table.USERS: OldUser,
    Table.PRACTITIONERS: OldPractitioner,
    Table.SERVICE_TYPES: OldServiceType,
    Table.SERVICES: OldService,
    Table.RELATIONSHIPS: OldRelationship,
    Table.SESSIONS: OldSession,
    Table.ORDERS: OldOrder,
    Table.BOOKINGS: OldBooking,
    Table.TRANSACTIONS: OldTransaction,
    Table.PAYOUTS: OldPayout,
    Table.EARNINGS: OldEarnings,
    Table.PRESENCES: OldPresence,
}
"""What a row of each table is read as."""
