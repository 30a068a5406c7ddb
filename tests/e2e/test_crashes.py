"""`kill -9` of the server while the gateway is being asked: after a restart and one sweep all is settled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from uuid import uuid4

import httpx
import pytest

from adapters.cli.demo.server import Installation, RunningServer
from adapters.memory.payments import FakeGateway, Fault, Operation
from tests.e2e.shop import Shop, opened, soon


def gateway_of(installation: Installation) -> FakeGateway:
    """The book that the server's gateway keeps, in this process."""
    return FakeGateway(installation.home / "payments.db")


def killed_while_hanging(server: RunningServer, gateway: FakeGateway, request: Callable[[], object]) -> None:
    """Send a request, wait until the gateway keeps it waiting, and kill the server."""
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(request)
        deadline = monotonic() + 20
        while gateway.hanging() == 0:
            assert monotonic() < deadline, "the request never reached the gateway"
            assert not sent.done(), f"the request did not hang: {sent.result()}"
            sleep(0.01)
        server.kill()
        with pytest.raises(httpx.TransportError):
            sent.result()


@pytest.mark.parametrize(
    ("fault", "status", "charged"),
    [(Fault.HANG_AFTER, "paid", 30000), (Fault.HANG_BEFORE, "canceled", 0)],
    ids=["charged", "never charged"],
)
def test_a_checkout_killed_between_its_commits(
    installation: Installation, fault: Fault, status: str, charged: int
) -> None:
    gateway = gateway_of(installation)
    first = installation.start()
    shop = opened(installation, first)
    key = str(uuid4())
    gateway.script(Operation.CHARGE, fault)
    killed_while_hanging(first, gateway, lambda: shop.post("/checkout", shop.buy_package(), key=key))

    server = installation.start()
    try:
        eva = shop.caller(server, "client")
        (order,) = eva.get("/orders")["items"]
        assert ("pending_payment", 10000) == (order["status"], eva.get("/credits")["held_cents"])
        assert 409 == shop.post("/checkout", shop.buy_package(), key=key).status_code

        report = installation.run_json("sweep", "--at", soon(seconds=16))

        assert [] == report["failures"]
        (order,) = eva.get("/orders")["items"]
        account = eva.get("/credits")
        spent = 10000 if status == "paid" else 0
        assert (status, charged, 10000 - spent, 0) == (
            order["status"],
            gateway.charged_cents(),
            account["balance_cents"],
            account["held_cents"],
        )
        again = shop.post("/checkout", shop.buy_package(), key=key)
        assert 1 == len(eva.get("/orders")["items"])
        assert (again.status_code == 201) is (status == "paid")
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()


@pytest.mark.parametrize("fault", [Fault.HANG_AFTER, Fault.HANG_BEFORE], ids=["sent", "never sent"])
def test_a_refund_killed_between_its_commits_arrives_once(installation: Installation, fault: Fault) -> None:
    gateway = gateway_of(installation)
    first = installation.start()
    shop = opened(installation, first)
    order = shop.caller(first, "client").post("/checkout", shop.buy_package())["order"]
    gateway.script(Operation.REFUND, fault)
    path = f"/orders/{order['id']}/refunds"
    killed_while_hanging(first, gateway, lambda: shop.post(path, {}))

    server = installation.start()
    try:
        installation.run_json("sweep", "--at", soon(seconds=16))
        installation.run_json("sweep", "--at", soon(seconds=40))

        after = shop.caller(server, "client").get(f"/orders/{order['id']}")
        assert ("refunded", 10000, 30000, 30000) == (
            after["status"],
            after["refunded_credits_cents"],
            after["refunded_card_cents"],
            gateway.refunded_cents(),
        )
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()


@pytest.mark.parametrize("fault", [Fault.HANG_AFTER, Fault.HANG_BEFORE], ids=["sent", "never sent"])
def test_a_payout_killed_between_its_commits_is_paid_once(installation: Installation, fault: Fault) -> None:
    gateway = gateway_of(installation)
    first = installation.start()
    shop = opened(installation, first)
    deliver_one(shop, first)
    installation.run_json("sweep", "--at", soon(hours=49))
    gateway.script(Operation.TRANSFER, fault)
    killed_while_hanging(first, gateway, lambda: shop.post("/payouts", {}, who="practitioner"))

    server = installation.start()
    try:
        installation.run_json("sweep", "--at", soon(seconds=16))

        ana = shop.caller(server, "practitioner")
        assert (6800, 0) == (
            ana.get("/earnings/summary")["paid_cents"],
            ana.get("/earnings/summary")["balance_cents"],
        )
        assert 6800 == gateway.transferred_cents()
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()


def deliver_one(shop: Shop, server: RunningServer) -> None:
    """Sell the package, schedule one of its seats and complete it."""
    eva, ana = shop.caller(server, "client"), shop.caller(server, "practitioner")
    bought = eva.post("/checkout", shop.buy_package())
    seat = eva.post(f"/bookings/{bought['bookings'][0]['id']}/schedule", {"start_time": soon(days=3)})
    ana.post(f"/sessions/{seat['service_session']['id']}/complete", {})
