"""What a point starts from: a request of a customer's that a server will not survive, and how it must end."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
from attrs import field, frozen

from core.domain.actors import Actor
from core.domain.orders import Order
from core.domain.statuses import OrderStatus
from ports.queries import Page
from tests.crashes.judging import Bank, order_troubles
from tests.crashes.traces import require
from tests.http.market import API, User, token
from tests.usecases.world import World

Judge = Callable[[World, Bank, httpx.Response], Awaitable[list[str]]]
"""Told the last answer, tells what is wrong."""


@frozen(kw_only=True)
class Request:
    """What is posted, always under the same key."""

    path: str
    body: bytes
    by: Actor | None = None
    headers: Mapping[str, str] = field(factory=dict)

    async def send(self, client: httpx.AsyncClient, port: int) -> httpx.Response:
        """Post it to the server at a port. Raises TransportError if that dies."""
        headers = {"content-type": "application/json", **self.headers}
        if self.by is not None:
            headers["authorization"] = f"Bearer {_token(self.by)}"
        return await client.post(
            f"http://127.0.0.1:{port}{API}{self.path}", content=self.body, headers=headers
        )


@frozen(kw_only=True)
class Scene:
    """One request by people of its own, and how it is judged."""

    request: Request
    judge: Judge


@frozen(kw_only=True)
class Flow:
    """Something that a server does at a request.

    `at_least` boundaries must be recorded, and `through` must be among the steps: what is enumerated cannot
    shrink unnoticed. `ripe`: what has to be swept before the request can be made. `wake`: what is waited
    for between the deaths and the restart. `meanwhile`: what others do between the restart and the sweeps.
    """

    name: str
    stage: Callable[[World], Awaitable[Scene]]
    at_least: int
    through: str
    ripe: Callable[[World], Awaitable[None]] | None = None
    wake: Callable[[], Awaitable[None]] | None = None
    meanwhile: Callable[[World], Awaitable[None]] | None = None

    def check(self, trace: list[str]) -> None:
        """Raises AssertionError for a trace that is too short to be this flow's."""
        require(trace, self.name, at_least=self.at_least, through=self.through)


def posted(path: str, by: Actor, **body: Any) -> Request:
    """A request under a key of its own."""
    return Request(
        path=path, by=by, body=json.dumps(body).encode(), headers={"idempotency-key": str(uuid4())}
    )


async def one_order(world: World, bank: Bank, buyer: Actor) -> tuple[Order | None, list[str]]:
    """The buyer's only order, and what is wrong with it."""
    orders = (await world.store.orders(Page(limit=10), user_id=buyer.user_id)).items
    if len(orders) != 1:
        return None, [f"{buyer.user_id} has {len(orders)} orders instead of one"]
    return orders[0], await order_troubles(orders[0], store=world.store, bank=bank)


def bought_or_not(buyer: Actor, *, credits_cents: int = 0) -> Judge:
    """The buyer has one order, paid or canceled, and was told so, or that it was still open.

    `credits_cents` were the buyer's before, and are spent or all there.
    """

    async def judge(world: World, bank: Bank, answer: httpx.Response) -> list[str]:
        order, found = await one_order(world, bank, buyer)
        if order is None:
            return found
        if not _tells_of(order, answer):
            found.append(f"the order is {order.status.value}, and its buyer is told {answer.status_code}")
        spent = order.credits_applied_cents if order.status is OrderStatus.PAID else 0
        return found + await _credit_troubles(world, buyer, credits_cents - spent)

    return judge


def _tells_of(order: Order, answer: httpx.Response) -> bool:
    """A first answer is kept, also one that was given while nobody knew how it would end."""
    if answer.status_code == 201:
        return answer.json()["order"]["status"] in (order.status.value, OrderStatus.PENDING_PAYMENT.value)
    return answer.status_code == 402 and order.status is OrderStatus.CANCELED


def given_back(buyer: Actor, *, credits_cents: int = 0) -> Judge:
    """The buyer's one order is refunded, to the card and in credits, and that once."""

    async def judge(world: World, bank: Bank, answer: httpx.Response) -> list[str]:
        order, found = await one_order(world, bank, buyer)
        if order is None:
            return found
        if order.status is not OrderStatus.REFUNDED or not answer.is_success:
            found.append(f"the order is {order.status.value}, and its buyer is told {answer.status_code}")
        if sum(bank.refunds(order.id)) != order.total_amount_cents:
            found.append(f"{bank.refunds(order.id)} went back of {order.total_amount_cents}")
        return found + await _credit_troubles(world, buyer, credits_cents)

    return judge


async def _credit_troubles(world: World, buyer: Actor, expected_cents: int) -> list[str]:
    balance, held = await world.credits_of(buyer)
    return [] if (balance, held) == (expected_cents, 0) else [f"credits are {balance}, {held} of them held"]


def _token(actor: Actor) -> str:
    return token(User(id=actor.user_id, roles=tuple(role.value for role in actor.roles)))
