"""What admins mend over HTTP: payouts taken back, refunds sent once more, accounts that cannot be paid."""

from datetime import timedelta

from adapters.memory.payments import Fault, Operation
from core.usecases.ledger import check_ledger
from core.usecases.sweep import sweep
from tests.http.market import Json, Market, absent
from tests.http.test_package_story import bought, deliver

ACCOUNT = "acct_ana"


async def available(market: Market) -> Json:
    """A package of which two seats were delivered: 136.00 are available to Ana."""
    receipt = await bought(market)
    await deliver(market, receipt["bookings"][:2])
    market.clock.advance(timedelta(days=9))
    await sweep(ports=market.ports)
    return receipt


async def name_account(market: Market) -> None:
    body = {"display_name": "Ana Reis", "timezone": "Europe/Lisbon", "stripe_account_id": ACCOUNT}
    assert (
        200 == (await market.send("PUT", f"/practitioners/{market.ana.id}", body, by=market.ana)).status_code
    )


async def whole(market: Market) -> bool:
    return (await check_ledger(ports=market.ports)).violations == ()


async def test_an_admin_takes_a_paid_payout_back_once(market: Market) -> None:
    await available(market)
    payout = (await market.post("/payouts", by=market.ana)).json()
    path = f"/payouts/{payout['id']}/reversals"
    forbidden = await market.post(path, {}, by=market.ana)
    answers = [
        await market.post(path, {"amount_cents": 600}, by=market.admin, key="reversal-1") for _ in range(2)
    ]
    too_much = await market.post(path, {"amount_cents": 13_001}, by=market.admin)
    rest = await market.post(path, by=market.admin)

    assert (0, 403, 400) == (payout["reversed_cents"], forbidden.status_code, too_much.status_code)
    assert [(200, 600)] * 2 == [(a.status_code, a.json()["reversed_cents"]) for a in answers]
    assert ("paid", 13_600) == (rest.json()["status"], rest.json()["reversed_cents"])
    assert 0 == market.gateway.transferred_cents()
    assert 404 == (await market.post(f"/payouts/{absent()}/reversals", {}, by=market.admin)).status_code
    summary = (await market.get("/earnings/summary", market.ana)).json()
    assert (13_600, 13_600) == (summary["paid_cents"], summary["balance_cents"])
    assert await whole(market)


async def test_a_reversal_whose_answer_was_lost_is_repeated_under_its_key(market: Market) -> None:
    await available(market)
    payout = (await market.post("/payouts", by=market.ana)).json()
    path = f"/payouts/{payout['id']}/reversals"
    market.gateway.script(Operation.REVERSE_TRANSFER, Fault.LOST_BEFORE)

    answers = [
        await market.post(path, {"amount_cents": 8000}, by=market.admin, key="reversal-1") for _ in range(3)
    ]
    another = await market.post(path, {"amount_cents": 8000}, by=market.admin, key="reversal-2")
    rest = [await market.post(path, {}, by=market.admin, key=key) for key in ("reversal-3", "reversal-4")]

    assert [0, 8000, 8000] == [answer.json()["reversed_cents"] for answer in answers]
    assert [None, None, "true"] == [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert (400, "/amount_cents") == (another.status_code, another.json()["errors"][0]["pointer"])
    assert "5600 of the payout can be taken back" == another.json()["errors"][0]["detail"]
    assert [(200, 13_600)] * 2 == [(answer.status_code, answer.json()["reversed_cents"]) for answer in rest]
    assert 0 == market.gateway.transferred_cents()
    assert await whole(market)


async def test_a_reversal_that_the_gateway_refuses_says_so(market: Market) -> None:
    await available(market)
    payout = (await market.post("/payouts", by=market.ana)).json()
    market.gateway.script(Operation.REVERSE_TRANSFER, Fault.DECLINED)
    refused = await market.post(f"/payouts/{payout['id']}/reversals", {}, by=market.admin)

    assert (409, "reversal_refused") == (refused.status_code, refused.json()["code"])


async def test_a_failed_refund_is_sent_once_more_by_an_admin(market: Market) -> None:
    receipt = await bought(market)
    market.gateway.script(Operation.REFUND, Fault.DECLINED)
    failed = (await market.post(f"/orders/{receipt['order']['id']}/refunds", {}, by=market.bea)).json()
    path = f"/refunds/{failed['id']}/retry"
    forbidden = await market.post(path, by=market.bea)
    market.gateway.script(Operation.FIND_REFUND, Fault.LOST_AFTER)
    undecided = await market.post(path, by=market.admin)
    again = [await market.post(path, by=market.admin, key="retry-1") for _ in range(2)]
    third = await market.post(path, by=market.admin)

    assert ("failed", 403) == (failed["status"], forbidden.status_code)
    assert (409, "refund_undecided") == (undecided.status_code, undecided.json()["code"])
    assert [(200, "succeeded")] * 2 == [(a.status_code, a.json()["status"]) for a in again]
    assert (409, "illegal_transition") == (third.status_code, third.json()["code"])
    assert failed["card_cents"] == market.gateway.refunded_cents()
    assert 404 == (await market.post(f"/refunds/{absent()}/retry", by=market.admin)).status_code
    assert await whole(market)


async def test_an_account_that_cannot_be_paid_is_shown_to_its_owner_and_refused(market: Market) -> None:
    await available(market)
    await name_account(market)
    path = f"/practitioners/{market.ana.id}"
    before = (await market.get(path, market.ana)).json()
    market.gateway.set_account(ACCOUNT, payouts_enabled=False)
    refused = await market.post("/payouts", by=market.ana)
    shown = [(await market.get(path, by)).json() for by in (market.ana, market.admin, market.bea, None)]
    market.gateway.set_account(ACCOUNT, payouts_enabled=True)
    paid = await market.post("/payouts", by=market.ana)

    assert before["payouts_enabled"] is None
    assert (409, "payouts_not_enabled") == (refused.status_code, refused.json()["code"])
    assert [False, False, "hidden", "hidden"] == [view.get("payouts_enabled", "hidden") for view in shown]
    assert (201, "paid") == (paid.status_code, paid.json()["status"])
    assert (await market.get(path, market.ana)).json()["payouts_enabled"] is True
