"""Every event that Stripe has about what we use is applied, parked or ignored, and somebody decided which."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from adapters.memory.clock import MovableClock
from adapters.memory.store import MemoryStore
from adapters.stripe.gateway import StripeGateway
from adapters.stripe.webhook import APPLIED, SIGNATURE, StripeWebhooks
from core.domain.inbox import Notice
from core.domain.statuses import InboxStatus
from core.usecases.inbox import apply_notice, receive
from ports.queries import Page
from tests.servers.stripe import StripeServer
from tests.servers.stripe.description import description
from tests.servers.stripe.webhooks import signature
from tests.stripe.world import StripeWorld
from tests.usecases.world import World

SECRET: Final = "whsec_a_secret_of_this_test"

ABOUT: Final = ("payment_intent.", "refund.", "charge.", "transfer.", "payout.", "account.", "capability.")
"""The beginnings of the types that are about what we use."""

PARKED: Final = frozenset(
    {
        "account.application.authorized",
        "account.application.deauthorized",
        "account.external_account.created",
        "account.external_account.deleted",
        "account.external_account.updated",
        "payout.canceled",
        "payout.created",
        "payout.failed",
        "payout.paid",
        "payout.reconciliation_completed",
        "payout.updated",
    }
)
"""Somebody should look at these."""

IGNORED: Final = frozenset(
    {
        "charge.captured",
        "charge.expired",
        "charge.failed",
        "charge.pending",
        "charge.refunded",
        "charge.succeeded",
        "charge.updated",
        "payment_intent.amount_capturable_updated",
        "payment_intent.created",
        "payment_intent.partially_funded",
    }
)
"""Events of the intent, the refund or the dispute tell what follows from these."""

OBJECTS: Final = {"charge.dispute": "dispute", "charge.refund": "refund", "payout": "payout"}
"""The kinds of objects that events carry, where the type's first word does not say it."""


def published() -> frozenset[str]:
    """The types that Stripe's description lists, of those that are about what we use."""
    operation = description().operation("post", "/v1/webhook_endpoints")
    assert operation is not None
    listed = operation.parameters["properties"]["enabled_events"]["items"]["enum"]
    return frozenset(kind for kind in listed if kind.startswith(ABOUT))


def told(event_type: str) -> Notice:
    """The event, about an object that nobody here knows, as it is read."""
    named = next((kind for beginning, kind in OBJECTS.items() if event_type.startswith(beginning)), None)
    about: dict[str, Any] = {"id": "obj_of_nobody", "object": named or event_type.split(".", maxsplit=1)[0]}
    if about["object"] == "capability":
        about["account"] = "acct_of_nobody"
    event = {"id": f"evt_{event_type}", "type": event_type, "livemode": False, "data": {"object": about}}
    body, now = json.dumps(event).encode(), datetime.now(UTC)
    headers = {SIGNATURE: signature(body, SECRET, at=int(now.timestamp()))}
    return StripeWebhooks(secrets=(SECRET,), livemode=False).read(body, headers, now=now)


def test_somebody_decided_about_every_type_that_stripe_publishes() -> None:
    assert published() == APPLIED | PARKED | IGNORED
    assert len(published()) == len(APPLIED) + len(PARKED) + len(IGNORED)


@pytest.mark.parametrize("event_type", sorted(PARKED | IGNORED))
def test_what_is_not_applied_says_why(event_type: str) -> None:
    notice = told(event_type)

    assert (event_type in PARKED) is (notice.parked is not None)
    assert (event_type in IGNORED) is (notice.ignored is not None)


@pytest.fixture
def world(gateway: StripeGateway) -> World:
    return StripeWorld(stripe=gateway, store=MemoryStore(), clock=MovableClock(datetime.now(UTC)))


async def test_events_about_what_nobody_here_knows_are_parked_and_listed(
    world: World, stripe_server: StripeServer
) -> None:
    """But for disputes and accounts of others, about which Stripe says nothing: those are asked for again."""
    for event_type in sorted(APPLIED):
        notice = told(event_type)
        assert notice.ignored is None
        await apply_notice((await receive(notice, ports=world.ports)).item.id, ports=world.ports)
    listed = (await world.store.inbox_items(Page(limit=100))).items
    unanswered = ("charge.dispute.", "account.", "capability.")

    assert APPLIED == {item.event_type for item in listed}
    for item in listed:
        waits = item.event_type.startswith(unanswered)
        assert (InboxStatus.WAITING if waits else InboxStatus.PARKED) is item.status, item.event_type
