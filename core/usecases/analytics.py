"""Reports for practitioners about themselves, and for admins about anybody."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.actors import Actor, Role
from core.domain.analytics import PackageUsage, RevenueDay, revenue_by_day, revenue_span
from core.domain.errors import Forbidden
from core.domain.ids import UserId
from core.usecases.context import Ports


async def report_packages(
    *, practitioner_id: UserId | None, actor: Actor, ports: Ports
) -> Sequence[PackageUsage]:
    """How packages and bundles sell and are used up, the most sold first."""
    return await ports.store.package_usage(practitioner_id=_reported_to(actor, practitioner_id))


async def report_revenue(
    start: datetime, end: datetime, *, practitioner_id: UserId | None, actor: Actor, ports: Ports
) -> Sequence[RevenueDay]:
    """What was sold, given back, delivered and earned in [start, end), by UTC day.

    Raises Invalid for more than 366 days.
    """
    whose = _reported_to(actor, practitioner_id)
    sums = await ports.store.day_sums(revenue_span(start, end), practitioner_id=whose)
    return revenue_by_day(sums)


def _reported_to(actor: Actor, practitioner_id: UserId | None) -> UserId | None:
    """Whose figures are told: one's own, or for an admin anyone's (None: everybody's)."""
    actor.require(Role.PRACTITIONER, Role.ADMIN)
    if practitioner_id is None:
        return None if actor.is_admin else actor.user_id
    if not actor.owns(practitioner_id):
        raise Forbidden("only an admin sees what others sell")
    return practitioner_id
