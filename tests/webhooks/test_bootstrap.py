"""Settings in, a worker's webhooks out."""

import pytest

from adapters.bootstrap import open_outlets, open_ports
from adapters.settings import load_settings
from core.domain.actors import Actor, Role
from core.domain.changes import Changes
from core.domain.dispatches import Channel
from core.domain.errors import Invalid
from core.domain.subscriptions import NewSubscription
from core.usecases.dispatch import DispatchReport, dispatch
from core.usecases.relay import relay_events
from core.usecases.webhooks import subscribe
from tests.builders import make_event, new_user
from tests.webhooks.receiver import SECRET, listening

ADMIN = Actor(user_id=new_user(), roles=frozenset({Role.ADMIN}))


async def test_a_deployment_for_development_sends_to_this_machine() -> None:
    settings = load_settings(store_url="memory://", webhooks_allow_private=True)
    async with listening() as receiver, open_ports(settings) as ports:
        await subscribe(NewSubscription(url=receiver.url, secret=SECRET), actor=ADMIN, ports=ports)
        await ports.store.commit(Changes(events=(make_event(),)))

        async with open_outlets(settings, ports) as outlets:
            await relay_events(outlets.consumers, ports=ports)
            report = await dispatch(Channel.WEBHOOK, outlets.senders[Channel.WEBHOOK], ports=ports)

    assert (DispatchReport(sent=1), 1) == (report, len(receiver.received))
    assert receiver.received[0].signed_by(SECRET)


async def test_any_other_deployment_does_not() -> None:
    settings = load_settings(store_url="memory://")
    async with listening() as receiver, open_ports(settings) as ports:
        with pytest.raises(Invalid, match="must begin with https://"):
            await subscribe(NewSubscription(url=receiver.url, secret=SECRET), actor=ADMIN, ports=ports)

    assert 0 == receiver.connections


def test_ports_are_told_apart_by_commas() -> None:
    assert (8443, 9443) == load_settings(webhooks_ports="8443, 9443").webhooks_ports
