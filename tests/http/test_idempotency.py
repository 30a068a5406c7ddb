"""The same key and body again: the first answer again, and nothing happens twice."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from attrs import evolve

from adapters.memory.payments import Fault, Operation
from core.usecases.sweep import sweep
from tests.http.market import Json, Market, User, token


async def package(market: Market) -> Json:
    return {"service_id": await market.offer_package(), "payment_method_id": "pm_card_visa"}


def replayed(response: httpx.Response) -> bool:
    return bool(response.headers.get("idempotency-replayed") == "true")


async def until_it_hangs(market: Market) -> None:
    """Let the request come as far as the gateway."""
    async with asyncio.timeout(5):
        while market.gateway.hanging() == 0:  # noqa: ASYNC110 - the gateway has no event to wait for
            await asyncio.sleep(0)


async def test_the_first_answer_is_given_again(market: Market) -> None:
    body = await package(market)

    first = await market.post("/checkout", body, by=market.bea, key="k-1")
    second = await market.post("/checkout", body, by=market.bea, key="k-1")
    assert (201, 201) == (first.status_code, second.status_code)
    assert first.content == second.content
    assert (False, True) == (replayed(first), replayed(second))
    assert 1 == len(market.gateway.charges())
    assert 1 == len((await market.get("/orders", market.bea)).json()["items"])


async def test_another_body_under_the_same_key_is_refused(market: Market) -> None:
    body = await package(market)
    await market.post("/checkout", body, by=market.bea, key="k-1")

    other = await market.post("/checkout", body | {"client_notes": "x"}, by=market.bea, key="k-1")
    assert (422, "idempotency_key_reused") == (other.status_code, other.json()["code"])
    elsewhere = await market.post("/payouts", by=evolve(market.bea, roles=("practitioner",)), key="k-1")
    assert 422 == elsewhere.status_code


async def test_a_key_is_its_users_own(market: Market) -> None:
    body = await package(market)
    first = await market.post("/checkout", body, by=market.bea, key="k-1")
    second = await market.post("/checkout", body, by=User(), key="k-1")
    assert first.json()["order"]["id"] != second.json()["order"]["id"]


async def test_twelve_at_once_make_one_order(crowd: Market) -> None:
    body = await package(crowd)

    answers = await asyncio.gather(
        *(crowd.post("/checkout", body, by=crowd.bea, key="k-1") for _ in range(12))
    )
    made = [a for a in answers if a.status_code == 201]
    assert 1 == len({a.json()["order"]["id"] for a in made})
    assert 1 == sum(not replayed(a) for a in made)
    assert {"idempotency_in_progress"} >= {a.json()["code"] for a in answers if a.status_code != 201}
    assert {201, 409} >= {a.status_code for a in answers}
    assert 1 == len(crowd.gateway.charges())
    assert 1 == len((await crowd.get("/orders", crowd.bea)).json()["items"])


async def test_a_declined_card_is_declined_again_without_a_second_charge(market: Market) -> None:
    body = await package(market) | {"payment_method_id": "pm_card_chargeDeclined"}

    first = await market.post("/checkout", body, by=market.bea, key="k-1")
    second = await market.post("/checkout", body, by=market.bea, key="k-1")
    assert (402, 402, True) == (first.status_code, second.status_code, replayed(second))
    assert first.content == second.content
    assert "application/problem+json" == second.headers["content-type"]
    assert 1 == len(market.gateway.charges())


async def test_a_refusal_is_kept_even_when_its_reason_has_passed(market: Market) -> None:
    refused = await market.post("/payouts", by=market.ana, key="k-1")
    assert (409, "nothing_to_pay_out") == (refused.status_code, refused.json()["code"])

    again = await market.post("/payouts", by=market.ana, key="k-1")
    assert (refused.content, True) == (again.content, replayed(again))


async def test_a_malformed_body_uses_up_no_key(market: Market) -> None:
    body = await package(market)
    assert 400 == (await market.post("/checkout", {"x": 1}, by=market.bea, key="k-1")).status_code
    assert 201 == (await market.post("/checkout", body, by=market.bea, key="k-1")).status_code


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "a\tb", "caf\u00e9"])
async def test_a_key_has_1_to_255_visible_characters(market: Market, key: str) -> None:
    response = await market.client.post(
        "/api/v1/payouts",
        headers=[
            (b"authorization", f"Bearer {token(market.ana)}".encode()),
            (b"idempotency-key", key.encode("latin-1")),
        ],
    )
    assert 400 == response.status_code
    assert "/Idempotency-Key" == response.json()["errors"][0]["pointer"]


async def test_a_twin_of_work_under_way_is_told_so_and_then_the_truth(market: Market) -> None:
    body = await package(market)
    market.gateway.script(Operation.CHARGE, Fault.HANG_AFTER)
    first = asyncio.create_task(market.post("/checkout", body, by=market.bea, key="k-1"))
    await until_it_hangs(market)

    twin = await market.post("/checkout", body, by=market.bea, key="k-1")
    assert (409, "idempotency_in_progress") == (twin.status_code, twin.json()["code"])
    market.gateway.release()
    assert 201 == (await first).status_code
    after = await market.post("/checkout", body, by=market.bea, key="k-1")
    assert ((await first).content, True) == (after.content, replayed(after))


@pytest.mark.parametrize(("card", "status"), [("pm_card_visa", 201), ("pm_card_chargeDeclined", 402)])
async def test_an_answer_lost_in_a_crash_is_told_from_the_truth(
    market: Market, card: str, status: int
) -> None:
    body = await package(market) | {"payment_method_id": card}
    market.gateway.script(Operation.CHARGE, Fault.HANG_AFTER)
    dying = asyncio.create_task(market.post("/checkout", body, by=market.bea, key="k-1"))
    await until_it_hangs(market)
    dying.cancel()
    await asyncio.wait([dying])

    assert 409 == (await market.post("/checkout", body, by=market.bea, key="k-1")).status_code
    await sweep(ports=market.ports, at=market.clock.now() + timedelta(minutes=1))
    told = await market.post("/checkout", body, by=market.bea, key="k-1")
    assert (status, True) == (told.status_code, replayed(told))
    assert 1 == len(market.gateway.charges())


@pytest.mark.parametrize(
    ("method_path", "body"),
    [("/refund-quotes", None), ("/refunds", {"reason": "x"})],
)
async def test_refunds_and_quotes_replay(market: Market, method_path: str, body: Json | None) -> None:
    order = (await market.buy(await market.offer_package()))["order"]

    first = await market.post(f"/orders/{order['id']}{method_path}", body, by=market.bea, key="k-1")
    second = await market.post(f"/orders/{order['id']}{method_path}", body, by=market.bea, key="k-1")
    assert first.is_success
    assert (first.status_code, first.content, True) == (
        second.status_code,
        second.content,
        replayed(second),
    )


async def test_every_kind_of_post_replays(market: Market) -> None:
    part = await market.offer()
    workshop = await market.offer(service_type="workshop", max_participants=5)
    slot = await market.offer_session(workshop)
    first, second, *_ = (await market.buy(await market.offer_package()))["bookings"]
    confirming = await market.buy(
        part, payment_method_id="pm_card_authenticationRequired", start_time=market.later(days=9)
    )
    calls: list[tuple[str, Json | None, User]] = [
        ("/services", {"service_type": "session", "name": "x", "price_cents": 100}, market.ana),
        (f"/services/{workshop}/sessions", {"start_time": market.later(days=4)}, market.ana),
        (f"/bookings/{first['id']}/schedule", {"start_time": market.later(days=2)}, market.bea),
        (f"/bookings/{second['id']}/cancel", None, market.bea),
        (f"/sessions/{slot}/start", None, market.ana),
        (f"/sessions/{slot}/complete", None, market.ana),
        ("/credits/purchases", {"amount_cents": 500, "payment_method_id": "pm_card_visa"}, market.bea),
        (
            "/credits/grants",
            {"user_id": str(market.bea.id), "amount_cents": 5, "reason": "x"},
            market.admin,
        ),
        (f"/dev/payments/{confirming['payment']['id']}/confirm", None, market.bea),
    ]
    for path, body, user in calls:
        once = await market.post(path, body, by=user, key=path)
        again = await market.post(path, body, by=user, key=path)
        assert once.is_success, (path, once.text)
        assert (once.status_code, once.content, True) == (
            again.status_code,
            again.content,
            replayed(again),
        ), path


async def test_a_refund_whose_answer_was_lost_is_told_once_it_is_settled(market: Market) -> None:
    order = (await market.buy(await market.offer_package()))["order"]
    path = f"/orders/{order['id']}/refunds"
    market.gateway.script(Operation.REFUND, Fault.HANG_AFTER)
    dying = asyncio.create_task(market.post(path, by=market.bea, key="k-1"))
    await until_it_hangs(market)
    dying.cancel()
    await asyncio.wait([dying])

    assert 409 == (await market.post(path, by=market.bea, key="k-1")).status_code
    await sweep(ports=market.ports, at=market.clock.now() + timedelta(minutes=1))
    told = await market.post(path, by=market.bea, key="k-1")
    assert (201, "succeeded", True) == (told.status_code, told.json()["status"], replayed(told))


async def test_keys_are_kept_for_a_day(market: Market) -> None:
    body = await package(market)
    await market.post("/checkout", body, by=market.bea, key="k-1")

    record = await market.ports.store.find_idempotency(str(market.bea.id), "k-1")
    assert record is not None
    assert timedelta(hours=24) == record.expires_at - record.created_at
