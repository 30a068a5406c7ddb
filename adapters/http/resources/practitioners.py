"""`/practitioners`: who sells."""

from typing import Final
from uuid import UUID

from litestar import get, put
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.auth import Access
from adapters.http.documented import documented
from adapters.http.fields import BasisPoints, Name, Token, Zone
from adapters.http.requests import ApiRequest, sees
from adapters.http.views.catalogue import PractitionerView, practitioner_view
from core.domain.errors import NotFound
from core.domain.ids import UserId
from core.usecases.catalogue import PractitionerProfile, save_practitioner


class ProfileBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A profile. Left out, the commission and the gateway account stay as they are."""

    display_name: Name
    timezone: Zone
    commission_bps: BasisPoints | None = None
    stripe_account_id: Token | None = None


@put(
    "/practitioners/{practitioner_id:uuid}",
    summary="Create or change a practitioner",
    **documented(
        returns=PractitionerView,
        example=examples.practitioner,
        request=ProfileBody(display_name="Ana Reis", timezone="Europe/Lisbon"),
        problems=(403, 404, 409),
    ),
)
async def save(
    request: ApiRequest, practitioner_id: FromPath[UUID], data: JSONBody[ProfileBody]
) -> Response[bytes]:
    profile = PractitionerProfile(
        id=UserId(practitioner_id),
        display_name=data.display_name,
        timezone=data.timezone,
        commission_bps=data.commission_bps,
        stripe_account_id=data.stripe_account_id,
    )
    saved = await save_practitioner(profile, actor=request.actor, ports=request.ports)
    return shown(practitioner_view(saved, private=True))


@get(
    "/practitioners/{practitioner_id:uuid}",
    summary="A practitioner's profile",
    **documented(
        returns=PractitionerView, example=examples.practitioner, problems=(404,), access=Access.OPTIONAL
    ),
)
async def read(request: ApiRequest, practitioner_id: FromPath[UUID]) -> Response[bytes]:
    found = await request.ports.store.practitioner(UserId(practitioner_id))
    if found is None:
        raise NotFound("practitioner", practitioner_id)
    return shown(practitioner_view(found, private=sees(request.caller, found.id)))


ROUTES: Final = (save, read)
