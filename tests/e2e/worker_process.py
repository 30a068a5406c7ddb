"""A worker's process for tests: `python -m tests.e2e.worker_process FILE [MISHAP]`.

It works as `estuary worker` does, on the store that the settings name. Every event is told to two
recipients, and what is sent is appended to FILE, a dispatch's id on a line.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from attrs import evolve

from adapters.bootstrap import open_ports
from adapters.cli.working import work
from adapters.logs import configure_logs
from adapters.settings import load_settings
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch, Lease, Notice, SendOutcome, Sent
from core.domain.events import Event
from ports.store import Store

RECIPIENTS = ("ana", "eva")
SLOW_SECONDS = 1.0


class ToldToTwo:
    """Plans a mail to each recipient."""

    async def plan(self, event: Event) -> Sequence[Notice]:
        return [
            Notice(channel=Channel.MAIL, recipient=recipient, payload=event.payload)
            for recipient in RECIPIENTS
        ]


class Appended:
    """Sends by appending to a file; with a mishap it dies after that, or takes its time before."""

    def __init__(self, file: Path, mishap: str | None) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._mishap = mishap

    async def send(self, dispatch: Dispatch) -> SendOutcome:
        if self._mishap == "slow":
            self._append("began")
            await asyncio.sleep(SLOW_SECONDS)
        self._append(str(dispatch.id))
        if self._mishap == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return Sent()

    def _append(self, line: str) -> None:
        """One write to a file that is open for appending is not mixed with another process's."""
        os.write(self._file, f"{line}\n".encode())


class Pausing:
    """The store, as a process finds it that is stopped right after its first claim.

    One write at a time: a process that is stopped while it writes would keep SQLite's lock.
    """

    def __init__(self, store: Store, mishap: str) -> None:
        self._store = store
        self._mishap: str | None = mishap
        self._writing = asyncio.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, changes: Changes) -> None:
        async with self._writing:
            await self._store.commit(changes)

    async def forget_idempotency(self, now: datetime, limit: int) -> int:
        async with self._writing:
            return await self._store.forget_idempotency(now, limit)

    async def claim_events(self, lease: Lease, limit: int) -> Sequence[Event]:
        async with self._writing:
            found = await self._store.claim_events(lease, limit)
            self._stop_after("pause-events", found)
        return found

    async def claim_dispatches(self, channel: Channel, lease: Lease, limit: int) -> Sequence[Dispatch]:
        async with self._writing:
            found = await self._store.claim_dispatches(channel, lease, limit)
            self._stop_after("pause-dispatches", found)
        return found

    def _stop_after(self, mishap: str, found: Sequence[object]) -> None:
        if found and self._mishap == mishap:
            self._mishap = None
            os.kill(os.getpid(), signal.SIGSTOP)


async def main(file: Path, mishap: str | None) -> None:
    settings = load_settings()
    configure_logs("info", "json")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with open_ports(settings) as ports:
        chosen = ports
        if mishap is not None:
            chosen = evolve(ports, store=cast(Store, Pausing(ports.store, mishap)))
        await work(
            chosen,
            consumers=[ToldToTwo()],
            senders={Channel.MAIL: Appended(file, mishap)},
            pace=settings.pace,
            interval_seconds=settings.sweep_interval_seconds,
            stop=stop,
        )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
