"""`estuary worker` as users run it, four at a time, against a real SMTP server: each mail once."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from adapters.bootstrap import open_store
from adapters.cli.demo.server import Installation
from adapters.clock import new_id
from adapters.memory.clock import MovableClock
from adapters.memory.testing.contacts import make_contact
from adapters.settings import load_settings
from core.domain.actors import Actor, Role
from core.domain.changes import Changes
from core.domain.ids import UserId
from ports.store import Store
from tests.e2e.processes import Worker, end, start, stop
from tests.mail.office import SENDER, Office, served
from tests.usecases.world import World

BUYERS = 20
WORKERS = 4


@contextmanager
def working(installation: Installation, port: int) -> Iterator[list[Worker]]:
    """Four workers that send through the server at the port; none outlives the block."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ESTUARY_")}
    named = {
        "STORE_URL": installation.store_url,
        "SMTP_URL": f"smtp://127.0.0.1:{port}?starttls=never",
        "MAIL_FROM": SENDER,
        "SWEEP_INTERVAL_SECONDS": "0.2",
        "LOG_LEVEL": "info",
    }
    environment = kept | {f"ESTUARY_{name}": value for name, value in named.items()}
    command = [sys.executable, "-m", "adapters.cli", "worker"]
    workers = [start(command, home=installation.home, environment=environment) for _ in range(WORKERS)]
    try:
        yield workers
    finally:
        end(*workers)


async def bought(store: Store) -> set[str]:
    """Twenty customers with an address and a seat that begins in half a day; tells the addresses."""
    world = World(store=cast(Any, store), clock=MovableClock(datetime.now(UTC)))
    ana = await world.seller()
    hour = await world.offer(ana)
    emails = set()
    for number in range(BUYERS):
        buyer = Actor(user_id=UserId(new_id()), roles=frozenset({Role.CLIENT}))
        email = f"user-{number}@example.org"
        await store.commit(Changes(inserts=(make_contact(user_id=buyer.user_id, email=email),)))
        await world.buy(buyer, hour, start_time=world.clock.now() + timedelta(hours=12 + 2 * number))
        emails.add(email)
    return emails


async def all_sent(store: Store, office: Office, count: int) -> None:
    """Wait until so many mails arrived and nothing is left to do."""
    async with asyncio.timeout(120):
        while len(office.messages) < count or not await is_empty(store):  # noqa: ASYNC110 - processes are silent
            await asyncio.sleep(0.05)


async def is_empty(store: Store) -> bool:
    state = await store.outbox_state()
    return state.events.waiting == state.dispatches.waiting == 0


async def test_four_workers_send_each_mail_once_and_stop_when_told(installation: Installation) -> None:
    url = installation.store_url
    if url.startswith("sqlite"):
        url = f"sqlite:///{installation.home / 'estuary.db'}"
    store = await open_store(load_settings(store_url=url, _env_file=None))
    office = Office()
    try:
        emails = await bought(store)
        async with served(office) as port:
            with working(installation, port) as workers:
                await all_sent(store, office, BUYERS)
                await stop(*workers)
    finally:
        await store.close()

    assert dict.fromkeys(emails, 1) == Counter(recipient for (recipient,) in office.recipients)
    assert BUYERS == len({message["Message-ID"] for message in office.messages})
