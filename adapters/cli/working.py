"""What a worker does until it is told to stop: sweep, relay, and send, each in its own rhythm."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import attrs
import structlog

from core.domain.dispatches import Channel
from core.usecases.context import Ports
from core.usecases.dispatch import dispatch
from core.usecases.outbox import Pace
from core.usecases.relay import relay_events
from core.usecases.sweep import sweep
from ports.consumers import EventConsumer
from ports.errors import PortError
from ports.senders import Sender

Pass = Callable[[], Coroutine[Any, Any, Mapping[str, int]]]
"""Does what there is to do, and tells how much of what it did."""

GRACE_SECONDS: Final = 8
"""How long what is under way may take once the worker is told to stop; then it is broken off, which
costs nothing but a repetition."""


async def work(
    ports: Ports,
    *,
    consumers: Sequence[EventConsumer],
    senders: Mapping[Channel, Sender],
    interval_seconds: float,
    stop: asyncio.Event,
    pace: Pace | None = None,
) -> None:
    """Sweep and relay, and send the messages of each channel that has a sender, until `stop` is set.

    Pass follows pass, with pauses that vary by half, so that workers started together drift apart;
    what a relay plans is sent at once. A store or gateway that cannot be reached ends a pass, not
    the worker. Once `stop` is set nothing new is begun, and what is under way has GRACE_SECONDS.
    """
    worker = _Worker(ports=ports, pace=pace or Pace(), interval_seconds=interval_seconds, stop=stop)
    worker.log.info("worker started", interval_seconds=interval_seconds, channels=[c.value for c in senders])
    fresh = {channel: asyncio.Event() for channel in senders}

    async def move() -> Mapping[str, int]:
        return await worker.move(consumers, fresh.values())

    async def send(channel: Channel) -> Mapping[str, int]:
        report = await dispatch(
            channel, senders[channel], ports=ports, pace=worker.pace, stopping=stop.is_set
        )
        return {f"{channel}_{name}": count for name, count in _counts(report).items()}

    loops = [worker.repeat(move, wake=asyncio.Event())]
    loops += [worker.repeat(partial(send, channel), wake=wake) for channel, wake in fresh.items()]
    await _until_all_end(loops, stop)
    worker.log.info("worker stopped")


@attrs.frozen(kw_only=True)
class _Worker:
    """One worker's ports, and how it repeats what it does."""

    ports: Ports
    pace: Pace
    interval_seconds: float
    stop: asyncio.Event
    log: Any = attrs.field(factory=lambda: structlog.get_logger("estuary.worker"))

    async def repeat(self, act: Pass, *, wake: asyncio.Event) -> None:
        """One pass after the other; a pause between them ends early when something wakes us."""
        while not self.stop.is_set():
            wake.clear()
            try:
                counts = await act()
            except PortError as error:
                self.log.warning("pass given up", reason=error.detail)
            else:
                if any(counts.values()):
                    self.log.info("pass done", **{name: count for name, count in counts.items() if count})
            pause = self.interval_seconds * random.uniform(0.5, 1.5)  # noqa: S311 - nobody gains by guessing a pause
            await _first_of(self.stop, wake, seconds=pause)

    async def move(
        self, consumers: Sequence[EventConsumer], planned: Iterable[asyncio.Event]
    ) -> Mapping[str, int]:
        """What time moves, and what follows from the events of that and of all else."""
        swept = await sweep(ports=self.ports, stopping=self.stop.is_set)
        for failure in swept.failures:
            self.log.warning("item not moved", kind=failure.kind, id=failure.id, reason=failure.detail)
        relayed = await relay_events(consumers, ports=self.ports, pace=self.pace, stopping=self.stop.is_set)
        if relayed.planned:
            for event in planned:
                event.set()
        return {**_counts(swept), **{f"events_{name}": n for name, n in _counts(relayed).items()}}


def _counts(report: Any) -> dict[str, int]:
    return {name: value for name, value in attrs.asdict(report).items() if isinstance(value, int)}


async def _first_of(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of the events is set, or the time is up."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _until_all_end(loops: Sequence[Coroutine[Any, Any, None]], stop: asyncio.Event) -> None:
    """Run the loops until `stop` is set, or until one fails, whose error is raised when all have ended."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await stopping
    _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    for task in late:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
