"""An integrator's server on this machine, over real sockets, and the world that sends to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from attrs import define, field, frozen
from standardwebhooks.webhooks import Webhook

from adapters.webhooks.consumer import SubscribedEvents
from adapters.webhooks.endpoints import PublicEndpoints
from adapters.webhooks.sender import WebhookSender
from core.domain.actors import Actor, Role
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch
from core.domain.events import Event
from core.domain.subscriptions import NewSubscription, Subscription
from core.usecases.context import Ports
from core.usecases.dispatch import DispatchReport, dispatch
from core.usecases.relay import relay_events
from core.usecases.webhooks import subscribe
from ports.store import Kind
from tests.usecases.world import World

SECRET = "whsec_" + "c2VjcmV0" * 4
LOCAL = PublicEndpoints(allow_private=True)


@frozen(kw_only=True)
class Received:
    """One request as it came."""

    line: str
    headers: Mapping[str, str]
    body: bytes

    def signed_by(self, secret: str) -> object:
        """The message, if the library says that it is signed with the secret."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@define(kw_only=True)
class Receiver:
    """Answers each request with the next of `answers`, then with 204; None: not at all."""

    port: int = 0
    scheme: str = "http"
    connections: int = 0
    answers: list[bytes | None] = field(factory=list)
    received: list[Received] = field(factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/hook?from=estuary"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request, answer, and hang up."""
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(headers["content-length"]))
            self.received.append(Received(line=head[0], headers=headers, body=body))
            answer = self.answers.pop(0) if self.answers else status(204)
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            # Whoever connected went away; what was counted stays counted.
            return
        finally:
            writer.close()


def status(code: int, *headers: str, body: bytes = b"") -> bytes:
    """An answer with that status."""
    lines = [f"HTTP/1.1 {code} Whatever", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver(scheme="http" if tls is None else "https")
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


@frozen(kw_only=True)
class Post:
    """A world whose webhooks may go to this machine."""

    world: World = field(factory=World)
    endpoints: PublicEndpoints = LOCAL
    timeout_seconds: float = 5
    tls: ssl.SSLContext | None = None

    @property
    def ports(self) -> Ports:
        world = self.world
        return Ports(
            store=world.store,
            payments=world.gateway,
            clock=world.clock,
            ids=world.ids,
            rules=world.rules,
            endpoints=self.endpoints,
        )

    @property
    def sender(self) -> WebhookSender:
        chosen = {} if self.tls is None else {"tls": self.tls}
        return WebhookSender(
            ports=self.ports, endpoints=self.endpoints, timeout_seconds=self.timeout_seconds, **chosen
        )

    def admin(self) -> Actor:
        return self.world.person(Role.ADMIN)

    async def subscribed(self, url: str, actor: Actor | None = None) -> Subscription:
        """A subscription to everything, by an admin unless told otherwise."""
        wanted = NewSubscription(url=url, secret=SECRET)
        return await subscribe(wanted, actor=actor or self.admin(), ports=self.ports)

    async def happened(self, event: Event) -> None:
        """Let an event be planned."""
        await self.world.store.commit(Changes(events=(event,)))
        await relay_events([SubscribedEvents(store=self.world.store)], ports=self.ports)

    async def send(self) -> DispatchReport:
        """Send what is due."""
        return await dispatch(Channel.WEBHOOK, self.sender, ports=self.ports)

    async def dispatches(self) -> list[Dispatch]:
        return [row async for row in self.world.store.scan(Kind.DISPATCH) if isinstance(row, Dispatch)]
