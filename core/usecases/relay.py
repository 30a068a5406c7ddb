"""The relay: decides once for each committed event what has to be sent because of it."""

import asyncio
from collections.abc import Sequence

from attrs import evolve, field, frozen

from core.domain.changes import Changes, merged
from core.domain.events import Event
from core.domain.outbox import not_planned, planned
from core.usecases.context import Ports
from core.usecases.outbox import Pace, Stopping, described, never
from ports.consumers import EventConsumer
from ports.errors import ConcurrencyConflict, PortError, Unavailable


@frozen(kw_only=True)
class RelayReport:
    """What one pass did: events published, dispatches planned, events put off, events parked."""

    published: int = 0
    planned: int = 0
    put_off: int = 0
    parked: int = 0


async def relay_events(
    consumers: Sequence[EventConsumer],
    *,
    ports: Ports,
    pace: Pace | None = None,
    stopping: Stopping = never,
) -> RelayReport:
    """Let the consumers plan every event that is due, and keep what they plan.

    An event's dispatches are written in the same commit as its `published_at`: planned exactly
    once, whatever dies and however many relays run. An event for which a consumer fails is tried
    again later, and parked after `pace.max_attempts`; it does not hold up the others.
    """
    relay = _Relay(consumers=consumers, ports=ports, pace=pace or Pace())
    report = RelayReport()
    while not stopping() and (plans := await relay.plan_batch()):
        report = await relay.keep(plans, report)
    return report


@frozen(kw_only=True)
class _Plan:
    """What is to be written for an event; without it, `error` says why not."""

    event: Event
    changes: Changes


@frozen(kw_only=True)
class _Relay:
    """One pass over the events that are due."""

    consumers: Sequence[EventConsumer]
    ports: Ports
    pace: Pace
    seats: asyncio.Semaphore = field(init=False)

    @seats.default
    def _seats(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self.pace.concurrency)

    async def plan_batch(self) -> Sequence[_Plan]:
        """Claim some events and ask the consumers about each; nothing is due where it is empty."""
        lease = self.pace.lease(self.ports)
        events = await self.ports.store.claim_events(lease, self.pace.batch)
        return await asyncio.gather(*(self._plan(event) for event in events))

    async def keep(self, plans: Sequence[_Plan], report: RelayReport) -> RelayReport:
        """Write the plans in one commit, or each for itself if that is refused."""
        try:
            await self.ports.store.commit(merged(plan.changes for plan in plans))
        except Unavailable:
            raise
        except PortError:
            for plan in plans:
                report = await self._keep_one(plan, report)
            return report
        for plan in plans:
            report = _counted(report, plan)
        return report

    async def _plan(self, event: Event) -> _Plan:
        async with self.seats:
            try:
                async with asyncio.timeout(self.pace.timeout_seconds):
                    notices = [n for consumer in self.consumers for n in await consumer.plan(event)]
            except TimeoutError:
                return self._put_off(event, f"not planned within {self.pace.timeout_seconds} s")
            except Exception as error:
                # Whatever a consumer raises is about this event alone.
                return self._put_off(event, described(error))
        changes = planned(event, notices, now=self.ports.clock.now(), new_id=self.ports.ids)
        return _Plan(event=event, changes=changes)

    async def _keep_one(self, plan: _Plan, report: RelayReport) -> RelayReport:
        """Write one plan. A conflict means that our claim had expired and another worker has it."""
        try:
            await self.ports.store.commit(plan.changes)
        except ConcurrencyConflict:
            return report
        except Unavailable:
            raise
        except PortError as error:
            return await self._keep_one(self._put_off(plan.event, described(error)), report)
        return _counted(report, plan)

    def _put_off(self, event: Event, error: str) -> _Plan:
        later = not_planned(event, error, now=self.ports.clock.now(), max_attempts=self.pace.max_attempts)
        return _Plan(event=event, changes=Changes(updates=(later,)))


def _counted(report: RelayReport, plan: _Plan) -> RelayReport:
    """The report with one more plan that was kept."""
    (event,) = plan.changes.updates
    if not isinstance(event, Event):
        raise TypeError("a plan moves its event and nothing else")
    if event.published_at is not None:
        made = len(plan.changes.inserts)
        return evolve(report, published=report.published + 1, planned=report.planned + made)
    if event.parked_at is not None:
        return evolve(report, parked=report.parked + 1)
    return evolve(report, put_off=report.put_off + 1)
