"""Closed loops: so many clients, each of which asks again as soon as it was answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from math import inf
from typing import Any, Final

from attrs import field, frozen

WARM_UP: Final = 0.2
"""How much of a measurement's time is run before it and thrown away."""

LONGEST_FACTOR: Final = 4
"""A client that hangs is given up after so many times the measurement's time."""


@frozen(kw_only=True)
class Measured:
    """What a loop did: `latencies` in seconds, of successes alone; `failures` by what went wrong."""

    clients: int
    elapsed: float
    latencies: Sequence[float] = field(repr=False)
    failures: Counter[str] = field(factory=Counter)

    @property
    def rate(self) -> float:
        """Successes per second."""
        return len(self.latencies) / self.elapsed

    @property
    def failed(self) -> int:
        """How many attempts failed."""
        return self.failures.total()

    def milliseconds(self, percent: int) -> float | None:
        """A percentile of the latencies; None if nothing succeeded."""
        if not self.latencies:
            return None
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "clients": self.clients,
            "seconds": round(self.elapsed, 3),
            "rate": round(self.rate, 1),
            "p50_ms": self.milliseconds(50),
            "p99_ms": self.milliseconds(99),
            "failures": dict(self.failures),
        }


class Tally:
    """What the clients of one loop report to. Only what succeeded between its start and end counts."""

    def __init__(self, starts_at: float, ends_at: float = inf) -> None:
        self.starts_at = starts_at
        self.ends_at = ends_at
        self.latencies: list[float] = []
        self.failures: Counter[str] = Counter()

    async def note(self, action: Awaitable[None]) -> None:
        """Await one action and note how it went."""
        began = time.perf_counter()
        try:
            await action
        except Exception as error:
            self.failures[f"{type(error).__name__}: {str(error)[:80]}"] += 1
            await asyncio.sleep(0.01)  # a server that is gone must not be hammered
        else:
            now = time.perf_counter()
            if self.starts_at <= now <= self.ends_at:
                self.latencies.append(now - began)


async def measure(action: Callable[[int], Awaitable[None]], *, clients: int, seconds: float) -> Measured:
    """Let each client, told its number, repeat the action for so long. Failures of the warm-up count too."""
    starts_at = time.perf_counter() + seconds * WARM_UP
    tally = Tally(starts_at, starts_at + seconds)

    async def client(number: int) -> None:
        while time.perf_counter() < tally.ends_at:
            await tally.note(action(number))

    async with asyncio.timeout(seconds * LONGEST_FACTOR + 30):
        await asyncio.gather(*(client(number) for number in range(clients)))
    return Measured(clients=clients, elapsed=seconds, latencies=tally.latencies, failures=tally.failures)


async def exhaust(
    works: Sequence[Any], action: Callable[[Any], Awaitable[None]], *, clients: int, seconds: float
) -> Measured:
    """Let the clients share the works until none is left or the time is over."""
    tally = Tally(time.perf_counter())
    left: Iterator[Any] = iter(works)

    async def client() -> None:
        for work in left:
            await tally.note(action(work))
            if time.perf_counter() - tally.starts_at > seconds:
                return

    await asyncio.gather(*(client() for _ in range(clients)))
    elapsed = time.perf_counter() - tally.starts_at
    return Measured(clients=clients, elapsed=elapsed, latencies=tally.latencies, failures=tally.failures)


def measure_alone(action: Callable[[], None], *, seconds: float) -> Measured:
    """Repeat a blocking action in this thread for so long."""
    warm_until = time.perf_counter() + seconds * WARM_UP
    while time.perf_counter() < warm_until:
        action()

    latencies: list[float] = []
    began = last = time.perf_counter()
    while last < began + seconds:
        action()
        now = time.perf_counter()
        latencies.append(now - last)
        last = now
    return Measured(clients=1, elapsed=last - began, latencies=latencies)


def merged(parts: Sequence[Measured]) -> Measured:
    """Several measurements of the same as one."""
    failures: Counter[str] = Counter()
    for part in parts:
        failures.update(part.failures)
    return Measured(
        clients=parts[0].clients,
        elapsed=sum(part.elapsed for part in parts),
        latencies=[latency for part in parts for latency in part.latencies],
        failures=failures,
    )
