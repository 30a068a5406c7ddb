"""How much waits in the outbox, how old it is, and how much is parked: in Prometheus' figures."""

import asyncio
from contextlib import suppress
from datetime import datetime
from math import nan
from time import monotonic
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from core.usecases.context import Ports
from ports.errors import PortError
from ports.queries import Backlog, OutboxState

KEPT_SECONDS: Final = 5.0
"""Figures this young are told again: anybody may ask, and the store counts for each answer."""

PATIENCE_SECONDS: Final = 2.0


class OutboxFigures:
    """The store's outbox as one process tells it; not a number while the store does not answer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._items = Gauge(
            "estuary_outbox_items",
            "Events to be planned and messages to be sent, waiting or parked.",
            ("kind", "state"),
            registry=registry,
        )
        self._oldest = Gauge(
            "estuary_outbox_oldest_waiting_seconds",
            "Age of the oldest event or message that waits; 0 when none does.",
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
            state: OutboxState | None = None
            with suppress(PortError, TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    state = await ports.store.outbox_state()
            self._read_at = monotonic()
        self._note("event", None if state is None else state.events, ports.clock.now())
        self._note("message", None if state is None else state.dispatches, ports.clock.now())

    def _note(self, kind: str, backlog: Backlog | None, now: datetime) -> None:
        if backlog is None:
            waiting = parked = age = nan
        else:
            waiting, parked, age = backlog.waiting, backlog.parked, _age(backlog, now)
        self._items.labels(kind, "waiting").set(waiting)
        self._items.labels(kind, "parked").set(parked)
        self._oldest.labels(kind).set(age)


def _age(backlog: Backlog, now: datetime) -> float:
    return 0.0 if backlog.oldest_at is None else max(0.0, (now - backlog.oldest_at).total_seconds())
