"""Where webhooks may go: a URL is taken apart once, its name is looked up, and every address vetted.

What comes out of it is what is connected to. Nothing looks the name up again in between, so it cannot
lead elsewhere by then.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from attrs import field, frozen

from adapters.webhooks.addresses import IpAddress, address_in, is_loopback, is_public

LONGEST_URL: Final = 2000
PLAIN: Final = re.compile(r"[!#-;=?-\[\]_a-z~]+")
"""What a URL consists of. No spaces, control characters, backslashes or letters beyond ASCII."""

LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
NAME: Final = re.compile(rf"{LABEL}(?:\.{LABEL})*\.?")
NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")
"""A last label that is a number makes the name an address, in one of the forms of long ago."""

HTTPS: Final = 443
LOOKUP_SECONDS: Final = 5

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Looks a name up: all of its addresses, as text, those to be tried first first. Raises OSError."""


class Refused(Exception):
    """Nothing is sent to this URL. The text is for whoever named it."""


@frozen(kw_only=True)
class Address:
    """A URL taken apart. `host` is a name or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    target: str


@frozen(kw_only=True)
class Route:
    """An address, and the IP addresses at which it may be reached now."""

    to: Address
    through: tuple[str, ...]


async def look_up(host: str, port: int) -> Sequence[str]:
    """The system's word on a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@frozen(kw_only=True)
class PublicEndpoints:
    """`ports.endpoints.Endpoints`: https, to port 443 or one of `ports`, at public addresses.

    With `allow_private` plain http and any port will do as well, on this machine's own addresses; for
    development and tests.
    """

    ports: tuple[int, ...] = ()
    allow_private: bool = False
    resolve: Resolve = field(default=look_up, repr=False)

    async def objection(self, url: str) -> str | None:
        """Why nothing may be sent to the URL; None if it may."""
        try:
            await self.route(url)
        except Refused as refused:
            return str(refused)
        return None

    async def route(self, url: str) -> Route:
        """How to get to the URL now. Raises Refused."""
        to = taken_apart(url)
        if to.scheme != "https" and not self.allow_private:
            raise Refused("must begin with https://")
        literal = address_in(to.host)
        found = (to.host,) if literal is not None else await self._addresses(to)
        addresses = [address_in(text) for text in found]
        if not addresses or not all(one is not None and self._is_open(to, one) for one in addresses):
            raise Refused(self._closed(to))
        return Route(to=to, through=tuple(found))

    async def _addresses(self, to: Address) -> Sequence[str]:
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                return tuple(await self.resolve(to.host, to.port))
        except (OSError, UnicodeError):
            # A time-out is an OSError as well.
            raise Refused("names a host that cannot be found") from None

    def _is_open(self, to: Address, address: IpAddress) -> bool:
        if is_loopback(address):
            return self.allow_private
        return to.scheme == "https" and self._is_port(to.port) and is_public(address)

    def _is_port(self, port: int) -> bool:
        return port == HTTPS or port in self.ports

    def _closed(self, to: Address) -> str:
        if to.scheme == "https" and not self._is_port(to.port):
            return f"must use port {' or '.join(map(str, (HTTPS, *self.ports)))}"
        return "must lead to a public address on the Internet"


def taken_apart(url: str) -> Address:
    """The parts of an http or https URL. Raises Refused for any that could be read in two ways."""
    if len(url) > LONGEST_URL or not url.isascii() or not PLAIN.fullmatch(url.lower()):
        raise Refused(f"must be a URL of at most {LONGEST_URL} plain characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("is not a URL") from None
    if parts.scheme not in ("http", "https"):
        raise Refused("must begin with https://")
    if "@" in parts.netloc or "#" in url:
        raise Refused("must have no user, password or fragment")
    if port == 0 or not _is_host(host, bracketed="[" in parts.netloc):
        raise Refused("must name a host")
    query = f"?{parts.query}" if parts.query else ""
    return Address(
        scheme=parts.scheme,
        host=host,
        port=port or (HTTPS if parts.scheme == "https" else 80),
        target=f"{parts.path or '/'}{query}",
    )


def _is_host(host: str, *, bracketed: bool) -> bool:
    address = address_in(host)
    if bracketed or address is not None:
        return address is not None and "%" not in host and bracketed == (address.version == 6)
    is_old_address = NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None
    return len(host) <= 253 and NAME.fullmatch(host) is not None and not is_old_address
