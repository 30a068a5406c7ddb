"""What a process does that is to die: serve the API, or work as a worker does.

It is forked from a process that has everything imported and the application built (`warm`), before any loop,
client or connection exists, so that a new one costs next to nothing and shares nothing with the others.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import uvicorn
from attrs import evolve, frozen

from adapters.bootstrap import open_ports
from adapters.http.app import create_app
from adapters.http.config import HttpConfig
from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from adapters.settings import Settings, load_settings
from adapters.stripe.gateway import StripeAccess, StripeGateway
from adapters.stripe.patience import Patience
from adapters.stripe.webhook import StripeWebhooks
from core.domain.dispatches import Channel, Dispatch, SendOutcome, Sent
from core.usecases.context import Ports
from core.usecases.dispatch import dispatch
from core.usecases.notify import MailNotices
from core.usecases.outbox import Pace
from core.usecases.relay import relay_events
from core.usecases.sweep import sweep
from ports.clock import Clock
from ports.payments import PaymentGateway
from tests.crashes.boundaries import Boundaries
from tests.crashes.forgetful import Forgetful
from tests.crashes.statements import StatementBoundaries
from tests.http.market import SECRET
from tests.servers.ports import LOOPBACK
from tests.servers.stripe import StripeServer
from tests.servers.stripe.app import API_KEY

SIGNING: Final = "whsec_a_secret_of_these_tests"
PACE: Final = Pace(concurrency=1)


@frozen(kw_only=True)
class Deployment:
    """What all processes of one deployment share: files and addresses, never anything open.

    Payments go through Stripe at `stripe_url`, or else through the fake gateway with the book in `home`.
    `forgetful`: its gateway breaks the promise about keys, see `Forgetful`. `inside_commits`: its servers
    come to boundaries after the statements of their commits instead of between their steps.
    """

    settings: Settings
    home: Path
    stripe_url: str | None = None
    forgetful: bool = False
    inside_commits: bool = False

    @property
    def book(self) -> Path:
        """Where the fake gateway remembers."""
        return self.home / "payments.db"

    @property
    def letters(self) -> Path:
        """What was sent: a dispatch's id on each line."""
        return self.home / "letters"

    def gateway(self) -> PaymentGateway:
        """A gateway of one's own, to Stripe or the fake one."""
        if self.stripe_url is not None:
            return self.stripe_gateway()
        fake = FakeGateway(self.book)
        return Forgetful(fake) if self.forgetful else fake

    def stripe_gateway(self) -> StripeGateway:
        """A gateway to Stripe that hardly waits between its attempts."""
        if self.stripe_url is None:
            raise ValueError("this deployment is not paid through Stripe")
        return StripeGateway(
            StripeAccess(
                api_key=API_KEY,
                api_base=self.stripe_url,
                timeout_seconds=5,
                patience=Patience(attempts=3, first_wait_seconds=0.001),
                settling_seconds=0,
            )
        )


@frozen(kw_only=True)
class Work:
    """One pass of a worker at each of these moments.

    `relays`: events are planned and mail is sent, too, one at a time, so that the boundaries come in the
    same order every time. `tidies`: so much of a sweep is watched as well.
    """

    at: Sequence[datetime]
    relays: bool = True
    tidies: bool = False


def serve(wire: Connection, deployment: Deployment, at: datetime, dies_at: int | None) -> None:
    """Serve the API by a clock that stands at `at`. Tells the port; ends when told anything."""
    kind = StatementBoundaries if deployment.inside_commits else Boundaries
    boundaries = kind(wire.send, dies_at=dies_at)

    async def served() -> None:
        async with opened(deployment, MovableClock(at), boundaries) as ports:
            application().state.ports = ports
            await _until_told(wire)

    asyncio.run(served())


def work(wire: Connection, deployment: Deployment, asked: Work, dies_at: int | None) -> None:
    """Do a worker's passes, one after the other. Tells which items could not be moved."""
    boundaries = Boundaries(wire.send, dies_at=dies_at, tidies=asked.tidies)

    async def worked() -> list[tuple[str, ...]]:
        failures: list[tuple[str, ...]] = []
        clock = MovableClock(asked.at[0])
        async with opened(deployment, clock, boundaries) as ports:
            for moment in asked.at:
                clock.set(moment)
                failures += [(f.kind, f.id, f.detail) for f in (await sweep(ports=ports)).failures]
                if asked.relays:
                    await _relay(deployment, ports, boundaries)
        return failures

    wire.send(asyncio.run(worked()))


def play_stripe(wire: Connection, file: Path, port: int, dies_at: int | None) -> None:
    """Be Stripe at a port, and go on from the file. Tells when it is ready; ends when told anything, and then
    tells which of its answers Stripe would not have given.
    """
    boundaries = Boundaries(wire.send, dies_at=dies_at)
    server = StripeServer(port=port, file=file, come_to=boundaries.come_to)
    server.start()
    wire.send(port)
    with suppress(EOFError):  # nobody is left who could tell anything
        wire.recv()
    wire.send(server.defects)  # and die with it: what it knows is in the file


async def _relay(deployment: Deployment, ports: Ports, boundaries: Boundaries) -> None:
    await relay_events([MailNotices(ports.store)], ports=ports, pace=PACE)
    post = boundaries.around_sender("mail", _Appended(deployment.letters))
    await dispatch(Channel.MAIL, post, ports=ports, pace=PACE)


@asynccontextmanager
async def opened(deployment: Deployment, clock: Clock, boundaries: Boundaries) -> AsyncIterator[Ports]:
    """The deployment's ports with boundaries around them, as a process opens them when it starts."""
    gateway = deployment.gateway()
    try:
        async with open_ports(deployment.settings) as ports:
            yield boundaries.around(evolve(ports, payments=gateway, clock=clock, rooms=None))
    finally:
        await gateway.close()


@cache
def application() -> Any:
    """The API, built once: before it serves, it is moved into a deployment."""
    nowhere = Ports(
        store=MemoryStore(),
        payments=FakeGateway(),
        clock=MovableClock(datetime.fromisoformat("2026-01-01T00:00:00Z")),
        ids=_no_ids,
        rules=load_settings(_env_file=None).rules,
    )
    reader = StripeWebhooks(secrets=(SIGNING,), livemode=False)
    return create_app(nowhere, HttpConfig(jwt_secret=SECRET, stripe_webhooks=reader))


def _no_ids() -> Any:
    raise AssertionError("nothing is made before the application is moved into a deployment")


async def _until_told(wire: Connection) -> None:
    listening = socket.create_server((LOOPBACK, 0))
    server = uvicorn.Server(
        uvicorn.Config(
            application(), http="h11", ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=5
        )
    )

    def stop() -> None:
        loop.remove_reader(wire.fileno())
        with suppress(EOFError):  # nobody is left who could tell anything
            wire.recv()
        server.should_exit = True

    loop = asyncio.get_running_loop()
    loop.add_reader(wire.fileno(), stop)
    wire.send(listening.getsockname()[1])
    await server.serve(sockets=[listening])


class _Appended:
    """Sends by appending to a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def send(self, dispatch: Dispatch) -> SendOutcome:
        line = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(line, f"{dispatch.id}\n".encode())
        os.close(line)
        return Sent()
