"""Dispatching: due messages are handed to their channel's sender, at least once each."""

import asyncio
from collections import Counter
from typing import Final

from attrs import Factory, define, frozen

from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch, Failed, SendOutcome
from core.domain.outbox import settled
from core.domain.statuses import DispatchStatus
from core.usecases.attempts import ATTEMPTS
from core.usecases.context import Ports
from core.usecases.outbox import Pace, Stopping, described, never
from ports.errors import ConcurrencyConflict, PortError, Unavailable
from ports.senders import Sender

LOOK_AGAIN_SECONDS: Final = 1
"""How long free hands wait for busy ones before they look for work that is new."""


@frozen(kw_only=True)
class DispatchReport:
    """What one pass did: messages sent, put off, parked and dropped."""

    sent: int = 0
    put_off: int = 0
    parked: int = 0
    dropped: int = 0


async def dispatch(
    channel: Channel,
    sender: Sender,
    *,
    ports: Ports,
    pace: Pace | None = None,
    stopping: Stopping = never,
) -> DispatchReport:
    """Send every message of the channel that is due, `pace.concurrency` at a time.

    Each is claimed, sent with no transaction open, and noted in a commit of its own. One that hangs
    or fails holds up no other. Where the store fails, what is under way is finished first and its
    PortError is raised then; a message that was sent and could not be noted is sent again.
    """
    post = _Post(channel=channel, sender=sender, ports=ports, pace=pace or Pace(), stopping=stopping)
    return await post.empty()


_Task = asyncio.Task[DispatchStatus | None]


@define(kw_only=True)
class _Post:
    """One pass: what is under way, and what became of the rest."""

    channel: Channel
    sender: Sender
    ports: Ports
    pace: Pace
    stopping: Stopping
    under_way: set[_Task] = Factory(set)
    done: Counter[DispatchStatus | None] = Factory(Counter)
    trouble: PortError | None = None

    async def empty(self) -> DispatchReport:
        """Take and send until nothing is due or the pass is to end."""
        try:
            await self._take()
            while self.under_way:
                await self._finish_some()
                await self._take()
        finally:
            # Only if this pass itself was cancelled is there anything left.
            for task in self.under_way:
                task.cancel()
            await asyncio.gather(*self.under_way, return_exceptions=True)
        if self.trouble is not None:
            raise self.trouble
        return DispatchReport(
            sent=self.done[DispatchStatus.SENT],
            put_off=self.done[DispatchStatus.WAITING],
            parked=self.done[DispatchStatus.PARKED],
            dropped=self.done[DispatchStatus.DROPPED],
        )

    async def _take(self) -> None:
        """Claim as many messages as there are free hands, and begin to send them."""
        free = self.pace.concurrency - len(self.under_way)
        if free == 0 or self.trouble is not None or self.stopping():
            return
        try:
            claimed = await self.ports.store.claim_dispatches(self.channel, self.pace.lease(self.ports), free)
        except PortError as error:
            self.trouble = error
            return
        self.under_way |= {asyncio.create_task(self._deliver(one)) for one in claimed}

    async def _finish_some(self) -> None:
        finished, self.under_way = await asyncio.wait(
            self.under_way, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for task in finished:
            try:
                self.done[task.result()] += 1
            except PortError as error:
                self.trouble = error

    async def _deliver(self, claimed: Dispatch) -> DispatchStatus | None:
        """Send one and note what came of it; None if it is no longer ours.

        A send begins only if it can end within the claim: a worker that was paused leaves to others
        what they may have sent meanwhile.
        """
        if (
            claimed.claimed_until is None
            or self.ports.clock.now() + self.pace.timeout > claimed.claimed_until
        ):
            return None
        outcome = await self._send(claimed)
        after = settled(claimed, outcome, now=self.ports.clock.now(), max_attempts=self.pace.max_attempts)
        return after.status if await self._note(after) else None

    async def _send(self, claimed: Dispatch) -> SendOutcome:
        try:
            async with asyncio.timeout(self.pace.timeout_seconds):
                return await self.sender.send(claimed)
        except TimeoutError:
            return Failed(reason=f"no answer within {self.pace.timeout_seconds} s")
        except Exception as error:
            # Whatever a sender raises is about this message alone.
            return Failed(reason=described(error))

    async def _note(self, after: Dispatch) -> bool:
        """Keep what came of it, in spite of a short outage: without the note it is sent again.

        False if another worker has claimed it since, or kept it already.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self.ports.store.commit(Changes(updates=(after,)))
            except ConcurrencyConflict:
                return False
            except Unavailable:
                if attempt == ATTEMPTS:
                    raise
                await self.ports.clock.back_off(attempt)
            else:
                return True
        raise AssertionError("the last attempt returns or raises")
