"""`/sessions/reviews`: the sessions that customers came to and their practitioner did not."""

from typing import Final

from litestar import get
from litestar.response import Response

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.requests import ApiRequest
from adapters.http.views.seats import SessionPage, session_view
from core.domain.actors import Role


@get(
    "/sessions/reviews",
    summary="Sessions to be reviewed, the earliest first; an admin sees everybody's",
    description=(
        "Customers came and the practitioner never did, so time alone does not complete them. An admin "
        "completes each (`POST /sessions/{id}/complete`), or it is canceled and refunded in full."
    ),
    **documented(returns=SessionPage, example=examples.listed(examples.session), problems=(400, 403)),
)
async def listing(request: ApiRequest, limit: Limit = DEFAULT_LIMIT, cursor: After = None) -> Response[bytes]:
    actor = request.require(Role.PRACTITIONER, Role.ADMIN)
    found = await request.ports.store.sessions_for_review(
        page(limit, cursor), practitioner_id=None if actor.is_admin else actor.user_id
    )
    return shown(items(found, lambda session: session_view(session, actor)))


ROUTES: Final = (listing,)
