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
    """Sweep, relay, and send the messages of each channel that has a sender, until `stop` is set.

    Each is a loop of its own, so that none waits for another. Pass follows pass, with pauses that
    vary by half, so that workers started together drift apart; what a sweep makes happen is planned
    at once, and what is planned is sent at once. A store or gateway that cannot be reached ends a
    pass, not the worker. Once `stop` is set nothing new is begun, and what is under way has
    GRACE_SECONDS.
    """
    pace = pace or Pace()
    worker = _Worker(interval_seconds=interval_seconds, stop=stop)
    worker.log.info("worker started", interval_seconds=interval_seconds, channels=[c.value for c in senders])
    planned = {channel: asyncio.Event() for channel in senders}
    happened = asyncio.Event()

    async def move() -> Mapping[str, int]:
        swept = await sweep(ports=ports, stopping=stop.is_set)
        for failure in swept.failures:
            worker.log.warning("item not moved", kind=failure.kind, id=failure.id, reason=failure.detail)
        return _counts(swept)

    async def relay() -> Mapping[str, int]:
        report = await relay_events(consumers, ports=ports, pace=pace, stopping=stop.is_set)
        return _counts(report, "events_")

    async def send(channel: Channel) -> Mapping[str, int]:
        report = await dispatch(channel, senders[channel], ports=ports, pace=pace, stopping=stop.is_set)
        return _counts(report, f"{channel.value}_")

    loops = [
        worker.repeat(move, then=[happened]),
        worker.repeat(relay, wake=happened, then=planned.values()),
        *(worker.repeat(partial(send, channel), wake=wake) for channel, wake in planned.items()),
    ]
    await _until_all_end(loops, stop)
    worker.log.info("worker stopped")


@attrs.frozen(kw_only=True)
class _Worker:
    """How one worker repeats what it does."""

    interval_seconds: float
    stop: asyncio.Event
    log: Any = attrs.field(factory=lambda: structlog.get_logger("estuary.worker"))

    async def repeat(
        self, act: Pass, *, wake: asyncio.Event | None = None, then: Iterable[asyncio.Event] = ()
    ) -> None:
        """One pass after the other. A pause ends early at `wake`; a pass that did something sets `then`."""
        wake = wake or asyncio.Event()
        while not self.stop.is_set():
            wake.clear()
            try:
                counts = await act()
            except PortError as error:
                self.log.warning("pass given up", reason=error.detail)
            else:
                self._tell({name: count for name, count in counts.items() if count}, then)
            pause = self.interval_seconds * random.uniform(0.5, 1.5)  # noqa: S311 - nobody gains by guessing a pause
            await _first_of(self.stop, wake, seconds=pause)

    def _tell(self, counts: Mapping[str, int], then: Iterable[asyncio.Event]) -> None:
        """Log what a pass did, and wake those who may have work from it."""
        if not counts:
            return
        is_parked = any(name.endswith("_parked") for name in counts)
        (self.log.warning if is_parked else self.log.info)("pass done", **counts)
        for event in then:
            event.set()


def _counts(report: Any, prefix: str = "") -> dict[str, int]:
    counts = {name: value for name, value in attrs.asdict(report).items() if isinstance(value, int)}
    return {f"{prefix}{name}": count for name, count in counts.items()}


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
    try:
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await asyncio.wait(tasks, timeout=GRACE_SECONDS)
    finally:
        for task in (stopping, *tasks):
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
