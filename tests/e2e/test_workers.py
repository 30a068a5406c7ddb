"""Workers as processes, on each store that outlives one: each thing is done once, and nothing is lost."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.bootstrap import open_store
from adapters.cli.demo.server import Installation
from adapters.memory.clock import MovableClock
from adapters.settings import load_settings
from core.domain.actors import Role
from core.domain.changes import Changes
from core.domain.dispatches import Dispatch
from core.domain.earnings import Earnings
from core.domain.events import Event, EventType
from core.domain.statuses import DispatchStatus, EarningsStatus
from ports.store import Kind, Store
from tests.builders import make_event
from tests.e2e.processes import Worker, end, start, stop
from tests.e2e.worker_process import RECIPIENTS
from tests.usecases.world import World

ROOT = Path(__file__).parents[2]
SESSIONS = 150
SHORT_CLAIMS = {"OUTBOX_CLAIM_SECONDS": "2", "OUTBOX_SEND_TIMEOUT_SECONDS": "1"}


class Workers:
    """Worker processes on one installation, and the file to which they send."""

    def __init__(self, installation: Installation) -> None:
        self.file = installation.home / "sent"
        self._installation = installation
        self._workers: list[Worker] = []

    def start(self, mishap: str | None = None, **settings: str) -> Worker:
        """One more worker. Settings are given without their prefix."""
        named = {"STORE_URL": self.store_url, "SWEEP_INTERVAL_SECONDS": "0.2", **settings}
        unwanted = ("ESTUARY_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        command = [sys.executable, "-m", "tests.e2e.worker_process", str(self.file)]
        worker = start(
            command if mishap is None else [*command, mishap],
            home=self._installation.home,
            environment=kept
            | {f"ESTUARY_{name}": value for name, value in named.items()}
            | {"PYTHONPATH": str(ROOT)},
        )
        self._workers.append(worker)
        return worker

    @property
    def store_url(self) -> str:
        """The store's address, from anywhere."""
        url = self._installation.store_url
        return f"sqlite:///{self._installation.home / 'estuary.db'}" if url.startswith("sqlite") else url

    def sent(self) -> Counter[str]:
        """What was sent, and how often."""
        return Counter(self.file.read_text().split() if self.file.exists() else ())

    def end(self) -> None:
        """Nothing outlives its test."""
        end(*self._workers)


@pytest.fixture
def workers(installation: Installation) -> Iterator[Workers]:
    """No worker yet."""
    started = Workers(installation)
    yield started
    started.end()


@pytest.fixture
async def store(workers: Workers) -> AsyncIterator[Store]:
    """The same store, from here."""
    opened = await open_store(load_settings(store_url=workers.store_url, _env_file=None))
    yield opened
    await opened.close()


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(240):
        while not await is_so():  # noqa: ASYNC110 - another process tells us nothing
            await asyncio.sleep(0.2)


async def is_empty(store: Store) -> bool:
    """Whether the outbox has nothing left to do."""
    state = await store.outbox_state()
    return state.events.waiting == state.dispatches.waiting == 0


async def dispatches(store: Store) -> list[Dispatch]:
    return [row async for row in store.scan(Kind.DISPATCH) if isinstance(row, Dispatch)]


async def earnings(store: Store) -> list[Earnings]:
    return [row async for row in store.scan(Kind.EARNINGS) if isinstance(row, Earnings)]


async def events_happen(store: Store, count: int) -> None:
    """So many events, due at once."""
    now = datetime.now(UTC)
    await store.commit(Changes(events=tuple(make_event(occurred_at=now) for _ in range(count))))


async def sessions_ended(store: Store, count: int) -> None:
    """So many sold sessions, one after the other, that ended in the past weeks."""
    clock = MovableClock(datetime.now(UTC) - timedelta(days=40))
    world = World(store=cast(Any, store), clock=clock)
    ana, eva = await world.seller(), world.person(Role.CLIENT)
    service = await world.offer(ana)
    for number in range(count):
        start = clock.now() + timedelta(days=1, hours=2 * number)
        await world.buy(eva, service, start_time=start)


async def is_stopped(worker: Worker) -> bool:
    """Whether the process was stopped by SIGSTOP, which it sends to itself."""
    pid, status = os.waitpid(worker.process.pid, os.WNOHANG | os.WUNTRACED)  # noqa: ASYNC222 - it does not wait
    return pid != 0 and os.WIFSTOPPED(status)


async def test_four_workers_do_everything_once(workers: Workers, store: Store) -> None:
    await sessions_ended(store, SESSIONS)
    four = [workers.start() for _ in range(4)]

    async def is_all_done() -> bool:
        earned = await earnings(store)
        is_released = all(row.status is EarningsStatus.AVAILABLE for row in earned)
        return is_released and len(earned) == SESSIONS and await is_empty(store)

    await until(is_all_done)
    await stop(*four)

    earned = await earnings(store)
    events = [row async for row in store.scan(Kind.EVENT) if isinstance(row, Event)]
    made = await dispatches(store)
    assert SESSIONS == len(earned) == len({row.booking_id for row in earned})
    told = Counter(event.type for event in events)
    assert (SESSIONS, SESSIONS) == (
        told[EventType.SESSION_COMPLETED],
        told[EventType.EARNINGS_AVAILABLE],
    )
    assert len(events) * len(RECIPIENTS) == len(made)
    assert {DispatchStatus.SENT} == {one.status for one in made}
    assert Counter({str(one.id): 1 for one in made}) == workers.sent()


@pytest.mark.parametrize("mishap", ["pause-events", "pause-dispatches"])
async def test_a_worker_that_was_paused_beyond_its_claim_does_nothing_twice(
    workers: Workers, store: Store, mishap: str
) -> None:
    await events_happen(store, 20)
    paused = workers.start(mishap, **SHORT_CLAIMS)
    await until(lambda: is_stopped(paused))
    other = workers.start(**SHORT_CLAIMS)
    await until(lambda: is_empty(store))
    await stop(other)

    await events_happen(store, 1)
    paused.process.send_signal(signal.SIGCONT)
    await until(lambda: is_empty(store))
    await stop(paused)

    made = await dispatches(store)
    assert 21 * len(RECIPIENTS) == len(made)
    assert Counter({str(one.id): 1 for one in made}) == workers.sent()


async def test_what_was_sent_when_the_worker_died_is_sent_again_and_nothing_is_lost(
    workers: Workers, store: Store
) -> None:
    await events_happen(store, 10)
    dying = workers.start("die", OUTBOX_CONCURRENCY="1", **SHORT_CLAIMS)
    assert -signal.SIGKILL == await asyncio.to_thread(dying.process.wait, 30)
    (first,) = workers.sent()

    other = workers.start(**SHORT_CLAIMS)
    await until(lambda: is_empty(store))
    await stop(other)

    made = await dispatches(store)
    assert 10 * len(RECIPIENTS) == len(made)
    assert Counter({str(one.id): 1 for one in made}) + Counter([first]) == workers.sent()


async def test_a_worker_that_is_told_to_stop_finishes_what_is_under_way(
    workers: Workers, store: Store
) -> None:
    await events_happen(store, 5)
    slow = workers.start("slow", OUTBOX_CONCURRENCY="1")

    async def has_begun() -> bool:
        return bool(workers.sent())

    await until(has_begun)
    await stop(slow)

    sent = [str(one.id) for one in await dispatches(store) if one.status is DispatchStatus.SENT]
    told = workers.sent()
    assert len(sent) == told["began"] >= 1
    assert Counter([*sent, *["began"] * len(sent)]) == told
