"""The package's story over HTTP with payments through Stripe, and what Stripe's own side shows of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.cli.demo.server import Installation, RunningServer
from tests.e2e.conftest import Installed
from tests.e2e.shop import Shop, in_days, opened, soon
from tests.servers.stripe import Fault, StripeServer

ATTEMPTS = 3
SIGNING = "whsec_a_secret_of_these_tests"


@pytest.fixture
def paying(tmp_path: Path, sqlite_template: Path, stripe_server: StripeServer) -> Installation:
    """An installation that takes payments through this test's own Stripe. Which store it is on is all one."""
    installation = Installed(tmp_path, template=sqlite_template)
    chosen = {
        "PAYMENTS": "stripe",
        "STRIPE_API_KEY": stripe_server.api_key,
        "STRIPE_API_BASE": stripe_server.url,
        "STRIPE_WEBHOOK_SECRET": f"whsec_an_older_one,{SIGNING}",
    }
    with (installation.home / ".env").open("a") as file:
        file.writelines(f"ESTUARY_{name}={value}\n" for name, value in chosen.items())
    return installation


@pytest.fixture
def server(paying: Installation) -> Iterator[RunningServer]:
    running = paying.start()
    yield running
    running.stop()


@pytest.fixture
def shop(paying: Installation, server: RunningServer) -> Shop:
    return opened(paying, server)


def bought(shop: Shop, server: RunningServer, **fields: Any) -> Any:
    return shop.caller(server, "client").post("/checkout", shop.buy_package(**fields))


def violations(paying: Installation) -> Any:
    return paying.run_json("ledger", "check")["violations"]


def test_a_package_is_charged_delivered_refunded_and_paid_out(
    paying: Installation, stripe_server: StripeServer, shop: Shop, server: RunningServer
) -> None:
    ana, eva = shop.caller(server, "practitioner"), shop.caller(server, "client")
    stripe_server.add_account("acct_ana")
    ana.put(
        f"/practitioners/{shop.ids['practitioner']}",
        {"display_name": "Ana Reis", "timezone": "Europe/Lisbon", "stripe_account_id": "acct_ana"},
    )
    purchase = bought(shop, server)
    order_id = purchase["order"]["id"]
    for day, booking in enumerate(purchase["bookings"][:2], start=1):
        seat = eva.post(f"/bookings/{booking['id']}/schedule", {"start_time": in_days(day)})
        ana.post(f"/sessions/{seat['service_session']['id']}/start", {})
        ana.post(f"/sessions/{seat['service_session']['id']}/complete", {})
    paying.run("sweep", "--at", soon(hours=49))
    payout = ana.post("/payouts", {})
    refund = eva.post(f"/orders/{order_id}/refunds", {})

    assert ("paid", "succeeded") == (payout["status"], refund["status"])
    assert (30_000, 18_000) == (
        stripe_server.charged_cents(order_id=order_id),
        stripe_server.refunded_cents(order_id=order_id),
    )
    (transfer,) = stripe_server.all("transfer", metadata={"payout_id": payout["id"]})
    assert (13_600, "acct_ana") == (transfer["amount"], transfer["destination"])
    assert [] == violations(paying)


def test_a_declined_card_buys_nothing(
    paying: Installation, stripe_server: StripeServer, shop: Shop, server: RunningServer
) -> None:
    answer = shop.post("/checkout", shop.buy_package(payment_method_id="pm_card_chargeDeclined"))

    assert 402 == answer.status_code
    assert 10_000 == shop.caller(server, "client").get("/credits")["balance_cents"]
    assert 0 == stripe_server.charged_cents()
    assert [] == violations(paying)


def test_a_customer_who_authenticates_has_bought_even_if_nobody_tells_us(
    paying: Installation, stripe_server: StripeServer, shop: Shop, server: RunningServer
) -> None:
    purchase = bought(shop, server, payment_method_id="pm_card_authenticationRequired")
    (intent,) = stripe_server.all("payment_intent")
    assert ("requires_action", intent["client_secret"]) == (
        purchase["payment"]["status"],
        purchase["payment"]["client_secret"],
    )
    stripe_server.authenticate(intent["id"])
    paying.run("sweep", "--at", soon(seconds=16))

    order = shop.caller(server, "client").get(f"/orders/{purchase['order']['id']}")
    assert ("paid", 30_000) == (order["status"], stripe_server.charged_cents())
    assert [] == violations(paying)


def test_a_charge_whose_every_answer_is_lost_is_settled_by_the_sweep(
    paying: Installation, stripe_server: StripeServer, shop: Shop, server: RunningServer
) -> None:
    stripe_server.script("charge", *[Fault.LOST_AFTER] * ATTEMPTS)
    shop.post("/checkout", shop.buy_package())
    eva = shop.caller(server, "client")
    assert ["pending_payment"] == [order["status"] for order in eva.get("/orders")["items"]]
    stripe_server.script("find_charge", *[Fault.UNAVAILABLE] * ATTEMPTS)
    report = paying.run_json("sweep", "--at", soon(seconds=16))
    assert ["pending_payment"] == [order["status"] for order in eva.get("/orders")["items"]]
    paying.run("sweep", "--at", soon(seconds=61))

    assert [] == report["failures"]
    assert ["paid"] == [order["status"] for order in eva.get("/orders")["items"]]
    assert (30_000, 1) == (stripe_server.charged_cents(), len(stripe_server.all("charge")))
    assert [] == violations(paying)


async def test_a_customer_who_authenticates_has_bought_when_stripe_tells(
    paying: Installation, stripe_server: StripeServer, shop: Shop, server: RunningServer
) -> None:
    purchase = bought(shop, server, payment_method_id="pm_card_authenticationRequired")
    (intent,) = stripe_server.all("payment_intent")
    stripe_server.authenticate(intent["id"])
    async with httpx.AsyncClient(trust_env=False) as stripe:
        url = f"{paying.url}/api/v1/webhooks/stripe"
        forged = await stripe_server.webhooks.deliver(stripe, url, "whsec_guessed")
        told = await stripe_server.webhooks.deliver(stripe, url, SIGNING)
    # It is applied after the answer, or by the next sweep; only the webhook can have told so soon.
    paying.run("sweep")
    order = shop.caller(server, "client").get(f"/orders/{purchase['order']['id']}")
    items = paying.run_json("payments", "inbox")

    assert ({400}, {200}) == (set(forged), set(told))
    assert ("paid", 30_000) == (order["status"], stripe_server.charged_cents())
    assert {"applied", "ignored"} == {item["status"] for item in items}
    assert [] == paying.run_json("payments", "reconcile")["differences"]
    assert [] == violations(paying)


def test_without_any_webhook_both_sides_come_to_agree(
    paying: Installation, stripe_server: StripeServer, shop: Shop, server: RunningServer
) -> None:
    stripe_server.script("charge", *[Fault.LOST_AFTER] * ATTEMPTS)
    shop.post("/checkout", shop.buy_package())
    found = paying.run_json("payments", "reconcile")
    again = paying.run_json("payments", "reconcile")

    assert (["status"], []) == ([d["flaw"] for d in found["mended"]], found["differences"])
    assert ([], []) == (again["mended"], again["differences"])
    assert ["paid"] == [o["status"] for o in shop.caller(server, "client").get("/orders")["items"]]
    assert [] == violations(paying)
