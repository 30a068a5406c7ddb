"""`/analytics`: how packages are used, and what each day brought."""

from typing import Final

from litestar import get
from litestar.response import Response

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented
from adapters.http.fields import required_moment
from adapters.http.requests import ApiRequest
from adapters.http.resources.calendar import From, To, Whose
from adapters.http.views.analytics import (
    PackageUsageList,
    RevenueList,
    package_usage_view,
    revenue_day_view,
)
from core.domain.ids import UserId
from core.usecases.analytics import report_packages, report_revenue


@get(
    "/analytics/packages",
    summary="How one's packages and bundles sell and are used up; an admin sees everybody's",
    **documented(returns=PackageUsageList, example=examples.package_usage, problems=(400, 403)),
)
async def packages(request: ApiRequest, practitioner_id: Whose = None) -> Response[bytes]:
    found = await report_packages(
        practitioner_id=None if practitioner_id is None else UserId(practitioner_id),
        actor=request.actor,
        ports=request.ports,
    )
    return shown(PackageUsageList([package_usage_view(usage) for usage in found]))


@get(
    "/analytics/revenue",
    summary="What at most 366 days brought, by UTC day; an admin sees everybody's",
    **documented(returns=RevenueList, example=examples.revenue, problems=(400, 403)),
)
async def revenue(
    request: ApiRequest, *, start: From, end: To, practitioner_id: Whose = None
) -> Response[bytes]:
    found = await report_revenue(
        required_moment(start, "/from"),
        required_moment(end, "/to"),
        practitioner_id=None if practitioner_id is None else UserId(practitioner_id),
        actor=request.actor,
        ports=request.ports,
    )
    return shown(RevenueList([revenue_day_view(day) for day in found]))


ROUTES: Final = (packages, revenue)
