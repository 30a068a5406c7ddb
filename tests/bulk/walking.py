"""Every GET route of the API, asked about what a store holds, by an admin and by those it is about."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import product
from typing import Any, Final
from uuid import UUID

import httpx

from adapters.clock import new_id
from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from core.domain.ids import UserId
from core.domain.orders import Order
from core.domain.rows import key_of
from core.domain.rules import Rules
from core.usecases.context import Ports
from ports.store import Kind, Store
from tests.http.market import API, User, client_of, new_app, token

NAMED: Final[Mapping[str, Kind]] = {
    "order_id": Kind.ORDER,
    "booking_id": Kind.BOOKING,
    "session_id": Kind.SESSION,
    "service_id": Kind.SERVICE,
    "practitioner_id": Kind.PRACTITIONER,
    "payment_id": Kind.PAYMENT,
    "refund_id": Kind.REFUND,
    "entry_id": Kind.WAITLIST,
    "subscription_id": Kind.SUBSCRIPTION,
    "user_id": Kind.ACCOUNT,
}
"""What the parameters of paths name."""

WIDE: Final = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-31T00:00:00Z"}

Answers = dict[tuple[str, str], tuple[int, Any]]
"""The status and what was said, by who asked and for what."""


async def walked(store: Store, clock: MovableClock) -> Answers:
    """What the API over a store answers to every GET there is, page after page."""
    ids = {name: await _some(store, kind) for name, kind in NAMED.items()}
    askers = {
        "admin": User(id=UserId(UUID(int=1)), roles=("admin",)),
        "practitioner": User(id=UserId(UUID(ids["practitioner_id"][0])), roles=("practitioner",)),
        "client": User(id=await _buyer(store)),
    }
    gateway = FakeGateway()
    ports = Ports(store=store, payments=gateway, clock=clock, ids=new_id, rules=Rules())
    answers: Answers = {}
    async with client_of(new_app(ports, gateway)) as client:
        document = (await client.get("/schema/openapi.json")).json()
        for path in _paths(document, ids):
            for name, user in askers.items():
                answers |= {(name, asked): told async for asked, told in _pages(client, path, user)}
    return answers


async def _some(store: Store, kind: Kind) -> list[str]:
    """Two of a kind: one in the middle, the last."""
    keys = [key_of(row) async for row in store.scan(kind)]
    return list(dict.fromkeys((keys[len(keys) // 2], keys[-1]))) if keys else []


async def _buyer(store: Store) -> UserId:
    buyers = Counter([row.user_id async for row in store.scan(Kind.ORDER) if isinstance(row, Order)])
    return min(buyers, key=lambda user: (-buyers[user], user))


def _paths(document: Any, ids: dict[str, list[str]]) -> Iterator[str]:
    """Each route's path with the ids of what there is, and the span that reports are about."""
    for template, item in document["paths"].items():
        if "get" not in item or not template.startswith(API):
            continue
        queries = {each["name"] for each in item["get"].get("parameters", ()) if each["in"] == "query"}
        wanted = {name: value for name, value in WIDE.items() if name in queries}
        if template.endswith("/slots"):
            wanted["service_id"] = ids["service_id"][0]
        names = re.findall("{(.+?)}", template)
        for values in product(*(ids[name] for name in names)):
            path = template.format(**dict(zip(names, values, strict=True)))
            yield str(httpx.URL(path, params=wanted)) if wanted else path


async def _pages(client: httpx.AsyncClient, path: str, user: User) -> AsyncIterator[tuple[str, Any]]:
    asked: str | None = path
    while asked is not None:
        answer = await client.get(asked, headers={"authorization": f"Bearer {token(user)}"})
        said = answer.json() if "json" in answer.headers["content-type"] else answer.text
        if answer.status_code >= 400:
            said = answer.json()["code"]
        yield asked, (answer.status_code, said)
        cursor = said.get("next_cursor") if isinstance(said, dict) else None
        asked = None if cursor is None else str(httpx.URL(path).copy_merge_params({"cursor": cursor}))
