"""Disputes over HTTP: played by the bank of the fake gateway, seen by admins, felt by everybody."""

from datetime import timedelta

import httpx
import pytest

from core.usecases.ledger import check_ledger
from core.usecases.sweep import sweep
from tests.http.market import Json, Market, User, absent
from tests.http.test_package_story import bought, deliver


async def bank(market: Market, receipt: Json, *, by: User | None = None, **body: object) -> httpx.Response:
    """What the buyer's bank does about the payment; the books are whole afterwards."""
    path = f"/dev/payments/{receipt['payment']['id']}/dispute"
    answer = await market.post(path, dict(body), by=by or market.bea)
    assert () == (await check_ledger(ports=market.ports)).violations
    return answer


async def test_a_dispute_freezes_earnings_and_refunds_until_it_is_won(market: Market) -> None:
    receipt = await bought(market)
    await deliver(market, receipt["bookings"][:2])
    order = receipt["order"]["id"]

    opened = await bank(market, receipt)

    assert 200 == opened.status_code, opened.text
    dispute = opened.json()
    assert ("open", 30_000, "fraudulent", None) == (
        dispute["status"],
        dispute["amount_cents"],
        dispute["reason"],
        dispute["closed_at"],
    )
    assert [True, True] == [
        row["frozen"] for row in (await market.get("/earnings", market.ana)).json()["items"]
    ]
    assert 30_000 == (await market.get(f"/orders/{order}", market.bea)).json()["disputed_cents"]
    refused = await market.post(f"/orders/{order}/refunds", {}, by=market.bea)
    assert (409, "payment_disputed") == (refused.status_code, refused.json()["code"])
    market.clock.advance(timedelta(days=9))
    assert 0 == (await sweep(ports=market.ports)).earnings_released

    won = await bank(market, receipt, status="won")

    assert "won" == won.json()["status"]
    assert won.json()["closed_at"] is not None
    assert 2 == (await sweep(ports=market.ports)).earnings_released
    paid = await market.post("/payouts", by=market.ana)
    assert 13_600 == paid.json()["amount_cents"]


async def test_a_lost_dispute_takes_back_what_it_covers(market: Market) -> None:
    receipt = await bought(market)
    await deliver(market, receipt["bookings"][:2])

    lost = await bank(market, receipt, status="lost")

    assert (200, "lost") == (lost.status_code, lost.json()["status"])
    order = (await market.get(f"/orders/{receipt['order']['id']}", market.bea)).json()
    assert ("partially_refunded", 30_000, 6000, 0, 0) == (
        order["status"],
        order["charged_back_cents"],
        order["refunded_credits_cents"],
        order["disputed_cents"],
        order["sessions_remaining"],
    )
    assert 3400 == (await market.get("/earnings/summary", market.ana)).json()["balance_cents"]
    assert 6000 == (await market.get("/credits", market.bea)).json()["balance_cents"]
    seats = (await market.get(f"/orders/{order['id']}/bookings", market.bea)).json()["items"]
    assert {"charged_back"} == {seat["payment_status"] for seat in seats}


async def test_admins_see_every_dispute_and_others_none(market: Market) -> None:
    first, second = await bought(market), await bought(market)
    await bank(market, first, amount_cents=5000)
    market.clock.advance(timedelta(hours=1))
    await bank(market, second, status="lost")

    everything = (await market.get("/disputes", market.admin)).json()["items"]
    still_open = (await market.get("/disputes", market.admin, status="open")).json()["items"]
    of_order = (await market.get(f"/orders/{first['order']['id']}/disputes", market.admin)).json()["items"]

    assert [("lost", 30_000), ("open", 5000)] == [(d["status"], d["amount_cents"]) for d in everything]
    assert [everything[1]] == still_open == of_order
    page = (await market.get("/disputes", market.admin, limit=1)).json()
    rest = (await market.get("/disputes", market.admin, cursor=page["next_cursor"])).json()
    assert everything == page["items"] + rest["items"]
    for user in (market.ana, market.bea):
        for path in ("/disputes", f"/orders/{first['order']['id']}/disputes"):
            assert 403 == (await market.get(path, user)).status_code
    assert 404 == (await market.get(f"/orders/{absent()}/disputes", market.admin)).status_code
    assert 400 == (await market.get("/disputes", market.admin, status="sleeping")).status_code


async def test_a_repeated_report_is_answered_alike(market: Market) -> None:
    receipt = await bought(market)
    path = f"/dev/payments/{receipt['payment']['id']}/dispute"

    answers = [await market.post(path, {"status": "lost"}, by=market.bea, key="d-1") for _ in range(2)]
    again = await bank(market, receipt, status="won")

    assert answers[0].content == answers[1].content
    assert answers[0].json() == again.json()


@pytest.mark.parametrize("amount", [-1, 0, 30_001, 10**30])
async def test_no_bank_takes_more_than_was_paid(market: Market, amount: int) -> None:
    refused = await bank(market, await bought(market), amount_cents=amount)

    assert 400 == refused.status_code
    assert "/amount_cents" == refused.json()["errors"][0]["pointer"]


async def test_only_ones_own_payment_that_succeeded_is_disputed(market: Market) -> None:
    receipt = await bought(market)
    asking = await market.buy(
        await market.offer_package(), payment_method_id="pm_card_authenticationRequired"
    )

    assert 404 == (await bank(market, receipt, by=User())).status_code
    assert 404 == (await bank(market, {"payment": {"id": absent()}})).status_code
    assert 409 == (await bank(market, asking)).status_code
