"""One connection to an address that was vetted before, and to no other."""

from collections.abc import Iterable
from typing import Any

import httpcore

from adapters.webhooks.endpoints import Route


class Pinned(httpcore.AsyncNetworkBackend):
    """Connects to a route's own IP addresses, whatever name is asked for.

    TLS is spoken, and certificates are checked, for the name: that is decided above.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first of the addresses that takes it."""
        if (host, port) != (self._route.to.host, self._route.to.port):
            raise httpcore.ConnectError("this connection leads elsewhere")
        error: Exception | None = None
        for address in self._route.through:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                error = failure
        raise error or httpcore.ConnectError("there is no address to connect to")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no URL leads to a file."""
        del path, timeout, socket_options
        raise httpcore.ConnectError("there are no sockets on this way")

    async def sleep(self, seconds: float) -> None:
        """Wait, between attempts to connect; none are repeated here."""
        await self._network.sleep(seconds)
