"""Practitioners and services as clients read them."""

from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from adapters.http.fields import Instant
from core.domain.catalogue import (
    CancellationTier,
    Component,
    Location,
    OnExpiry,
    Practitioner,
    Service,
    ServiceStatus,
    ServiceType,
    SessionPricing,
    Visibility,
)


class PractitionerView(Struct, frozen=True, kw_only=True):
    """A public profile; the last three fields are shown to the practitioner and to admins.

    `payouts_enabled`: whether the gateway pays this account; null while nobody has asked it.
    """

    id: UUID
    display_name: str
    timezone: str
    created_at: Instant
    commission_bps: int | UnsetType | None = UNSET
    stripe_account_id: str | UnsetType | None = UNSET
    payouts_enabled: bool | UnsetType | None = UNSET


class TierView(Struct, frozen=True, kw_only=True):
    """With at least this notice, this part of a seat's value is returned."""

    min_notice_hours: int
    refund_percent: int


class ComponentView(Struct, frozen=True, kw_only=True):
    """So many seats of a service inside a package."""

    service_id: UUID
    quantity: int


class ServiceView(Struct, frozen=True, kw_only=True):
    """A product."""

    id: UUID
    practitioner_id: UUID
    service_type: ServiceType
    name: str
    description: str
    price_cents: int
    currency: str
    duration_minutes: int
    max_participants: int
    location: Location
    visibility: Visibility
    validity_days: int | None
    session_pricing: SessionPricing
    components: list[ComponentView] | None
    bundled_service_id: UUID | None
    session_count: int | None
    cancellation_policy: list[TierView]
    pay_practitioner_on_no_show: bool
    pay_practitioner_on_late_cancel: bool
    complimentary_earnings_cents: int
    on_expiry: OnExpiry
    allow_late_entry: bool
    status: ServiceStatus
    created_at: Instant


class ServicePage(Struct, frozen=True):
    """Services, newest first."""

    items: list[ServiceView]
    next_cursor: str | None


def practitioner_view(practitioner: Practitioner, *, private: bool) -> PractitionerView:
    """The profile, with what is the practitioner's own business if `private`."""
    return PractitionerView(
        id=practitioner.id,
        display_name=practitioner.display_name,
        timezone=practitioner.timezone,
        created_at=practitioner.created_at,
        commission_bps=practitioner.commission_bps if private else UNSET,
        stripe_account_id=practitioner.stripe_account_id if private else UNSET,
        payouts_enabled=practitioner.payouts_enabled if private else UNSET,
    )


def service_view(service: Service) -> ServiceView:
    """The service; `components` is null unless it is a package."""
    package = service.service_type is ServiceType.PACKAGE
    return ServiceView(
        id=service.id,
        practitioner_id=service.practitioner_id,
        service_type=service.service_type,
        name=service.name,
        description=service.description,
        price_cents=service.price_cents,
        currency=service.currency,
        duration_minutes=service.duration_minutes,
        max_participants=service.max_participants,
        location=service.location,
        visibility=service.visibility,
        validity_days=service.validity_days,
        session_pricing=service.session_pricing,
        components=[_component(c) for c in service.components] if package else None,
        bundled_service_id=service.bundled_service_id,
        session_count=service.session_count,
        cancellation_policy=[_tier(t) for t in service.cancellation_policy],
        pay_practitioner_on_no_show=service.pay_practitioner_on_no_show,
        pay_practitioner_on_late_cancel=service.pay_practitioner_on_late_cancel,
        complimentary_earnings_cents=service.complimentary_earnings_cents,
        on_expiry=service.on_expiry,
        allow_late_entry=service.allow_late_entry,
        status=service.status,
        created_at=service.created_at,
    )


def _component(component: Component) -> ComponentView:
    return ComponentView(service_id=component.service_id, quantity=component.quantity)


def _tier(tier: CancellationTier) -> TierView:
    return TierView(min_notice_hours=tier.min_notice_hours, refund_percent=tier.refund_percent)
