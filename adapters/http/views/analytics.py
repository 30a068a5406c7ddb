"""Reports as clients read them."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from core.domain.analytics import PackageUsage, RevenueDay
from core.domain.catalogue import ServiceType


class PackageUsageView(Struct, frozen=True, kw_only=True):
    """A package or bundle. The remaining seats include the scheduled ones; `breakage_cents` is what
    buyers forfeited to the platform.
    """

    service_id: UUID
    practitioner_id: UUID
    name: str
    service_type: ServiceType
    currency: str
    sold: int
    sold_cents: int
    sessions_total: int
    sessions_scheduled: int
    sessions_completed: int
    sessions_canceled: int
    sessions_expired: int
    sessions_remaining: int
    breakage_cents: int


class PackageUsageList(Struct, frozen=True):
    """Packages and bundles that were sold, the most sold first."""

    items: list[PackageUsageView]


class RevenueDayView(Struct, frozen=True, kw_only=True):
    """A UTC day. Sales are card and credits together; credits count as a sale when they are spent."""

    day: date
    currency: str
    gross_sales_cents: int
    card_cents: int
    credits_cents: int
    refunds_cents: int
    delivered_cents: int
    commission_cents: int
    practitioner_net_cents: int


class RevenueList(Struct, frozen=True):
    """Days on which money moved, the earliest first."""

    items: list[RevenueDayView]


def package_usage_view(usage: PackageUsage) -> PackageUsageView:
    """How one package is used."""
    return PackageUsageView(
        service_id=usage.service_id,
        practitioner_id=usage.practitioner_id,
        name=usage.name,
        service_type=usage.service_type,
        currency=usage.currency,
        sold=usage.sold,
        sold_cents=usage.sold_cents,
        sessions_total=usage.sessions_total,
        sessions_scheduled=usage.sessions_scheduled,
        sessions_completed=usage.sessions_completed,
        sessions_canceled=usage.sessions_canceled,
        sessions_expired=usage.sessions_expired,
        sessions_remaining=usage.sessions_remaining,
        breakage_cents=usage.breakage_cents,
    )


def revenue_day_view(day: RevenueDay) -> RevenueDayView:
    """One day's figures."""
    return RevenueDayView(
        day=day.day,
        currency=day.currency,
        gross_sales_cents=day.gross_sales_cents,
        card_cents=day.card_cents,
        credits_cents=day.credits_cents,
        refunds_cents=day.refunds_cents,
        delivered_cents=day.delivered_cents,
        commission_cents=day.commission_cents,
        practitioner_net_cents=day.practitioner_net_cents,
    )
