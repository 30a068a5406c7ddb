"""Webhooks over HTTP: whatever Stripe tells, in whatever order and however often, the books end the same."""

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, Final

import httpx
import pytest
from attrs import asdict, evolve, frozen

from adapters.http.app import create_app
from adapters.http.config import HttpConfig
from adapters.memory.clock import MovableClock
from adapters.stripe.gateway import StripeGateway
from adapters.stripe.webhook import StripeWebhooks
from core.domain.actors import Actor, Role
from core.domain.earnings import Payout
from core.domain.errors import PayoutsNotEnabled
from core.domain.ledger import JournalEntry, practitioner_account
from core.domain.statuses import DisputeStatus, InboxStatus, OrderStatus, PayoutStatus, RefundStatus
from core.usecases.catalogue import PractitionerProfile, save_practitioner
from core.usecases.deliver import complete_session
from core.usecases.inbox import apply_notice, receive, retry_all_notices
from core.usecases.payout import pay_out, reverse_payout
from core.usecases.reconcile import reconcile
from core.usecases.sweep import sweep
from ports.queries import Page
from ports.store import Kind, Store
from tests.http.market import SECRET as JWT_SECRET
from tests.http.market import client_of
from tests.servers.stripe import Fault, StripeServer
from tests.servers.stripe.webhooks import signature
from tests.stripe.access import ATTEMPTS, gateway_to
from tests.stripe.world import StripeWorld, bought_hour
from tests.usecases.world import ASKING, VISA

SIGNING: Final = "whsec_a_secret_of_these_tests"
URL: Final = "/api/v1/webhooks/stripe"
PAGE: Final = Page(limit=100)

COMPARED: Final = tuple(
    kind for kind in Kind if kind not in (Kind.ENTRY, Kind.EVENT, Kind.IDEMPOTENCY, Kind.INBOX)
)
OTHERWISE: Final = frozenset({"id", "version", "ledger_head", "credit_usage_transaction_id"})
"""Fields that may differ with the order in which things became known, as every instant may."""


@pytest.fixture
async def world(gateway: StripeGateway) -> AsyncIterator[StripeWorld]:
    """A marketplace in our time, for signatures are. Its books must balance when the test is over."""
    world = StripeWorld(stripe=gateway, clock=MovableClock(datetime.now(UTC)))
    yield world
    await world.assert_books_balance()


@pytest.fixture
async def client(world: StripeWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Where Stripe sends its events."""
    async with client_of(app_of(world)) as client:
        yield client


def app_of(world: StripeWorld) -> Any:
    reader = StripeWebhooks(secrets=(SIGNING,), livemode=False)
    return create_app(world.ports, HttpConfig(jwt_secret=JWT_SECRET, stripe_webhooks=reader))


async def inbox(world: StripeWorld, status: InboxStatus | None = None) -> list[tuple[str, str | None]]:
    """Events by type and reason, oldest first."""
    found = await world.store.inbox_items(PAGE, status=status)
    return [(item.event_type, item.reason) for item in reversed(found.items)]


async def everything(store: Store) -> list[Any]:
    return [row for kind in Kind for row in [r async for r in store.scan(kind)]]


async def state(store: Store) -> list[str]:
    """What is true in the end, without when it became known."""
    rows = [
        repr(sorted(told for told in asdict(row, recurse=False).items() if _tells(*told)))
        for kind in COMPARED
        for row in [r async for r in store.scan(kind)]
    ]
    entries = [_told(row) async for row in store.scan(Kind.ENTRY) if isinstance(row, JournalEntry)]
    events = sorted([str(getattr(row, "type", "")) async for row in store.scan(Kind.EVENT)])
    return [*sorted(rows), *sorted(entries), *events]


def _tells(name: str, value: object) -> bool:
    return name not in OTHERWISE and not isinstance(value, datetime)


def _told(entry: JournalEntry) -> str:
    postings = sorted((p.account, p.type.value, p.amount_cents) for p in entry.postings)
    return repr((entry.chain, entry.seq, entry.kind.value, entry.currency, postings))


async def test_a_customer_who_authenticates_has_bought_as_soon_as_stripe_tells(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    _, _, receipt = await bought_hour(world, ASKING)
    stripe_server.authenticate(stripe_server.all("payment_intent")[0]["id"])
    statuses = await stripe_server.webhooks.deliver(client, URL, SIGNING)

    assert {200} == set(statuses)
    assert OrderStatus.PAID is (await world.order(receipt)).status
    assert [("payment_intent.succeeded", None)] == (await inbox(world, InboxStatus.APPLIED))[-1:]


async def test_a_customer_who_authenticates_has_bought_though_every_webhook_is_lost(
    world: StripeWorld, stripe_server: StripeServer
) -> None:
    _, _, receipt = await bought_hour(world, ASKING)
    stripe_server.authenticate(stripe_server.all("payment_intent")[0]["id"])
    await world.sweep_after(timedelta(seconds=15))

    assert OrderStatus.PAID is (await world.order(receipt)).status


async def test_a_charge_whose_answer_was_lost_is_settled_by_its_webhook(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    stripe_server.script("charge", *[Fault.LOST_AFTER] * ATTEMPTS)
    _, _, receipt = await bought_hour(world)
    waiting = await world.order(receipt)
    await stripe_server.webhooks.deliver(client, URL, SIGNING)

    assert (OrderStatus.PENDING_PAYMENT, OrderStatus.PAID) == (
        waiting.status,
        (await world.order(receipt)).status,
    )
    assert 8000 == stripe_server.charged_cents()


async def test_fifty_copies_at_once_have_one_effect(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    _, _, receipt = await bought_hour(world, ASKING)
    stripe_server.authenticate(stripe_server.all("payment_intent")[0]["id"])
    (name,) = stripe_server.webhooks.waiting("payment_intent.succeeded")
    statuses = await asyncio.gather(
        *(stripe_server.webhooks.deliver(client, URL, SIGNING, [name]) for _ in range(50))
    )

    assert [[200]] * 50 == statuses
    assert OrderStatus.PAID is (await world.order(receipt)).status
    assert 1 == len([row async for row in world.store.scan(Kind.INBOX)])
    assert 1 == len(await world.store.order_entries(receipt.order.id))


@frozen(kw_only=True)
class Told:
    """A marketplace that knows nothing of a refund and a payout that Stripe has made, and Stripe's events."""

    world: StripeWorld
    events: tuple[str, ...]


FIVE: Final = (
    "payment_intent.succeeded",
    "refund.created",
    "refund.updated",
    "transfer.created",
    "charge.refunded",
)


async def half_known(world: StripeWorld, stripe_server: StripeServer) -> Told:
    """Two hours are bought; one is delivered and paid out, and the other's money goes back. No answer
    arrives but the reservations'.
    """
    ana, _, receipt = await bought_hour(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(timedelta(days=10))
    stripe_server.script("transfer", *[Fault.LOST_AFTER] * ATTEMPTS)
    await pay_out(ana.user_id, actor=ana, ports=world.ports)

    stripe_server.script("charge", *[Fault.LOST_AFTER] * ATTEMPTS)
    eva = world.person()
    service = await world.offer(ana)
    other = await world.buy(eva, service, VISA, start_time=world.clock.now() + timedelta(days=9))
    assert OrderStatus.PENDING_PAYMENT is (await world.order(other)).status

    _, bea, third = await bought_hour(world, "pm_card_pendingRefund")
    stripe_server.script("refund", *[Fault.LOST_AFTER] * ATTEMPTS)
    await world.refund(bea, third)
    stripe_server.finish_refund(stripe_server.all("refund")[0]["id"])
    _, lost, _ = stripe_server.webhooks.waiting("payment_intent.succeeded")
    others = tuple(stripe_server.webhooks.waiting(kind)[-1] for kind in FIVE[1:])
    return Told(world=world, events=(lost, *others))


async def test_all_120_orders_of_five_events_have_one_end(
    world: StripeWorld, stripe_server: StripeServer
) -> None:
    told = await half_known(world, stripe_server)
    reader = StripeWebhooks(secrets=(SIGNING,), livemode=False)
    notices = {}
    for name in told.events:
        payload = stripe_server.webhooks.payload(name)
        at = datetime.now(UTC)
        headers = {"stripe-signature": signature(payload, SIGNING, at=int(at.timestamp()))}
        notices[name] = reader.read(payload, headers, now=at)

    begins = await state(world.store)
    ends = set()
    for order in permutations(told.events):
        copied = evolve(world, store=deepcopy(world.store))
        for name in order:
            item = (await receive(notices[name], ports=copied.ports)).item
            await apply_notice(item.id, ports=copied.ports)
        ends.add("\n".join(await state(copied.store)))
        await copied.assert_books_balance()

    silent = evolve(world, store=deepcopy(world.store))
    await sweep(ports=silent.ports, at=world.clock.now() + timedelta(minutes=1))
    assert () == (await reconcile(ports=silent.ports)).left
    unaware = evolve(world, store=deepcopy(world.store))
    assert () == (await reconcile(ports=unaware.ports)).left

    assert {"\n".join(await state(silent.store))} == ends == {"\n".join(await state(unaware.store))}
    assert begins == await state(world.store)  # the copies have nothing in common
    assert {"\n".join(begins)} != ends
    assert 2 == len(stripe_server.all("refund")) + len(stripe_server.all("transfer"))


async def test_a_forged_event_changes_nothing(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    await bought_hour(world, ASKING)
    stripe_server.authenticate(stripe_server.all("payment_intent")[0]["id"])
    (name,) = stripe_server.webhooks.waiting("payment_intent.succeeded")
    payload, now = stripe_server.webhooks.payload(name), int(datetime.now(UTC).timestamp())
    headers = [
        {},
        {"stripe-signature": signature(payload, "whsec_guessed", at=now)},
        {"stripe-signature": signature(payload, SIGNING, at=now - 400)},
        {"stripe-signature": signature(payload, SIGNING, at=now + 400)},
        {"stripe-signature": signature(payload + b" ", SIGNING, at=now)},
    ]
    before = await everything(world.store)
    answers = [await client.post(URL, content=payload, headers=given) for given in headers]
    large = b"{" + b" " * 1_000_001
    too_large = await client.post(
        URL, content=large, headers={"stripe-signature": signature(large, SIGNING, at=now)}
    )

    assert [(400, "invalid_webhook")] * 5 == [(a.status_code, a.json()["code"]) for a in answers]
    assert 413 == too_large.status_code
    assert before == await everything(world.store)


async def test_a_replay_within_the_window_changes_nothing_more(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    await bought_hour(world, ASKING)
    stripe_server.authenticate(stripe_server.all("payment_intent")[0]["id"])
    (name,) = stripe_server.webhooks.waiting("payment_intent.succeeded")
    await stripe_server.webhooks.deliver(client, URL, SIGNING, [name])
    before = await everything(world.store)

    assert [200] == await stripe_server.webhooks.deliver(client, URL, SIGNING, [name])
    assert before == await everything(world.store)


async def test_without_a_secret_there_is_no_endpoint(world: StripeWorld) -> None:
    async with client_of(create_app(world.ports, HttpConfig(jwt_secret=JWT_SECRET))) as client:
        assert 404 == (await client.post(URL, content=b"{}")).status_code


async def test_a_dispute_freezes_what_it_covers_until_it_is_decided(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    await bought_hour(world)
    made = stripe_server.open_dispute(stripe_server.all("charge")[0]["id"])
    await stripe_server.webhooks.deliver(client, URL, SIGNING)
    await sweep(ports=world.ports)

    (dispute,) = (await world.store.disputes(PAGE)).items
    assert (DisputeStatus.OPEN, made["id"]) == (dispute.status, dispute.gateway_ref)
    (frozen,) = (await world.store.earnings(PAGE, practitioner_id=None)).items
    assert frozen.frozen

    stripe_server.close_dispute(made["id"], won=True)
    await stripe_server.webhooks.deliver(client, URL, SIGNING)
    await sweep(ports=world.ports)

    (dispute,) = (await world.store.disputes(PAGE)).items
    (freed,) = (await world.store.earnings(PAGE, practitioner_id=None)).items
    assert (DisputeStatus.WON, False) == (dispute.status, freed.frozen)
    assert [] == await inbox(world, InboxStatus.PARKED)


async def test_another_marketplaces_payment_is_parked(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    foreign = gateway_to(stripe_server)
    theirs = StripeWorld(stripe=foreign, clock=MovableClock(datetime.now(UTC)))
    theirs.ids.__init__(10**6)  # type: ignore[misc] # ids that are nobody's here
    await bought_hour(theirs)
    before = await state(world.store)
    await stripe_server.webhooks.deliver(client, URL, SIGNING)
    await foreign.close()

    assert [("payment_intent.succeeded", "it names nothing of ours")] == await inbox(
        world, InboxStatus.PARKED
    )
    assert before == await state(world.store)


async def test_an_event_waits_while_stripe_does_not_answer(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    _, _, receipt = await bought_hour(world, ASKING)
    stripe_server.authenticate(stripe_server.all("payment_intent")[0]["id"])
    (name,) = stripe_server.webhooks.waiting("payment_intent.succeeded")
    stripe_server.script("find_charge", *[Fault.UNAVAILABLE] * ATTEMPTS)
    assert [200] == await stripe_server.webhooks.deliver(client, URL, SIGNING, [name])
    waiting = await inbox(world, InboxStatus.WAITING)
    await world.sweep_after(timedelta(seconds=15))

    assert [("payment_intent.succeeded", "the gateway gave no answer that settles it")] == waiting
    assert [] == await inbox(world, InboxStatus.WAITING)
    assert OrderStatus.PAID is (await world.order(receipt)).status


async def paid_out(world: StripeWorld, stripe_server: StripeServer) -> tuple[Actor, Payout, str]:
    """Who was paid 68.00, by which payout and which transfer; Stripe has told of everything so far."""
    ana, _, receipt = await bought_hour(world)
    await complete_session(receipt.seats[0].session.id, actor=ana, ports=world.ports)
    await world.sweep_after(timedelta(days=10))
    payout = await pay_out(ana.user_id, actor=ana, ports=world.ports)
    world.clock.advance(timedelta(days=-10))
    stripe_server.webhooks.drop(*stripe_server.webhooks.waiting())
    return ana, payout, stripe_server.all("transfer")[0]["id"]


async def test_a_transfer_taken_back_in_parts_is_owed_again_in_whichever_order_stripe_tells(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    ana, payout, transfer = await paid_out(world, stripe_server)
    for cents in (3000, 800, 3000):
        stripe_server.reverse_transfer(transfer, amount=cents)
    names = stripe_server.webhooks.waiting("transfer.reversed")
    told = await stripe_server.webhooks.deliver(client, URL, SIGNING, [*names[::-1], *names])
    view = await world.store.load_payout(payout.id)

    assert ({200}, 6) == (set(told), len(told))
    assert view is not None
    assert (PayoutStatus.PAID, 6800) == (view.payout.status, view.payout.reversed_cents)
    assert (6800, 6800) == (
        view.practitioner.carried_cents,
        await world.balance(practitioner_account(ana.user_id)),
    )
    assert [] == await inbox(world, InboxStatus.PARKED)
    assert () == (await reconcile(ports=world.ports)).left


async def test_a_clawback_is_taken_back_at_stripe(world: StripeWorld, stripe_server: StripeServer) -> None:
    _, payout, transfer = await paid_out(world, stripe_server)
    stripe_server.script("reverse_transfer", *[Fault.LOST_AFTER] * ATTEMPTS)
    reduced = await reverse_payout(
        payout.id, amount_cents=800, actor=world.person(Role.ADMIN), ports=world.ports
    )
    (reversal,) = stripe_server.all("transfer_reversal", transfer=transfer)

    assert (800, 800) == (reduced.reversed_cents, reversal["amount"])
    assert str(payout.id) == reversal["metadata"]["payout_id"]
    assert () == (await reconcile(ports=world.ports)).left


async def test_an_account_is_known_as_stripe_tells_and_refused_while_it_is_disabled(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    ana, _, _ = await paid_out(world, stripe_server)
    seen = []
    for values in ({"transfers": "inactive"}, {"transfers": "active"}, {"payouts_enabled": False}):
        stripe_server.change_account("acct_practitioner", **values)
        await stripe_server.webhooks.deliver(client, URL, SIGNING)
        owner = await world.store.practitioner(ana.user_id)
        seen.append(owner.payouts_enabled if owner is not None else None)
    with pytest.raises(PayoutsNotEnabled):
        await pay_out(ana.user_id, actor=ana, ports=world.ports)

    assert [False, True, False] == seen
    assert {"account.updated"} == {kind for kind, _ in await inbox(world, InboxStatus.APPLIED)}


async def test_a_parked_event_is_applied_once_what_stood_in_the_way_is_mended(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    stripe_server.add_account("acct_early")
    stripe_server.change_account("acct_early", transfers="inactive")
    await stripe_server.webhooks.deliver(client, URL, SIGNING)
    parked = await inbox(world, InboxStatus.PARKED)
    ana = await world.seller()
    profile = PractitionerProfile(
        id=ana.user_id, display_name="Ana", timezone="Europe/Lisbon", stripe_account_id="acct_early"
    )
    await save_practitioner(profile, actor=ana, ports=world.ports)
    counts = [await retry_all_notices(ports=world.ports) for _ in range(2)]
    await sweep(ports=world.ports)
    owner = await world.store.practitioner(ana.user_id)

    assert [("account.updated", "it names nothing of ours")] == parked
    assert [1, 0] == counts
    assert owner is not None
    assert owner.payouts_enabled is False
    assert [("account.updated", None)] == await inbox(world, InboxStatus.APPLIED)


async def test_a_slow_refund_is_settled_by_its_webhook(
    world: StripeWorld, stripe_server: StripeServer, client: httpx.AsyncClient
) -> None:
    _, eva, receipt = await bought_hour(world, "pm_card_pendingRefund")
    await world.refund(eva, receipt)
    stripe_server.finish_refund(stripe_server.all("refund")[0]["id"])
    await stripe_server.webhooks.deliver(client, URL, SIGNING)

    assert [RefundStatus.SUCCEEDED] == [row.status for row in await world.store.refunds(receipt.order.id)]
