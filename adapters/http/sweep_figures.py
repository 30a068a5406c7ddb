"""How much is due for the sweep, and how old the oldest of it is: in Prometheus' figures."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from math import nan
from time import monotonic
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from core.usecases.context import Ports
from core.usecases.overdue import read_overdue
from ports.errors import PortError
from ports.store import DueKind, Overdue

KEPT_SECONDS: Final = 5.0
"""Figures this young are told again: anybody may ask, and the store counts for each answer."""

PATIENCE_SECONDS: Final = 2.0


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
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def refresh(self, ports: Ports) -> None:
        """Read the figures again, unless that was done a moment ago."""
        async with self._reading:
            if self._read_at is not None and monotonic() < self._read_at + KEPT_SECONDS:
                return
            found: Mapping[DueKind, Overdue] | None = None
            with suppress(PortError, TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    found = await read_overdue(ports=ports)
            self._read_at = monotonic()
        for kind in DueKind:
            count, age = (nan, nan) if found is None else _told(found[kind], ports.clock.now())
            self._items.labels(kind.value).set(count)
            self._oldest.labels(kind.value).set(age)


def _told(overdue: Overdue, now: datetime) -> tuple[float, float]:
    if overdue.oldest_at is None:
        return overdue.count, 0.0
    return overdue.count, max(0.0, (now - overdue.oldest_at).total_seconds())
