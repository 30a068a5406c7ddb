"""The package's story with payments through localstripe, a Stripe that nobody here wrote.

It shows that the answers which the tests' own double gives are not our wishes alone. It knows no transfers,
so that nobody is paid out here; no idempotency keys, so that nothing is asked twice; and neither automatic
payment methods nor lists by time, so that the method types are set and both sides' books are not compared.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.demo.server import Installation, RunningServer
from tests.e2e.conftest import Installed
from tests.e2e.shop import Shop, in_days, opened
from tests.servers.localstripe import LocalStripe, localstripe

SIGNING = "whsec_told_to_localstripe"
ASKING_NUMBER = "4000002500003155"
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def there() -> Iterator[LocalStripe]:
    with localstripe() as server:
        yield server


@pytest.fixture(scope="module")
def paying(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, there: LocalStripe
) -> Installation:
    """An installation that takes cards through localstripe. Which store it is on is all one."""
    installation = Installed(tmp_path_factory.mktemp("paying"), template=sqlite_template)
    chosen = {
        "PAYMENTS": "stripe",
        "STRIPE_API_KEY": there.api_key,
        "STRIPE_API_BASE": there.url,
        "STRIPE_WEBHOOK_SECRET": SIGNING,
        "STRIPE_PAYMENT_METHOD_TYPES": "card",
    }
    with (installation.home / ".env").open("a") as file:
        file.writelines(f"ESTUARY_{name}={value}\n" for name, value in chosen.items())
    there.tell(f"{installation.url}/api/v1/webhooks/stripe", SIGNING)
    return installation


@pytest.fixture(scope="module")
def server(paying: Installation) -> Iterator[RunningServer]:
    running = paying.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shop(paying: Installation, server: RunningServer) -> Shop:
    return opened(paying, server)


def moved(there: LocalStripe, kind: str, order_id: str) -> list[int]:
    """The amounts of what succeeded for an order."""
    return [
        made["amount"]
        for made in there.all(kind)
        if made["status"] == "succeeded" and made["metadata"]["order_id"] == order_id
    ]


def test_it_listens_on_the_loopback_interface_alone(there: LocalStripe) -> None:
    assert [f"127.0.0.1:{there.port}"] == there.listens()


def test_a_package_is_charged_delivered_and_refunded(
    paying: Installation, there: LocalStripe, shop: Shop, server: RunningServer
) -> None:
    ana, eva = shop.caller(server, "practitioner"), shop.caller(server, "client")
    purchase = eva.post("/checkout", shop.buy_package())
    order_id = purchase["order"]["id"]
    for day, booking in enumerate(purchase["bookings"][:2], start=1):
        seat = eva.post(f"/bookings/{booking['id']}/schedule", {"start_time": in_days(day)})
        ana.post(f"/sessions/{seat['service_session']['id']}/start", {})
        ana.post(f"/sessions/{seat['service_session']['id']}/complete", {})
    refund = eva.post(f"/orders/{order_id}/refunds", {})

    assert ("paid", "succeeded") == (purchase["order"]["status"], refund["status"])
    assert ([30_000], [18_000]) == (
        moved(there, "payment_intent", order_id),
        moved(there, "refund", order_id),
    )
    assert [] == paying.run_json("ledger", "check")["violations"]


def test_a_customer_who_authenticates_has_bought_when_localstripe_tells(
    paying: Installation, there: LocalStripe, shop: Shop, server: RunningServer
) -> None:
    eva = shop.caller(server, "client")
    hour = {"service_id": shop.session_id, "start_time": in_days(9)}
    purchase = eva.post("/checkout", {**hour, "payment_method_id": there.card(ASKING_NUMBER)})
    order_id = purchase["order"]["id"]
    (intent,) = (i for i in there.all("payment_intent") if i["metadata"]["order_id"] == order_id)
    there.authenticate(intent["id"], purchase["payment"]["client_secret"])
    order: dict[str, Any] = {}
    # Only the webhook can have told: nothing sweeps here, and the customer's side calls nothing of ours.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while order.get("status") != "paid" and time.monotonic() < deadline:
        order = eva.get(f"/orders/{order_id}")

    assert ("requires_action", "paid") == (purchase["payment"]["status"], order["status"])
    assert ["applied"] == [
        item["status"]
        for item in paying.run_json("payments", "inbox")
        if (item["event_type"], item["object_id"]) == ("payment_intent.succeeded", intent["id"])
    ]
    assert [8_000] == moved(there, "payment_intent", order_id)
