"""How much waits in the outbox, how old it is, and how much is parked: in Prometheus' figures."""

from datetime import datetime
from functools import partial
from math import nan

from prometheus_client import CollectorRegistry, Gauge

from adapters.http.readings import Readings
from core.usecases.context import Ports
from ports.queries import Backlog, OutboxState


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
        self._readings = Readings()

    async def refresh(self, ports: Ports) -> None:
        """Read the figures again, unless that was done a moment ago."""
        await self._readings.refresh(ports.store.outbox_state, partial(self._note_all, now=ports.clock.now()))

    def _note_all(self, state: OutboxState | None, *, now: datetime) -> None:
        self._note("event", None if state is None else state.events, now)
        self._note("message", None if state is None else state.dispatches, now)

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
