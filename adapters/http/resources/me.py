"""`/me`: where the caller is reached, and what they would rather not hear. Nobody reads another's."""

from typing import Annotated, Final

from email_validator import EmailNotValidError, validate_email
from litestar import get, put
from litestar.params import JSONBody
from litestar.response import Response
from msgspec import Meta, Struct, field

from adapters.http import examples
from adapters.http.answers import shown
from adapters.http.documented import documented
from adapters.http.fields import Name, Zone
from adapters.http.problems import BadFields, FieldError
from adapters.http.requests import ApiRequest
from adapters.http.views.contacts import ContactView, contact_view
from core.domain.notifications import Contact, OptionalKind
from core.usecases.contacts import ContactDetails, read_contact, save_contact

Email = Annotated[
    str, Meta(min_length=3, max_length=254, description="An address with an ASCII part before the @.")
]


class NotificationsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which messages are wanted. Receipts, and news of what one has booked, cannot be turned off; that seats
    of one's own sessions are booked, moved or canceled can.
    """

    session_reminder: bool = True
    review_request: bool = True
    package_expiring: bool = True
    earnings_released: bool = True
    seat_booked: bool = True
    seat_moved: bool = True
    seat_canceled: bool = True


class ContactBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A contact, in place of the one before. Times in messages are by the clock of `timezone`."""

    email: Email
    timezone: Zone
    display_name: Name | None = None
    notifications: NotificationsBody = field(default_factory=NotificationsBody)


_example = contact_view(
    Contact(
        user_id=examples.CLIENT,
        email="eva@example.org",
        display_name="Eva",
        timezone="Europe/Lisbon",
        unwanted=(OptionalKind.REVIEW_REQUEST,),
        updated_at=examples.AT,
    )
)


@put(
    "/me",
    summary="Say where one is reached by mail, and what one would rather not hear",
    **documented(
        returns=ContactView,
        example=_example,
        request=ContactBody(
            email="eva@example.org",
            timezone="Europe/Lisbon",
            display_name="Eva",
            notifications=NotificationsBody(review_request=False),
        ),
        problems=(409,),
    ),
)
async def save(request: ApiRequest, data: JSONBody[ContactBody]) -> Response[bytes]:
    details = ContactDetails(
        email=_checked(data.email),
        display_name=data.display_name,
        timezone=data.timezone,
        unwanted=[kind for kind in OptionalKind if not getattr(data.notifications, kind.value)],
    )
    return shown(contact_view(await save_contact(details, actor=request.actor, ports=request.ports)))


@get(
    "/me",
    summary="Where the caller is reached; not found before they said so",
    **documented(returns=ContactView, example=_example, problems=(404,)),
)
async def read(request: ApiRequest) -> Response[bytes]:
    return shown(contact_view(await read_contact(actor=request.actor, ports=request.ports)))


def _checked(email: str) -> str:
    """The address in its usual form: its domain in lower case and ASCII."""
    try:
        valid = validate_email(email, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise BadFields(FieldError(pointer="/email", detail="is not an e-mail address")) from None
    return valid.ascii_email or valid.normalized


ROUTES: Final = (save, read)
