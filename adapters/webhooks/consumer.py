"""Which subscriptions are told of an event."""

from collections.abc import Sequence

from attrs import frozen

from core.domain.dispatches import Notice
from core.domain.events import Event
from core.domain.subscriptions import concerned, told, wants
from ports.store import Store


@frozen(kw_only=True)
class SubscribedEvents:
    """`ports.consumers.EventConsumer`: a notice to each subscription that wants the event."""

    store: Store

    async def plan(self, event: Event) -> Sequence[Notice]:
        """One notice for each; it takes one query."""
        found = await self.store.subscriptions_about(concerned(event))
        return [told(one, event) for one in found if wants(one, event)]
