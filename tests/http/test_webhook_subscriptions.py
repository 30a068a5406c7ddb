"""Webhook subscriptions over HTTP."""

from collections.abc import Sequence
from uuid import UUID

import httpx
import pytest
from attrs import evolve

from adapters.webhooks.consumer import SubscribedEvents
from adapters.webhooks.endpoints import PublicEndpoints
from core.domain.changes import Changes
from core.domain.dispatches import Failed, Sent
from core.domain.ids import DispatchId
from core.domain.outbox import settled
from core.domain.rules import Rules
from core.usecases.relay import relay_events
from tests.http.market import Json, Market, User, absent

PATH = "/webhook-subscriptions"
URL = "https://hooks.example.org/estuary"
HIDDEN = {"secret", "previous_secret"}


async def look_up(host: str, port: int) -> Sequence[str]:
    """All names lead to one public address, and `inside` leads inside."""
    return ("10.0.0.7",) if host.startswith("inside.") else ("93.184.215.14",)


@pytest.fixture
async def open_to_hooks(market: Market) -> Market:
    """A market that may send webhooks, three to an owner."""
    ports = evolve(
        market.ports, endpoints=PublicEndpoints(resolve=look_up), rules=Rules(webhooks_per_owner=3)
    )
    market.app.state.ports = ports
    return evolve(market, ports=ports)


async def subscribed(market: Market, by: User, **fields: object) -> Json:
    made = await market.post(PATH, {"url": URL, **fields}, by=by)
    assert 201 == made.status_code, made.text
    answer: Json = made.json()
    return answer


async def test_the_secret_is_shown_once(open_to_hooks: Market) -> None:
    market = open_to_hooks

    made = await subscribed(market, market.ana, event_types=["booking.confirmed"], description="Ours")
    one = (await market.get(f"{PATH}/{made['id']}", market.ana)).json()
    listed = (await market.get(PATH, market.ana)).json()["items"]

    assert made["secret"].startswith("whsec_")
    assert 44 == len(made["secret"].removeprefix("whsec_"))
    assert (str(market.ana.id), str(market.ana.id)) == (made["owner_id"], made["practitioner_id"])
    assert (URL, ["booking.confirmed"], "Ours", "active") == (
        one["url"],
        one["event_types"],
        one["description"],
        one["status"],
    )
    assert {name: value for name, value in made.items() if name != "secret"} == one
    assert [one] == listed
    assert not HIDDEN & one.keys()


async def test_an_admin_hears_of_everybody(open_to_hooks: Market) -> None:
    made = await subscribed(open_to_hooks, open_to_hooks.admin)

    assert (None, None) == (made["practitioner_id"], made["event_types"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://hooks.example.org/"}, "/url"),
        ({"url": "https://inside.example.org/"}, "/url"),
        ({"url": "https://169.254.169.254/"}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": 7}, "/url"),
        ({}, "/url"),
        ({"url": URL, "event_types": []}, "/event_types"),
        ({"url": URL, "event_types": ["no.such"]}, "/event_types/0"),
        ({"url": URL, "secret": "mine"}, "/secret"),
        ({"url": URL, "description": "x" * 501}, "/description"),
    ],
)
async def test_what_cannot_stand_is_named(open_to_hooks: Market, body: Json, pointer: str) -> None:
    answer = await open_to_hooks.post(PATH, body, by=open_to_hooks.ana)

    assert 400 == answer.status_code
    assert pointer == answer.json()["errors"][0]["pointer"].replace("...", "0")


async def test_a_deployment_without_webhooks_says_so(market: Market) -> None:
    answer = await market.post(PATH, {"url": URL}, by=market.ana)

    assert (400, "/url") == (answer.status_code, answer.json()["errors"][0]["pointer"])


async def test_the_same_key_subscribes_once(open_to_hooks: Market) -> None:
    market = open_to_hooks
    first = await market.post(PATH, {"url": URL}, by=market.ana, key="k")
    again = await market.post(PATH, {"url": URL}, by=market.ana, key="k")

    assert first.json() == again.json()
    assert "true" == again.headers["idempotency-replayed"]
    assert 1 == len((await market.get(PATH, market.ana)).json()["items"])


async def test_an_owner_has_so_many_and_no_more(open_to_hooks: Market) -> None:
    market = open_to_hooks
    made = [await subscribed(market, market.ana) for _ in range(3)]

    refused = await market.post(PATH, {"url": URL}, by=market.ana)
    assert 204 == (await _delete(market, made[0]["id"], market.ana)).status_code
    await subscribed(market, market.ana)
    await subscribed(market, market.admin)

    assert (409, "too_many_subscriptions") == (refused.status_code, refused.json()["code"])


async def test_a_subscription_is_changed_field_by_field(open_to_hooks: Market) -> None:
    market = open_to_hooks
    made = await subscribed(market, market.ana, event_types=["payout.paid"])
    path = f"{PATH}/{made['id']}"

    moved = await market.send("PATCH", path, {"url": f"{URL}/2", "event_types": None}, by=market.ana)
    off = await market.send("PATCH", path, {"status": "disabled"}, by=market.ana)
    inside = await market.send("PATCH", path, {"url": "https://inside.example.org/"}, by=market.ana)
    gone = await market.send("PATCH", path, {"status": "deleted"}, by=market.ana)

    assert (200, f"{URL}/2", None) == (moved.status_code, moved.json()["url"], moved.json()["event_types"])
    assert ("disabled", f"{URL}/2") == (off.json()["status"], off.json()["url"])
    assert (400, "/url") == (inside.status_code, inside.json()["errors"][0]["pointer"])
    assert (400, "/status") == (gone.status_code, gone.json()["errors"][0]["pointer"])


async def test_a_rotation_shows_the_new_secret(open_to_hooks: Market) -> None:
    market = open_to_hooks
    made = await subscribed(market, market.ana)
    path = f"{PATH}/{made['id']}/rotate-secret"

    rotated = await market.post(path, by=market.ana, key="r")
    replayed = await market.post(path, by=market.ana, key="r")

    assert 200 == rotated.status_code, rotated.text
    assert made["secret"] != rotated.json()["secret"]
    assert rotated.json() == replayed.json()
    assert market.later(hours=24)[:19] == rotated.json()["previous_secret_until"][:19]


async def test_deliveries_are_listed_and_sent_again(open_to_hooks: Market) -> None:
    market = open_to_hooks
    made = await subscribed(market, market.ana)
    path = f"{PATH}/{made['id']}"
    service = await market.offer()
    await market.buy(service, start_time=market.later(days=3))
    await relay_events([SubscribedEvents(store=market.ports.store)], ports=market.ports)
    pinged = await market.post(f"{path}/ping", by=market.ana)
    everything = (await market.get(f"{path}/deliveries", market.ana)).json()["items"]
    (booked,) = [one for one in everything if one["event_type"] == "booking.confirmed"]
    await _settle(market, booked["id"], Failed(reason="no", permanent=True))
    await _settle(market, pinged.json()["id"], Sent())

    parked = (await market.get(f"{path}/deliveries", market.ana, status="parked")).json()["items"]
    again = await market.post(f"{path}/deliveries/{booked['id']}/redeliver", by=market.ana)
    once_more = await market.post(f"{path}/deliveries/{pinged.json()['id']}/redeliver", by=market.ana)

    assert (202, "webhook.ping", "waiting") == (
        pinged.status_code,
        pinged.json()["event_type"],
        pinged.json()["status"],
    )
    assert ["booking.confirmed", "webhook.ping"] == sorted(one["event_type"] for one in everything)
    assert [(booked["id"], "parked", "no", 1, None)] == [
        (one["id"], one["status"], one["last_error"], one["attempts"], one["next_attempt_at"])
        for one in parked
    ]
    for answer in (again, once_more):
        assert (202, "waiting", 0, None) == (
            answer.status_code,
            answer.json()["status"],
            answer.json()["attempts"],
            answer.json()["sent_at"],
        )


async def test_nothing_is_sent_to_a_disabled_subscription(open_to_hooks: Market) -> None:
    market = open_to_hooks
    made = await subscribed(market, market.ana)
    path = f"{PATH}/{made['id']}"
    ping = (await market.post(f"{path}/ping", by=market.ana)).json()
    await market.send("PATCH", path, {"status": "disabled"}, by=market.ana)

    for answer in (
        await market.post(f"{path}/ping", by=market.ana),
        await market.post(f"{path}/deliveries/{ping['id']}/redeliver", by=market.ana),
    ):
        assert (409, "subscription_disabled") == (answer.status_code, answer.json()["code"])


async def test_a_subscription_is_its_owners_and_the_admins(open_to_hooks: Market) -> None:
    market = open_to_hooks
    made = await subscribed(market, market.ana)
    path = f"{PATH}/{made['id']}"
    ping = (await market.post(f"{path}/ping", by=market.ana)).json()
    stranger = User(roles=("practitioner",))
    expected = {market.bea: 403, stranger: 404, market.ana: 200, market.admin: 200, None: 401}

    for by, status in expected.items():
        answers = [
            await market.get(path, by),
            await market.get(f"{path}/deliveries", by),
            await market.send("PATCH", path, {"description": "mine"}, by=by),
            await market.post(f"{path}/rotate-secret", by=by),
            await market.post(f"{path}/ping", by=by),
            await market.post(f"{path}/deliveries/{ping['id']}/redeliver", by=by),
        ]
        codes = {202: 200}
        assert {status} == {codes.get(answer.status_code, answer.status_code) for answer in answers}, by
    for by, status in ((market.bea, 403), (stranger, 404), (None, 401), (market.ana, 204), (market.ana, 404)):
        assert status == (await _delete(market, made["id"], by)).status_code
    assert 404 == (await market.get(path, market.admin)).status_code
    assert (403, 403) == (
        (await market.get(PATH, market.bea)).status_code,
        (await market.post(PATH, {"url": URL}, by=market.bea)).status_code,
    )


async def test_a_list_holds_ones_own_and_an_admins_holds_all(open_to_hooks: Market) -> None:
    market = open_to_hooks
    hers, ours = await subscribed(market, market.ana), await subscribed(market, market.admin)

    for by, expected in ((market.ana, [hers]), (market.admin, [ours, hers])):
        items = (await market.get(PATH, by)).json()["items"]
        assert [one["id"] for one in expected] == [one["id"] for one in items]


async def test_a_delivery_of_another_subscription_is_not_found(open_to_hooks: Market) -> None:
    market = open_to_hooks
    first, second = await subscribed(market, market.ana), await subscribed(market, market.ana)
    ping = (await market.post(f"{PATH}/{first['id']}/ping", by=market.ana)).json()

    for delivery in (ping["id"], absent()):
        answer = await market.post(f"{PATH}/{second['id']}/deliveries/{delivery}/redeliver", by=market.ana)
        assert 404 == answer.status_code


async def _delete(market: Market, subscription_id: str, by: User | None) -> httpx.Response:
    return await market.send("DELETE", f"{PATH}/{subscription_id}", {}, by=by)


async def _settle(market: Market, dispatch_id: str, outcome: Sent | Failed) -> None:
    """Let a worker have tried to send it."""
    store = market.ports.store
    (one,) = await store.load_dispatches([DispatchId(UUID(dispatch_id))])
    await store.commit(Changes(updates=(settled(one, outcome, now=market.clock.now()),)))
