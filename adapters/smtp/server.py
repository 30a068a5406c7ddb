"""Where an SMTP server is, and how it is spoken to, out of its URL."""

from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import field, frozen

PORTS: Final = {"smtp": 587, "smtps": 465}
FORM: Final = "must be smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465"
STARTTLS: Final = {"required": True, "never": False}


@frozen(kw_only=True)
class SmtpServer:
    """A server. `starttls`: insist on encryption before anything is said, never use it, or (None)
    use it if it is offered. `tls`: the connection is encrypted from the start.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    starttls: bool | None = None


def smtp_server(url: str) -> SmtpServer:
    """The server that a URL names. Raises ValueError, which repeats nothing of the URL.

    Without `?starttls=required` or `never`, it is required as soon as there is a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(FORM) from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError(FORM)
    options = parse_qs(parts.query, keep_blank_values=True)
    wish = options.pop("starttls", [None])[0]
    if options or wish not in (None, *STARTTLS) or (parts.scheme == "smtps" and wish is not None):
        raise ValueError("takes ?starttls=required or ?starttls=never, with smtp:// alone")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("must have both a user and a password, or neither")
    tls = parts.scheme == "smtps"
    required = None if parts.password is None else True
    return SmtpServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        tls=tls,
        starttls=False if tls else STARTTLS.get(wish, required) if wish is not None else required,
    )
