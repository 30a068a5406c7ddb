"""`/webhooks`: a gateway tells what happened. It is kept, answered at once, and applied afterwards."""

from typing import Final

import structlog
from litestar import post
from litestar.background_tasks import BackgroundTask
from litestar.response import Response
from msgspec import Struct

from adapters.http.answers import shown
from adapters.http.auth import Access
from adapters.http.problems import BadRequest
from adapters.http.requests import ApiRequest
from core.domain.errors import DomainError
from core.domain.ids import InboxId
from core.domain.statuses import InboxStatus
from core.usecases.context import Ports
from core.usecases.inbox import apply_notice, receive
from ports.errors import PortError
from ports.webhooks import NotAuthentic

MOST_BYTES: Final = 1_000_000

log = structlog.get_logger("estuary.webhooks")


class ReceivedView(Struct, frozen=True):
    """The event is kept."""

    received: bool


@post(
    "/webhooks/stripe",
    status_code=200,
    opt={"access": Access.ANYONE},
    include_in_schema=False,
    request_max_body_size=MOST_BYTES,
)
async def stripe(request: ApiRequest) -> Response[bytes]:
    """Keep an event that Stripe has signed. Whoever did not sign learns nothing but 400."""
    reader, ports = request.config.stripe_webhooks, request.ports
    body = await request.body()
    try:
        if reader is None:
            raise NotAuthentic("webhooks are switched off")
        notice = reader.read(body, dict(request.headers), now=ports.clock.now())
    except NotAuthentic as error:
        log.warning("webhook refused", reason=str(error))
        raise BadRequest(400, "invalid_webhook", "this is no event that can be proved") from error

    told = await receive(notice, ports=ports)
    answer = shown(ReceivedView(received=True))
    if told.is_new and told.item.status is InboxStatus.WAITING:
        answer.background = BackgroundTask(_apply, told.item.id, ports)
    return answer


async def _apply(item_id: InboxId, ports: Ports) -> None:
    """Apply an event once it was answered; one that cannot be applied now is left to the sweep."""
    try:
        await apply_notice(item_id, ports=ports)
    except (DomainError, PortError) as error:
        log.warning("webhook left to the sweep", item_id=str(item_id), reason=error.detail)


ROUTES: Final = (stripe,)
