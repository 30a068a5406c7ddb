"""What is on sale, and by whom: practitioners and their services."""

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from core.domain.availability import Availability
from core.domain.ids import ServiceId, UserId
from core.domain.time import instant


class ServiceType(StrEnum):
    """What a purchase of the service makes."""

    SESSION = "session"
    WORKSHOP = "workshop"
    COURSE = "course"
    PACKAGE = "package"
    BUNDLE = "bundle"


class Location(StrEnum):
    ONLINE = "online"
    IN_PERSON = "in_person"


class Visibility(StrEnum):
    """Who finds it: everyone, holders of a seat, or everyone who knows the id."""

    PUBLIC = "public"
    PRIVATE = "private"
    UNLISTED = "unlisted"


class SessionPricing(StrEnum):
    """How a package's price is shared among its seats."""

    EQUAL = "equal"
    PROPORTIONAL = "proportional"


class OnExpiry(StrEnum):
    """What becomes of unscheduled seats when a package expires."""

    FORFEIT = "forfeit"
    CREDITS = "credits"


class ServiceStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"


@frozen(kw_only=True)
class CancellationTier:
    """With at least `min_notice_hours` before the start, `refund_percent` of the seat's value is returned."""

    min_notice_hours: int
    refund_percent: int


DEFAULT_POLICY = (
    CancellationTier(min_notice_hours=24, refund_percent=100),
    CancellationTier(min_notice_hours=6, refund_percent=50),
)
"""A day ahead everything, six hours ahead half, later nothing."""


@frozen(kw_only=True)
class Component:
    """`quantity` seats of another service inside a package."""

    service_id: ServiceId
    quantity: int


@frozen(kw_only=True)
class TypeRate:
    """A commission rate for one service type."""

    service_type: ServiceType
    commission_bps: int


@frozen(kw_only=True)
class Practitioner:
    """Who sells. The id is the user's.

    `commission_bps` and `type_rates` override the marketplace's rates.
    Without an `availability` they may be booked at any time.
    `agenda_version` moves with every change of the individual sessions' times, in the store alone.
    `ledger_seq` and `ledger_head` are the head of the practitioner's own chain of journal entries.
    `calendar_token_hash` is the digest of the token that opens the calendar feed, if there is one.
    `carried_cents` goes into the next payout: below 0 where paid earnings were reversed since (a
    clawback), above 0 where such a reversal was corrected, or a transfer was taken back at the gateway.
    `payouts_enabled` is what the gateway last told of the account there; None if nobody knows.
    """

    id: UserId
    display_name: str
    timezone: str
    commission_bps: int | None = None
    type_rates: tuple[TypeRate, ...] = ()
    stripe_account_id: str | None = None
    payouts_enabled: bool | None = None
    availability: Availability | None = None
    calendar_token_hash: str | None = None
    carried_cents: int = 0
    agenda_version: int = 0
    ledger_seq: int = 0
    ledger_head: str = ""
    created_at: datetime = field(converter=instant)
    version: int = 1


@frozen(kw_only=True)
class Service:
    """A product of the catalogue. Amounts in minor units of `currency`.

    `components` belong to packages; `bundled_service_id` and `session_count` to bundles.
    `validity_days` limits how long after the purchase its sessions may take place.
    `pay_practitioner_on_no_show` and `pay_practitioner_on_late_cancel` let the practitioner, not the
    platform, have what a customer forfeits by not coming, or by canceling late.
    `allow_late_entry` sells the classes to come of a course that has begun, each at its share.
    """

    id: ServiceId
    practitioner_id: UserId
    service_type: ServiceType
    name: str
    description: str = ""
    price_cents: int
    currency: str
    duration_minutes: int = 60
    max_participants: int = 1
    location: Location = Location.ONLINE
    visibility: Visibility = Visibility.PUBLIC
    validity_days: int | None = None
    session_pricing: SessionPricing = SessionPricing.EQUAL
    components: tuple[Component, ...] = ()
    bundled_service_id: ServiceId | None = None
    session_count: int | None = None
    cancellation_policy: tuple[CancellationTier, ...] = DEFAULT_POLICY
    pay_practitioner_on_no_show: bool = False
    pay_practitioner_on_late_cancel: bool = False
    complimentary_earnings_cents: int = 0
    on_expiry: OnExpiry = OnExpiry.FORFEIT
    allow_late_entry: bool = False
    status: ServiceStatus = ServiceStatus.ACTIVE
    created_at: datetime = field(converter=instant)
    version: int = 1

    @property
    def parts(self) -> tuple[Component, ...]:
        """The seats a package or bundle is made of; empty for every other type."""
        if self.service_type is ServiceType.BUNDLE and self.bundled_service_id is not None:
            return (Component(service_id=self.bundled_service_id, quantity=self.session_count or 0),)
        return self.components
