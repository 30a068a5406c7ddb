"""How much is due for the sweep, and how old the oldest of it is: in Prometheus' figures."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from math import nan

from prometheus_client import CollectorRegistry, Gauge

from adapters.http.readings import Readings
from core.usecases.context import Ports
from core.usecases.overdue import read_overdue
from ports.store import DueKind, Overdue


class SweepFigures:
    """What is due in the store as one process tells it; not a number while the store does not answer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._items = Gauge(
            "estuary_sweep_due_items",
            "What is due for the sweep, by kind.",
            ("kind",),
            registry=registry,
        )
        self._oldest = Gauge(
            "estuary_sweep_oldest_due_seconds",
            "How long the oldest due item has waited; 0 when none is due.",
            ("kind",),
            registry=registry,
        )
        self._readings = Readings()

    async def refresh(self, ports: Ports) -> None:
        """Read the figures again, unless that was done a moment ago."""

        async def read() -> Mapping[DueKind, Overdue]:
            return await read_overdue(ports=ports)

        await self._readings.refresh(read, partial(self._note, now=ports.clock.now()))

    def _note(self, found: Mapping[DueKind, Overdue] | None, *, now: datetime) -> None:
        for kind in DueKind:
            count, age = (nan, nan) if found is None else _told(found[kind], now)
            self._items.labels(kind.value).set(count)
            self._oldest.labels(kind.value).set(age)


def _told(overdue: Overdue, now: datetime) -> tuple[float, float]:
    if overdue.oldest_at is None:
        return overdue.count, 0.0
    return overdue.count, max(0.0, (now - overdue.oldest_at).total_seconds())
