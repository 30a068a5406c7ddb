"""Real clients at once on each store: one key, one time, one last seat."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from adapters.cli.demo.server import Installation
from tests.e2e.shop import in_days, opened, token


@pytest.mark.parametrize("card", ["pm_card_visa", None], ids=["two commits", "one commit"])
def test_twelve_requests_with_one_key_make_one_order(installation: Installation, card: str | None) -> None:
    server = installation.start()
    try:
        shop = opened(installation, server)
        admin, eva = shop.caller(server, "admin"), shop.caller(server, "client")
        admin.post(
            "/credits/grants", {"user_id": shop.ids["client"], "amount_cents": 500000, "reason": "plenty"}
        )
        body = shop.buy_package(payment_method_id=card, apply_credits=card is None)
        body = {name: value for name, value in body.items() if value is not None}
        key = str(uuid4())
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: shop.post("/checkout", body, key=key), range(12)))

        assert set(Counter(a.status_code for a in answers)) <= {201, 409}
        (order,) = eva.get("/orders")["items"]
        assert {order["id"]} == {a.json()["order"]["id"] for a in answers if a.status_code == 201}
        assert {"idempotency_in_progress"} >= {a.json()["code"] for a in answers if a.status_code == 409}
        last = shop.post("/checkout", body, key=key)
        assert (201, "true") == (last.status_code, last.headers["Idempotency-Replayed"])
        other = shop.post("/checkout", body | {"client_notes": "another"}, key=key)
        assert (422, "idempotency_key_reused") == (other.status_code, other.json()["code"])
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()


def test_overlapping_sessions_of_one_practitioner_are_sold_once(installation: Installation) -> None:
    server = installation.start()
    try:
        shop = opened(installation, server)

        def buy(number: int) -> tuple[int, str | None]:
            body = {
                "service_id": shop.session_id,
                "payment_method_id": "pm_card_visa",
                "start_time": in_days(5, minutes=5 * number),
            }
            answer = shop.post("/checkout", body, who=("client", "rival")[number % 2])
            return answer.status_code, answer.json().get("code")

        with ThreadPoolExecutor(10) as pool:
            answers = Counter(pool.map(buy, range(10)))

        assert Counter({(409, "session_overlap"): 9, (201, None): 1}) == answers
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()


def test_seven_workshop_seats_are_sold_to_seven_of_sixty(installation: Installation) -> None:
    server = installation.start()
    try:
        shop = opened(installation, server)
        ana = shop.caller(server, "practitioner")
        workshop = ana.post(
            "/services",
            {
                "practitioner_id": shop.ids["practitioner"],
                "service_type": "workshop",
                "name": "Breathing together",
                "price_cents": 3000,
                "currency": "usd",
                "duration_minutes": 90,
                "max_participants": 7,
            },
        )
        session = ana.post(f"/services/{workshop['id']}/sessions", {"start_time": in_days(9)})
        body = {
            "service_id": workshop["id"],
            "session_id": session["id"],
            "payment_method_id": "pm_card_visa",
        }
        people = {f"buyer{n}": token(installation, str(uuid4()), "client") for n in range(60)}
        shop.tokens.update(people)

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda who: shop.post("/checkout", body, who=who), people))

        found = Counter("sold" if a.status_code == 201 else a.json()["code"] for a in answers)
        assert Counter({"sold": 7, "session_full": 53}) == found
        assert 7 == ana.get(f"/sessions/{session['id']}")["current_participants"]
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()
