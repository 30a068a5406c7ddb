"""`/earnings`: what practitioners are owed."""

from typing import Annotated, Final
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from litestar.response import Response

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.requests import ApiRequest
from adapters.http.views.money import EarningsPage, SummaryView, earnings_view, summary_view
from core.domain.actors import Role
from core.domain.errors import Forbidden
from core.domain.ids import UserId
from core.domain.statuses import EarningsStatus

Whose = Annotated[UUID | None, QueryParameter(description="An admin may name a practitioner.")]


@get(
    "/earnings",
    summary="One's earnings, newest first; an admin sees everybody's",
    **documented(returns=EarningsPage, example=examples.listed(examples.earnings), problems=(400, 403)),
)
async def listing(
    request: ApiRequest,
    status: Annotated[EarningsStatus | None, QueryParameter()] = None,
    practitioner_id: Whose = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    found = await request.ports.store.earnings(
        page(limit, cursor), practitioner_id=seller(request, practitioner_id), status=status
    )
    return shown(items(found, earnings_view))


@get(
    "/earnings/summary",
    summary="Net amounts by status, and what the ledger owes",
    **documented(returns=SummaryView, example=examples.summary, problems=(400, 403)),
)
async def summary(request: ApiRequest, practitioner_id: Whose = None) -> Response[bytes]:
    whose = seller(request, practitioner_id) or request.actor.user_id
    found = await request.ports.store.earnings_summary(whose, currency=request.ports.rules.currency)
    return shown(summary_view(found, whose))


def seller(request: ApiRequest, practitioner_id: UUID | None) -> UserId | None:
    """Whose money is shown: one's own, or for an admin anyone's (None: everybody's)."""
    actor = request.require(Role.PRACTITIONER, Role.ADMIN)
    if practitioner_id is None:
        return None if actor.is_admin else actor.user_id
    if not actor.owns(UserId(practitioner_id)):
        raise Forbidden("only an admin sees what others earn")
    return UserId(practitioner_id)


ROUTES: Final = (listing, summary)
