"""The kinds of values that requests carry, with their limits, and checks that a type cannot say."""

from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta, ValidationError, convert

from adapters.http.problems import BadFields, FieldError
from core.domain.money import MAX_CENTS

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

Cents = Annotated[int, Meta(ge=0, le=MAX_CENTS, description="An amount in minor units of its currency.")]
PositiveCents = Annotated[
    int, Meta(ge=1, le=MAX_CENTS, description="An amount in minor units of its currency.")
]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
BasisPoints = Annotated[int, Meta(ge=0, le=10_000)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset.")]
Instant = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Currency = Annotated[str, Meta(pattern="^[a-z]{3}$", description="ISO 4217, lower case.")]
Notes = Annotated[str, Meta(max_length=10_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=1000)]
Zone = Annotated[str, Meta(pattern="^[A-Za-z0-9_+/-]{1,64}$", description="An IANA time zone.")]
Token = Annotated[str, Meta(pattern="^[!-~]{1,255}$", description="A name that the gateway gave.")]


def require_moment(moment: datetime, pointer: str) -> datetime:
    """The moment, if it lies where calendars reach; BadFields otherwise. It must be aware."""
    if not EARLIEST <= moment < LATEST:
        raise BadFields(FieldError(pointer=pointer, detail="must lie between the years 1970 and 2200"))
    return moment


def moment_in(text: str | None, pointer: str) -> datetime | None:
    """The moment that a query names in RFC 3339, or None for None; BadFields for anything else."""
    return None if text is None else required_moment(text, pointer)


def required_moment(text: str, pointer: str) -> datetime:
    """The moment that a query names in RFC 3339; BadFields for anything else."""
    try:
        return require_moment(convert(text, Moment), pointer)
    except ValidationError:
        # A `+` that was not escaped arrives as a space, which is the usual mistake.
        detail = "is not an RFC 3339 time with an offset, such as 2026-03-02T09:00:00Z"
        raise BadFields(FieldError(pointer=pointer, detail=detail)) from None


def optional_moment(moment: datetime | None, pointer: str) -> datetime | None:
    """`require_moment`, or None for None."""
    return None if moment is None else require_moment(moment, pointer)
