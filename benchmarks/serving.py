"""`estuary serve` as users run it, in a process of its own, and the light client that asks it."""

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt
import msgspec
from attrs import field, frozen

from adapters.settings import PREFIX
from benchmarks.market import Market
from benchmarks.stores import Place
from core.domain.planning import Checkout
from tests.servers import free_port

HOST: Final = "127.0.0.1"
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 15.0
CHECKOUT: Final = "/api/v1/checkout"


class Refused(Exception):
    """An answer that is not the one that was asked for; the text is its status and problem code."""


@frozen(kw_only=True)
class Server:
    """A running server."""

    port: int
    secret: str = field(repr=False)

    def token(self, user_id: object) -> str:
        """A customer's token, good for longer than any run."""
        now = datetime.now(UTC)
        claims = {"sub": str(user_id), "roles": ["client"], "iss": "estuary", "aud": "estuary"}
        return jwt.encode({**claims, "iat": now, "exp": now + timedelta(hours=12)}, self.secret, "HS256")

    def request(self, order: Checkout) -> bytes:
        """The checkout of an order as it goes over the wire."""
        card = {} if order.payment_method_id is None else {"payment_method_id": order.payment_method_id}
        body = msgspec.json.encode(
            {"service_id": str(order.service_id), "apply_credits": order.apply_credits, **card}
        )
        head = (
            f"POST {CHECKOUT} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n"
            f"Authorization: Bearer {self.token(order.user_id)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Connection:
    """One client's connection, kept alive; it is opened again after a failure."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and body that a request is answered with."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            return int(head[9:12]), await reader.readexactly(length)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Shoppers:
    """Clients that check out over HTTP, each a customer on a connection of its own."""

    def __init__(self, server: Server, market: Market, *, card: bool, clients: int) -> None:
        self._requests = [server.request(market.order(number, card=card)) for number in range(clients)]
        self._connections = [Connection(server.port) for _ in range(clients)]

    async def buy(self, client: int) -> None:
        """One checkout. Raises Refused unless it was paid."""
        status, body = await self._connections[client].ask(self._requests[client])
        if status != 201 or b'"status":"paid"' not in body:
            raise Refused(f"{status} {body[:200].decode(errors='replace')}")

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections:
            connection.close()


@asynccontextmanager
async def serving(place: Place, *, workers: int) -> AsyncIterator[Server]:
    """A server on the place's database `estuary`. Its fake gateway answers at once, out of a file."""
    server = Server(port=free_port(), secret=secrets.token_hex(32))
    chosen = {
        "STORE_URL": place.url("estuary"),
        "JWT_SECRET": server.secret,
        "HOST": HOST,
        "PORT": str(server.port),
        "WORKERS": str(workers),
        "LOG_LEVEL": "warning",
        "FAKE_PAYMENTS_FILE": str(place.home / "payments.db"),
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    log = place.home / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 - our own command, which returns at once
            [sys.executable, "-m", "adapters.cli", "serve"],
            cwd=place.home,
            env=inherited | {f"{PREFIX}{name}": value for name, value in chosen.items()},
            stdout=output,
            stderr=output,
        )
    try:
        await _ready(process, server, lambda: log.read_text(errors="replace")[-2000:])
        yield server
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _ready(process: subprocess.Popen[bytes], server: Server, said: Callable[[], str]) -> None:
    request = f"GET /health/ready HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = Connection(server.port)
        try:
            if (await connection.ask(request))[0] == 200:
                return
        except (OSError, EOFError):
            pass
        finally:
            connection.close()
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the server does not start: {said()}")
