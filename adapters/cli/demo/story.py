"""Act one: a $400 package, paid with $100 credits and $300 card, delivered in part, refunded, paid out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from attrs import frozen

from adapters.cli.console import rfc3339
from adapters.cli.demo.server import Installation
from adapters.cli.demo.telling import Caller, Teller, fact, money

PRICE: Final = 40_000
SESSIONS: Final = 5
VALUE: Final = 8_000
NET: Final = 6_800
COMMISSION: Final = 1_200
GRANTED: Final = 10_000
CARD: Final = 30_000
HOLD: Final = timedelta(hours=48)


@frozen(kw_only=True)
class Cast:
    """Who takes part."""

    practitioner_id: UUID
    client_id: UUID
    practitioner: Caller
    client: Caller
    admin: Caller


BOOKS: Final = {
    "user_credit": 6_000,
    "order_value": 0,
    "practitioner": 0,
    "platform_commission": 2 * COMMISSION,
    "platform_forfeits": 0,
    "payment_gateway": -(CARD - 18_000),
    "payouts": 2 * NET,
    "platform_promotions": -GRANTED,
    "refunds_payable": 0,
}
"""What the act leaves in a store of its own, by account family."""


def sell_a_package(installation: Installation, http: Any, teller: Teller, *, is_new_store: bool) -> None:
    """Tell the act, at a running server."""
    cast = _cast(installation, http)
    package_id = _put_on_sale(cast, teller)
    _grant(cast, teller)
    order, bookings = _buy(cast, teller, package_id)
    sessions = _schedule(cast, teller, bookings)
    _deliver(cast, teller, order["id"], sessions)
    _wait_out_the_hold(cast, teller, installation)
    _pay_out(cast, teller)
    _refund(cast, teller, order["id"])
    _look_back(cast, teller, order["id"])
    prove(teller, installation, BOOKS if is_new_store else {}, number=10)


def _cast(installation: Installation, http: Any) -> Cast:
    practitioner_id, client_id = uuid4(), uuid4()
    return Cast(
        practitioner_id=practitioner_id,
        client_id=client_id,
        practitioner=Caller(http, installation.token(practitioner_id, "practitioner")),
        client=Caller(http, installation.token(client_id, "client")),
        admin=Caller(http, installation.token(uuid4(), "admin")),
    )


def _put_on_sale(cast: Cast, teller: Teller) -> str:
    cast.practitioner.put(
        f"/practitioners/{cast.practitioner_id}", {"display_name": "Ana Reis", "timezone": "Europe/Lisbon"}
    )
    common = {"practitioner_id": str(cast.practitioner_id), "currency": teller.currency}
    session = cast.practitioner.post(
        "/services",
        {
            **common,
            "service_type": "session",
            "name": "Breathing",
            "description": "An hour, one to one.",
            "price_cents": 10_000,
            "duration_minutes": 60,
        },
    )
    package = cast.practitioner.post(
        "/services",
        {
            **common,
            "service_type": "package",
            "name": "Five breaths",
            "description": "Five sessions, a fifth off.",
            "price_cents": PRICE,
            "components": [{"service_id": session["id"], "quantity": SESSIONS}],
        },
    )
    teller.step(
        "1. Ana offers a session, and a package of five",
        money("one session", session["price_cents"], 10_000),
        money("the package", package["price_cents"], PRICE),
    )
    return str(package["id"])


def _grant(cast: Cast, teller: Teller) -> None:
    cast.admin.post(
        "/credits/grants",
        {"user_id": str(cast.client_id), "amount_cents": GRANTED, "reason": "welcome"},
    )
    teller.step("2. A client is given credits", money("balance", _credits(cast), GRANTED))


def _buy(cast: Cast, teller: Teller, package_id: str) -> tuple[Any, list[Any]]:
    body = {"service_id": package_id, "payment_method_id": "pm_card_visa", "apply_credits": True}
    key = str(uuid4())
    bought = cast.client.post("/checkout", body, key=key)
    again = cast.client.post("/checkout", body, key=key)
    order, bookings, payment = bought["order"], bought["bookings"], bought["payment"]
    teller.step(
        "3. The client buys the package",
        money("price", order["subtotal_amount_cents"], PRICE),
        money("paid with credits", order["credits_applied_cents"], GRANTED),
        money("paid by card", payment["amount_cents"], CARD),
        fact("the payment", payment["status"], "succeeded"),
        fact("the order", order["status"], "paid"),
        fact("seats to be scheduled", [b["status"] for b in bookings].count("draft"), SESSIONS),
        money("value of each", bookings[0]["session_value_cents"], VALUE),
        money("value of all", sum(b["session_value_cents"] for b in bookings), PRICE),
        money("credits left", _credits(cast), 0),
        fact("the same request again buys nothing", again["order"]["id"] == order["id"], True),
    )
    return order, bookings


def _schedule(cast: Cast, teller: Teller, bookings: list[Any]) -> list[str]:
    first = (datetime.now(UTC) + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    times = [rfc3339(first + timedelta(days=index)) for index in range(2)]
    seats = [
        cast.client.post(f"/bookings/{booking['id']}/schedule", {"start_time": at})
        for booking, at in zip(bookings, times, strict=False)
    ]
    refusal = cast.client.refusal(f"/bookings/{bookings[2]['id']}/schedule", {"start_time": times[0]})
    teller.step(
        "4. Two sessions get a time",
        *(fact(f"from {at}", seat["status"], "confirmed") for seat, at in zip(seats, times, strict=True)),
        fact("a third at the same hour", refusal, "session_overlap"),
    )
    return [seat["service_session"]["id"] for seat in seats]


def _deliver(cast: Cast, teller: Teller, order_id: str, sessions: list[str]) -> None:
    for session_id in sessions:
        cast.practitioner.post(f"/sessions/{session_id}/start", {})
        cast.practitioner.post(f"/sessions/{session_id}/complete", {})
    cast.practitioner.post(f"/sessions/{sessions[0]}/complete", {})  # once is enough
    earnings = cast.practitioner.get("/earnings")["items"]
    progress = cast.client.get(f"/orders/{order_id}/progress")
    teller.step(
        "5. Both take place",
        fact("completed", f"{progress['completed']} of {progress['total_sessions']}", f"2 of {SESSIONS}"),
        *(
            figure
            for index, earned in enumerate(reversed(earnings), start=1)
            for figure in (
                money(f"session {index}", earned["gross_amount_cents"], VALUE),
                money("- commission of 15 %", earned["commission_amount_cents"], COMMISSION),
                money("- earned, held for 48 hours", earned["net_amount_cents"], NET),
            )
        ),
        money("pending", _summary(cast)["pending_cents"], 2 * NET),
    )


def _wait_out_the_hold(cast: Cast, teller: Teller, installation: Installation) -> None:
    later = rfc3339((datetime.now(UTC) + HOLD + timedelta(minutes=2)).replace(second=0, microsecond=0))
    report = installation.run_json("sweep", "--at", later)
    summary = _summary(cast)
    teller.step(
        f"6. Two days later (estuary sweep --at {later})",
        fact("items that could not be moved", len(report["failures"]), 0),
        money("still pending", summary["pending_cents"], 0),
        money("available", summary["available_cents"], 2 * NET),
    )


def _pay_out(cast: Cast, teller: Teller) -> None:
    payout = cast.practitioner.post("/payouts", {})
    summary = _summary(cast)
    teller.step(
        "7. Ana is paid out",
        money("payout", payout["amount_cents"], 2 * NET),
        fact("the transfer", payout["status"], "paid"),
        money("paid so far", summary["paid_cents"], 2 * NET),
        money("still owed", summary["balance_cents"], 0),
    )


def _refund(cast: Cast, teller: Teller, order_id: str) -> None:
    quote = cast.client.post(f"/orders/{order_id}/refund-quotes", {})
    refund = cast.client.post(f"/orders/{order_id}/refunds", {"reason": "moving away"})
    rest = (SESSIONS - 2) * VALUE
    teller.step(
        "8. The client gives back the other three",
        money("quoted", quote["refund_value_cents"], rest),
        money("- to credits", quote["credits_cents"], 6_000),
        money("- to the card", quote["card_cents"], 18_000),
        money("refunded", refund["refund_value_cents"], rest),
        money("- to credits", refund["credits_cents"], 6_000),
        money("- to the card", refund["card_cents"], 18_000),
        fact("the refund", refund["status"], "succeeded"),
        money("credits now", _credits(cast), 6_000),
        fact("the rest, a second time", _second_refund(cast, order_id), "nothing_to_refund"),
    )


def _second_refund(cast: Cast, order_id: str) -> str:
    return cast.client.refusal(f"/orders/{order_id}/refunds", {})


def _look_back(cast: Cast, teller: Teller, order_id: str) -> None:
    order = cast.client.get(f"/orders/{order_id}")
    transactions = _items(cast.client.get(f"/orders/{order_id}/transactions"))
    progress = cast.client.get(f"/orders/{order_id}/progress")
    teller.step(
        "9. The order, looked back upon",
        *(
            money(f"transaction: {transaction['type']}", transaction["amount_cents"], expected)
            for transaction, expected in zip(transactions, (PRICE, -GRANTED, 6_000), strict=False)
        ),
        fact("how many", len(transactions), 3),
        money("refunded as credits", order["refunded_credits_cents"], 6_000),
        money("refunded to the card", order["refunded_card_cents"], 18_000),
        fact("status", order["status"], "partially_refunded"),
        fact("delivered", progress["completed"], 2),
        fact("to come", order["sessions_remaining"], 0),
    )


def prove(
    teller: Teller, installation: Installation, expected: Mapping[str, int], *, number: int
) -> dict[str, int]:
    """Check the books, and the balances that are `expected`; tells all balances."""
    report = installation.run_json("ledger", "check")
    balances = installation.run_json("ledger", "balance")
    found = {balance["account"]: int(balance["balance_cents"]) for balance in balances}
    teller.step(
        f"{number}. The books: {sum(report['rows'].values())} rows read (estuary ledger check)",
        fact("broken invariants", len(report["violations"]), 0),
        *(money(name, found.get(name, 0), cents) for name, cents in expected.items()),
        money("the sum of all accounts", sum(found.values()), 0),
    )
    return found


def _credits(cast: Cast) -> int:
    return int(cast.client.get("/credits")["balance_cents"])


def _summary(cast: Cast) -> Any:
    return cast.practitioner.get("/earnings/summary")


def _items(answer: Any) -> list[Any]:
    items: list[Any] = answer["items"] if isinstance(answer, dict) else answer
    return items
