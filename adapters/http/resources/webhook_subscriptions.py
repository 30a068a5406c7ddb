"""`/webhook-subscriptions`: events told to integrators' own servers."""

from base64 import b64encode
from secrets import token_bytes
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http import examples
from adapters.http import examples_of_webhooks as shown_of
from adapters.http.answers import shown
from adapters.http.documented import documented, posted
from adapters.http.idempotency import Work, perform, told
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.requests import ApiRequest
from adapters.http.views.webhooks import (
    DeliveryPage,
    DeliveryView,
    SecretView,
    SubscriptionPage,
    SubscriptionView,
    delivery_view,
    secret_view,
    subscription_view,
)
from core.domain.dispatches import Dispatch
from core.domain.events import EventType
from core.domain.ids import DispatchId, SubscriptionId
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import NewSubscription, Subscription, SubscriptionStatus
from core.usecases.webhooks import (
    change_subscription,
    list_deliveries,
    list_subscriptions,
    read_subscription,
    redeliver,
    rotate_secret,
    send_ping,
    subscribe,
    unsubscribe,
)

SECRET_BYTES: Final = 32

Url = Annotated[str, Meta(min_length=1, max_length=2000, description="https, at a public address.")]
Types = Annotated[
    list[EventType], Meta(min_length=1, max_length=200, description="Those that are told; null: all.")
]
Description = Annotated[str, Meta(max_length=500)]


class NewSubscriptionBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Where to send which events."""

    url: Url
    event_types: Types | None = None
    description: Description = ""


class SubscriptionPatchBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The fields to change; what is left out stays. `status` is active or disabled."""

    url: Url | UnsetType = UNSET
    event_types: Types | UnsetType | None = UNSET
    description: Description | UnsetType = UNSET
    status: SubscriptionStatus | UnsetType = UNSET


@post(
    "/webhook-subscriptions",
    summary="Have events sent to a URL; an admin's gets everybody's, a practitioner's their own",
    description=(
        "The answer shows the `secret` that messages are signed with, this once. Messages are POSTed with "
        "the headers of the Standard Webhooks specification, at least once each and in no promised order. "
        "400 names `/url` for one that is not https at a public address; 409 `too_many_subscriptions`."
    ),
    **posted(
        returns=SecretView,
        example=shown_of.with_secret,
        status=201,
        request=NewSubscriptionBody(
            url=shown_of.URL, event_types=[EventType.BOOKING_CONFIRMED], description="Our calendar"
        ),
        problems=(403,),
    ),
)
async def create(request: ApiRequest, data: JSONBody[NewSubscriptionBody]) -> Response[bytes]:
    wanted = NewSubscription(
        url=data.url,
        event_types=tuple(data.event_types or ()),
        description=data.description,
        secret=_new_secret(),
    )
    work: Work[Subscription] = Work(
        act=lambda claim: subscribe(wanted, actor=request.actor, ports=request.ports, claim=claim),
        render=lambda made: told(201, secret_view(made)),
    )
    return await perform(request, work)


@get(
    "/webhook-subscriptions",
    summary="One's own subscriptions, newest first; everybody's for admins",
    **documented(
        returns=SubscriptionPage, example=examples.listed(shown_of.subscription), problems=(400, 403)
    ),
)
async def listing(request: ApiRequest, limit: Limit = DEFAULT_LIMIT, cursor: After = None) -> Response[bytes]:
    found = await list_subscriptions(page(limit, cursor), actor=request.actor, ports=request.ports)
    return shown(items(found, subscription_view))


@get(
    "/webhook-subscriptions/{subscription_id:uuid}",
    summary="One subscription, without its secret",
    **documented(returns=SubscriptionView, example=shown_of.subscription, problems=(403, 404)),
)
async def read(request: ApiRequest, subscription_id: FromPath[UUID]) -> Response[bytes]:
    found = await read_subscription(SubscriptionId(subscription_id), actor=request.actor, ports=request.ports)
    return shown(subscription_view(found))


@patch(
    "/webhook-subscriptions/{subscription_id:uuid}",
    summary="Change a subscription, or disable it for a while",
    **documented(
        returns=SubscriptionView,
        example=shown_of.subscription,
        request=SubscriptionPatchBody(event_types=None, status=SubscriptionStatus.ACTIVE),
        problems=(403, 404, 409),
    ),
)
async def change(
    request: ApiRequest, subscription_id: FromPath[UUID], data: JSONBody[SubscriptionPatchBody]
) -> Response[bytes]:
    changed = await change_subscription(
        SubscriptionId(subscription_id), _changes(data), actor=request.actor, ports=request.ports
    )
    return shown(subscription_view(changed))


@delete(
    "/webhook-subscriptions/{subscription_id:uuid}",
    summary="Send nothing more, and forget the secret; what still waits is dropped",
    **documented(returns=None, example=None, status=204, problems=(403, 404, 409)),
)
async def remove(request: ApiRequest, subscription_id: FromPath[UUID]) -> Response[None]:
    await unsubscribe(SubscriptionId(subscription_id), actor=request.actor, ports=request.ports)
    return Response(None, status_code=204)


@post(
    "/webhook-subscriptions/{subscription_id:uuid}/rotate-secret",
    summary="Get another secret; the one so far signs as well until `previous_secret_until`",
    **posted(returns=SecretView, example=shown_of.with_secret, problems=(403, 404)),
)
async def rotate(request: ApiRequest, subscription_id: FromPath[UUID]) -> Response[bytes]:
    secret = _new_secret()
    work: Work[Subscription] = Work(
        act=lambda claim: rotate_secret(
            SubscriptionId(subscription_id), secret, actor=request.actor, ports=request.ports, claim=claim
        ),
        render=lambda rotated: told(200, secret_view(rotated)),
    )
    return await perform(request, work)


@post(
    "/webhook-subscriptions/{subscription_id:uuid}/ping",
    summary="Send a test event (`webhook.ping`) to this subscription alone",
    description="409 `subscription_disabled`. Its delivery tells what came of it.",
    **posted(returns=DeliveryView, example=shown_of.ping, status=202, problems=(403, 404)),
)
async def ping(request: ApiRequest, subscription_id: FromPath[UUID]) -> Response[bytes]:
    work: Work[Dispatch] = Work(
        act=lambda claim: send_ping(
            SubscriptionId(subscription_id), actor=request.actor, ports=request.ports, claim=claim
        ),
        render=lambda made: told(202, delivery_view(made)),
    )
    return await perform(request, work)


@get(
    "/webhook-subscriptions/{subscription_id:uuid}/deliveries",
    summary="What was and is to be sent to the subscription, newest first",
    **documented(returns=DeliveryPage, example=examples.listed(shown_of.delivery), problems=(400, 403, 404)),
)
async def deliveries(
    request: ApiRequest,
    subscription_id: FromPath[UUID],
    *,
    wanted: Annotated[DispatchStatus | None, QueryParameter(name="status")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    found = await list_deliveries(
        SubscriptionId(subscription_id),
        page(limit, cursor),
        status=wanted,
        actor=request.actor,
        ports=request.ports,
    )
    return shown(items(found, delivery_view))


@post(
    "/webhook-subscriptions/{subscription_id:uuid}/deliveries/{dispatch_id:uuid}/redeliver",
    summary="Send a parked or sent delivery once more, with all its attempts before it",
    description="409 `subscription_disabled`, or `illegal_transition` for a dropped delivery.",
    **posted(returns=DeliveryView, example=shown_of.ping, status=202, problems=(403, 404)),
)
async def repeat(
    request: ApiRequest, subscription_id: FromPath[UUID], dispatch_id: FromPath[UUID]
) -> Response[bytes]:
    work: Work[Dispatch] = Work(
        act=lambda claim: redeliver(
            SubscriptionId(subscription_id),
            DispatchId(dispatch_id),
            actor=request.actor,
            ports=request.ports,
            claim=claim,
        ),
        render=lambda again: told(202, delivery_view(again)),
    )
    return await perform(request, work)


def _new_secret() -> str:
    """A secret in the form that Standard Webhooks libraries take."""
    return f"whsec_{b64encode(token_bytes(SECRET_BYTES)).decode()}"


def _changes(body: SubscriptionPatchBody) -> dict[str, Any]:
    """The given fields, by the record's names and in its types."""
    given = {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}
    if "event_types" in given:
        given["event_types"] = tuple(given["event_types"] or ())
    return given


ROUTES: Final = (create, listing, read, change, remove, rotate, ping, deliveries, repeat)
