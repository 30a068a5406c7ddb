"""The server on the loopback interface, in a thread of its own, and what a test arranges on its side."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.servers.errors import ServerFailed
from tests.servers.ports import LOOPBACK
from tests.servers.stripe import disputes, intents, refunds, transfers
from tests.servers.stripe.app import API_KEY, StripeApp
from tests.servers.stripe.description import Json, description
from tests.servers.stripe.faults import Fault
from tests.servers.stripe.webhooks import Webhooks

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 15.0

T = TypeVar("T")


class StripeServer:
    """A Stripe that is ours alone. Everything here may be called from any thread.

    `file` and `come_to`: see `StripeApp`.
    """

    api_key: Final = API_KEY

    def __init__(
        self,
        *,
        port: int = 0,
        file: Path | None = None,
        come_to: Callable[[str], None] = lambda name: None,  # noqa: ARG005 - nobody listens
    ) -> None:
        self._connections: dict[Any, asyncio.Transport] = {}
        self._app = StripeApp(description(), self._cut, file=file, come_to=come_to)
        self._books = self._app.books
        self.webhooks = Webhooks(self._books)
        self._server = _Server(
            uvicorn.Config(
                self._app,
                host=LOOPBACK,
                port=port,
                http=_tracking(self._connections),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="stripe", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://{LOOPBACK}:{port}"

    @property
    def defects(self) -> list[str]:
        """Answers that break Stripe's description: must be empty at the end of every test."""
        return self._app.defects

    def start(self) -> None:
        """Serve; returns when it does."""
        self._thread.start()
        if not self._server.ready.wait(START_SECONDS):
            raise ServerFailed("Stripe's double is not ready")

    def stop(self) -> None:
        """Serve no more."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            raise ServerFailed("Stripe's double does not end")

    # What goes wrong.

    def script(self, operation: str, *faults: Fault) -> None:
        """Let the next requests of an operation (`charge`, `find_refund`, …) meet these faults, one each."""
        self._app.faults.script(operation, *faults)

    def requests(self, operation: str) -> int:
        """How many requests of an operation came, whatever befell them."""
        return self._app.faults.requests[operation]

    async def held(self) -> None:
        """Wait until a request is held."""
        await self._over_there(self._app.faults.held.wait)

    def go_on(self) -> None:
        """Let the held request go on."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._app.faults.go_on.set)

    def advance(self, seconds: int) -> None:
        """Let time pass on Stripe's side alone."""
        self._at_once(lambda: self._books.advance(seconds))

    # What customers, banks and practitioners do.

    def authenticate(self, intent: str, *, success: bool = True) -> Json:
        """The customer finishes 3-D Secure, or fails to."""
        return self._at_once(lambda: intents.authenticate(self._books, intent, success=success))

    def confirm(self, intent: str, payment_method: str) -> Json:
        """The customer's browser confirms again, with another card."""
        return self._at_once(lambda: intents.confirm(self._books, {"payment_method": payment_method}, intent))

    def slow_payments(self, count: int) -> None:
        """The next payments stay with the bank until `finish_payment`."""
        self._books.slow_payments = count

    def finish_payment(self, intent: str, *, success: bool = True) -> Json:
        """The bank decides about a payment in processing."""
        return self._at_once(lambda: intents.finish(self._books, intent, success=success))

    def finish_refund(self, refund: str) -> Json:
        """Some days pass for a refund."""
        return self._at_once(lambda: refunds.finish(self._books, refund))

    def cancel_intent(self, intent: str) -> Json:
        """Somebody gives an intent up by hand."""
        return self._at_once(lambda: intents.cancel(self._books, {}, intent))

    def reverse_transfer(self, transfer: str, **form: Any) -> Json:
        """Somebody takes a transfer back by hand."""
        return self._at_once(lambda: transfers.reverse(self._books, form, transfer))

    def open_dispute(self, charge: str) -> Json:
        """The cardholder takes a charge back."""
        return self._at_once(lambda: disputes.open_dispute(self._books, self._books.get("charge", charge)))

    def close_dispute(self, dispute: str, *, won: bool) -> Json:
        """The bank decides about a dispute."""
        return self._at_once(lambda: disputes.close_dispute(self._books, dispute, won=won))

    def add_account(self, identity: str) -> Json:
        """A practitioner has finished Stripe's onboarding."""
        return self._at_once(lambda: transfers.add_account(self._books, identity))

    def change_account(self, identity: str, **values: Any) -> Json:
        """Stripe has verified a practitioner, or wants to know more (`transfers="inactive"`)."""
        return self._at_once(lambda: transfers.change_account(self._books, identity, **values))

    def set_balance(self, cents: int) -> None:
        """What the platform has to transfer from."""
        self._books.available_cents = cents

    # What a test reads.

    def all(self, kind: str, **values: Any) -> list[Json]:
        """The objects of a kind with these values, oldest first; those with this `metadata` at least."""
        metadata = values.pop("metadata", {})
        return self._at_once(
            lambda: [
                made
                for made in self._books.all(kind, **values)
                if metadata.items() <= (made.get("metadata") or {}).items()
            ]
        )

    def balance(self) -> int:
        """What the platform has to transfer from."""
        return self._books.available_cents

    def charged_cents(self, **metadata: str) -> int:
        """What cards were really charged."""
        return sum(intent["amount_received"] for intent in self.all("payment_intent", metadata=metadata))

    def refunded_cents(self, **metadata: str) -> int:
        """What really went back to cards."""
        return sum(made["amount"] for made in self.all("refund", metadata=metadata, status="succeeded"))

    def _at_once(self, act: Callable[[], T]) -> T:
        with self._books.lock:
            return act()

    async def _over_there(self, act: Callable[[], Any]) -> None:
        if self._loop is None:
            raise ServerFailed("Stripe's double is not running")
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(act(), self._loop))

    def _cut(self, client: Any) -> None:
        self._connections[client].abort()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve()


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _tracking(connections: dict[Any, asyncio.Transport]) -> type[H11Protocol]:
    """A protocol whose connections can be cut from outside."""

    class Tracking(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # uvicorn's own
            super().connection_made(transport)
            connections[transport.get_extra_info("peername")] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.transport.get_extra_info("peername"), None)
            super().connection_lost(exc)

    return Tracking


@contextmanager
def stripe() -> Iterator[StripeServer]:
    """A server for as long as the block lasts."""
    server = StripeServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
