"""`estuary token`: a JWT for development."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

import typer

from adapters.cli.console import tell
from adapters.settings import load_settings
from core.domain.actors import Role

SPANS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONG_LIVED: Final = timedelta(days=30)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Example: `estuary token --sub 01890a5d-ac96-774b-bcce-b302099a8057 --role client --ttl 2h`"
    )(token)


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", text)
    if match is None:
        raise typer.BadParameter("write a number and s, m, h or d: 90s, 2h, 7d")
    return timedelta(seconds=int(match[1]) * SPANS[match[2]])


def token(
    sub: Annotated[UUID, typer.Option(help="The user's id.")],
    role: Annotated[list[Role], typer.Option(help="A role; may be given more than once.")],
    ttl: Annotated[
        timedelta, typer.Option(parser=_span, metavar="SPAN", help="How long it is valid: 90s, 2h, 7d.")
    ] = "1h",  # type: ignore[assignment] # typer hands a default to the parser as text
) -> None:
    """Print a token for development, signed with ESTUARY_JWT_SECRET.

    Only the token goes to stdout: `curl -H "Authorization: Bearer $(estuary token …)"`.
    """
    settings = load_settings()
    secret = settings.required_secret
    if ttl > LONG_LIVED:
        tell(f"warning: nobody can revoke this token for {ttl.days} days")

    roles = [r.value for r in dict.fromkeys(role)]
    typer.echo(
        signed(sub, roles, secret=secret, ttl=ttl, issuer=settings.jwt_issuer, audience=settings.jwt_audience)
    )


def signed(
    sub: UUID, roles: Sequence[str], *, secret: str, ttl: timedelta, issuer: str, audience: str
) -> str:
    """A token for a user, valid from now on."""
    import jwt

    from adapters.clock import SystemClock

    now = SystemClock().now()
    claims = {
        "sub": str(sub),
        "roles": list(roles),
        "iss": issuer,
        "aud": audience,
        "iat": now,
        "exp": now + ttl,
    }
    return jwt.encode(claims, secret, algorithm="HS256")
