"""Who decides what has to be sent because of an event."""

from collections.abc import Sequence
from typing import Protocol

from core.domain.dispatches import Notice
from core.domain.events import Event


class EventConsumer(Protocol):
    """Plans what an event means to the outside."""

    async def plan(self, event: Event) -> Sequence[Notice]:
        """The notices to send because of one event; none if it is nobody's business.

        It may read the store and must have no other effect: the same event may be planned several
        times before the notices of one time are kept. An exception, or no answer in time, makes
        the relay ask all consumers again later; the other events are not held up.
        """
        ...
