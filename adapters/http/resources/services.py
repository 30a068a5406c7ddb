"""`/services`: what is on sale, of all five types."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.auth import Access
from adapters.http.documented import documented, posted
from adapters.http.fields import Cents, Count, Currency, Name, Notes, Percent
from adapters.http.idempotency import Work, perform, told
from adapters.http.paging import DEFAULT_LIMIT, After, Limit, items, page
from adapters.http.requests import ApiRequest, sees
from adapters.http.views.catalogue import ServicePage, ServiceView, service_view
from core.domain.catalogue import (
    DEFAULT_POLICY,
    CancellationTier,
    Component,
    Location,
    OnExpiry,
    Service,
    ServiceStatus,
    ServiceType,
    SessionPricing,
    Visibility,
)
from core.domain.errors import NotFound
from core.domain.ids import ServiceId, UserId
from core.domain.offering import DEFAULT_BUNDLE_SIZE
from core.usecases.catalogue import create_service, update_service


class TierBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """With at least this notice, this part of a seat's value is returned."""

    min_notice_hours: Count
    refund_percent: Percent


class ComponentBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """So many seats of another service of the practitioner."""

    service_id: UUID
    quantity: Count


Tiers = Annotated[list[TierBody], Meta(max_length=20)]
Components = Annotated[list[ComponentBody], Meta(max_length=100)]


class NewServiceBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A service to be put on sale. Packages have `components`, bundles a `bundled_service_id`."""

    service_type: ServiceType
    name: Name
    price_cents: Cents
    practitioner_id: UUID | None = None
    description: Notes = ""
    currency: Currency | None = None
    duration_minutes: Count = 60
    max_participants: Count = 1
    location: Location = Location.ONLINE
    visibility: Visibility = Visibility.PUBLIC
    validity_days: Count | None = None
    session_pricing: SessionPricing = SessionPricing.EQUAL
    components: Components | None = None
    bundled_service_id: UUID | None = None
    session_count: Count | None = None
    cancellation_policy: Tiers | None = None
    pay_practitioner_on_no_show: bool = False
    pay_practitioner_on_late_cancel: bool = False
    complimentary_earnings_cents: Cents = 0
    on_expiry: OnExpiry = OnExpiry.FORFEIT
    allow_late_entry: bool = False


class ServicePatchBody(Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The fields to change; what is left out stays. Type, owner and currency are for ever."""

    name: Name | UnsetType = UNSET
    description: Notes | UnsetType = UNSET
    price_cents: Cents | UnsetType = UNSET
    duration_minutes: Count | UnsetType = UNSET
    max_participants: Count | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    validity_days: Count | UnsetType | None = UNSET
    session_pricing: SessionPricing | UnsetType = UNSET
    components: Components | UnsetType = UNSET
    bundled_service_id: UUID | UnsetType = UNSET
    session_count: Count | UnsetType = UNSET
    cancellation_policy: Tiers | UnsetType = UNSET
    pay_practitioner_on_no_show: bool | UnsetType = UNSET
    pay_practitioner_on_late_cancel: bool | UnsetType = UNSET
    complimentary_earnings_cents: Cents | UnsetType = UNSET
    on_expiry: OnExpiry | UnsetType = UNSET
    allow_late_entry: bool | UnsetType = UNSET
    status: ServiceStatus | UnsetType = UNSET


@post(
    "/services",
    summary="Put a service on sale",
    **posted(
        returns=ServiceView,
        example=examples.service,
        status=201,
        request=NewServiceBody(
            service_type=ServiceType.PACKAGE,
            name="Five hours of breathing",
            price_cents=40_000,
            components=[ComponentBody(service_id=examples.SESSION_SERVICE, quantity=5)],
            validity_days=180,
        ),
        problems=(403,),
    ),
)
async def create(request: ApiRequest, data: JSONBody[NewServiceBody]) -> Response[bytes]:
    draft = _draft(data, request)
    work: Work[Service] = Work(
        act=lambda claim: create_service(draft, actor=request.actor, ports=request.ports, claim=claim),
        render=lambda service: told(201, service_view(service)),
    )
    return await perform(request, work)


@patch(
    "/services/{service_id:uuid}",
    summary="Change a service",
    **documented(
        returns=ServiceView,
        example=examples.service,
        request=ServicePatchBody(price_cents=42_000),
        problems=(403, 404, 409),
    ),
)
async def change(
    request: ApiRequest, service_id: FromPath[UUID], data: JSONBody[ServicePatchBody]
) -> Response[bytes]:
    changed = await update_service(
        ServiceId(service_id), _changes(data), actor=request.actor, ports=request.ports
    )
    return shown(service_view(changed))


@get(
    "/services",
    summary="The catalogue",
    **documented(
        returns=ServicePage,
        example=examples.listed(examples.service),
        problems=(400,),
        access=Access.OPTIONAL,
    ),
)
async def catalogue(
    request: ApiRequest,
    *,
    service_type: Annotated[ServiceType | None, QueryParameter()] = None,
    practitioner_id: Annotated[UUID | None, QueryParameter()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: After = None,
) -> Response[bytes]:
    found = await request.ports.store.services(
        page(limit, cursor),
        service_type=service_type,
        practitioner_id=None if practitioner_id is None else UserId(practitioner_id),
    )
    return shown(items(found, service_view))


@get(
    "/services/{service_id:uuid}",
    summary="One service",
    **documented(returns=ServiceView, example=examples.service, problems=(404,), access=Access.OPTIONAL),
)
async def read(request: ApiRequest, service_id: FromPath[UUID]) -> Response[bytes]:
    found = await request.ports.store.service(ServiceId(service_id))
    if found is None:
        raise NotFound("service", service_id)
    if found.visibility is Visibility.PRIVATE and not sees(request.caller, found.practitioner_id):
        raise NotFound("service", service_id)
    return shown(service_view(found))


def _draft(body: NewServiceBody, request: ApiRequest) -> Service:
    """The service as it was asked for; the use case gives it its id and checks it."""
    seller = request.actor.user_id if body.practitioner_id is None else UserId(body.practitioner_id)
    bundle = body.service_type is ServiceType.BUNDLE
    default_count = DEFAULT_BUNDLE_SIZE if bundle else None
    return Service(
        id=ServiceId(UUID(int=0)),
        practitioner_id=seller,
        service_type=body.service_type,
        name=body.name,
        description=body.description,
        price_cents=body.price_cents,
        currency=body.currency or request.ports.rules.currency,
        duration_minutes=body.duration_minutes,
        max_participants=body.max_participants,
        location=body.location,
        visibility=body.visibility,
        validity_days=body.validity_days,
        session_pricing=body.session_pricing,
        components=_components(body.components or []),
        bundled_service_id=None if body.bundled_service_id is None else ServiceId(body.bundled_service_id),
        session_count=default_count if body.session_count is None else body.session_count,
        cancellation_policy=(
            DEFAULT_POLICY if body.cancellation_policy is None else _tiers(body.cancellation_policy)
        ),
        pay_practitioner_on_no_show=body.pay_practitioner_on_no_show,
        pay_practitioner_on_late_cancel=body.pay_practitioner_on_late_cancel,
        complimentary_earnings_cents=body.complimentary_earnings_cents,
        on_expiry=body.on_expiry,
        allow_late_entry=body.allow_late_entry,
        created_at=request.ports.clock.now(),
    )


def _changes(body: ServicePatchBody) -> dict[str, Any]:
    """The given fields, by the record's names and in its types."""
    given = {
        name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not msgspec.UNSET
    }
    if "components" in given:
        given["components"] = _components(given["components"])
    if "cancellation_policy" in given:
        given["cancellation_policy"] = _tiers(given["cancellation_policy"])
    return given


def _components(bodies: list[ComponentBody]) -> tuple[Component, ...]:
    return tuple(Component(service_id=ServiceId(b.service_id), quantity=b.quantity) for b in bodies)


def _tiers(bodies: list[TierBody]) -> tuple[CancellationTier, ...]:
    return tuple(
        CancellationTier(min_notice_hours=b.min_notice_hours, refund_percent=b.refund_percent) for b in bodies
    )


ROUTES: Final = (create, change, catalogue, read)
