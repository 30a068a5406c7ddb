"""Answers that carry deprecated fields say so, every one, and the document says that they do."""

from datetime import date
from typing import Any

import httpx
import pytest

from adapters.http.deprecation import Deprecation
from tests.http.market import API, Json, Market, User, absent, client_of, new_app

COPIES = {"start_time", "end_time"}

Route = tuple[str, str]


async def document_of(market: Market) -> Json:
    served: Json = (await market.client.get("/schema/openapi.json")).json()
    return served


def reachable(document: Json, schema: Any, seen: set[str]) -> list[Json]:
    """A schema and all that it is made of, through every reference."""
    if isinstance(schema, list):
        return [found for part in schema for found in reachable(document, part, seen)]
    if not isinstance(schema, dict):
        return []
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        seen.add(reference)
        named = document["components"]["schemas"][reference.rpartition("/")[2]]
        return reachable(document, named, seen)
    return [schema, *(found for part in schema.values() for found in reachable(document, part, seen))]


def carriers(document: Json) -> dict[Route, Json]:
    """The successful responses with a field that is marked, by method and path."""
    found = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            (success,) = [r for status, r in operation["responses"].items() if status.startswith("2")]
            if any(part.get("deprecated") for part in reachable(document, success.get("content"), set())):
                found[method.upper(), path.removeprefix(API)] = success
    return found


async def everything_answered(market: Market) -> dict[Route, httpx.Response]:
    """An answer of every route that carries the copies, by method and path."""
    answers: dict[Route, httpx.Response] = {}
    tom = User()

    async def ask(method: str, template: str, name: str = "", body: Json | None = None) -> Json:
        key, _, rest = template.partition("{")
        path = template if not rest else f"{key}{name}{rest.partition('}')[2]}"
        answer = await (
            market.get(path, market.bea) if method == "GET" else market.post(path, body, by=market.bea)
        )
        assert answer.is_success, (template, answer.text)
        answers[method, template] = answer
        told: Json = answer.json()
        return told

    package = await market.offer_package()
    buying = {"service_id": package, "payment_method_id": "pm_card_visa"}
    bought = await ask("POST", "/checkout", body=buying)
    order = bought["order"]["id"]
    first, second, third, *_ = (booking["id"] for booking in bought["bookings"])
    await ask("GET", "/bookings")
    await ask("GET", "/bookings/{booking_id}", first)
    await ask("GET", "/orders/{order_id}/bookings", order)
    await ask("POST", "/bookings/{booking_id}/schedule", first, {"start_time": market.later(days=3)})
    await ask("POST", "/bookings/{booking_id}/reschedule", first, {"start_time": market.later(days=4)})
    await ask("POST", "/bookings/{booking_id}/cancel", second)
    await ask("POST", "/orders/{order_id}/transfer", order, {"user_id": str(tom.id), "booking_ids": [third]})
    await ask("POST", "/credits/purchases", body={"amount_cents": 5000, "payment_method_id": "pm_card_visa"})
    unsure = {"service_id": package, "payment_method_id": "pm_card_authenticationRequired"}
    waiting = (await market.post("/checkout", unsure, by=market.bea)).json()["payment"]["id"]
    await ask("POST", "/dev/payments/{payment_id}/confirm", waiting)
    return answers


async def test_every_answer_with_deprecated_fields_says_since_when_and_until_when(market: Market) -> None:
    expected = carriers(await document_of(market))
    answers = await everything_answered(market)

    assert expected.keys() == answers.keys()
    for route, answer in answers.items():
        assert ("@1796083200", "Wed, 01 Dec 2027 00:00:00 GMT", '</schema>; rel="deprecation"') == (
            answer.headers["deprecation"],
            answer.headers["sunset"],
            answer.headers["link"],
        ), route


async def test_the_document_names_the_headers_of_exactly_these_routes(market: Market) -> None:
    document = await document_of(market)
    marked = carriers(document)

    for path, item in document["paths"].items():
        for method, operation in item.items():
            named = {h for r in operation["responses"].values() for h in r.get("headers", {})}
            is_marked = (method.upper(), path.removeprefix(API)) in marked
            assert is_marked == ({"Deprecation", "Sunset", "Link"} <= named), (method, path)
            assert is_marked or "Deprecation" not in named, (method, path)


async def test_the_deprecated_fields_are_copies_of_the_sessions_times(market: Market) -> None:
    document = await document_of(market)
    fields = document["components"]["schemas"]["BookingView"]["properties"]
    assert {name for name, field in fields.items() if field.get("deprecated")} == COPIES

    service = await market.offer()
    (booking,) = (await market.buy(service, start_time=market.later(days=3)))["bookings"]

    for name in COPIES:
        assert booking["service_session"][name] == booking[name] == booking[f"computed_{name}"]


async def test_an_answer_without_them_or_a_refusal_says_nothing(market: Market) -> None:
    for path in ("/orders", f"/bookings/{absent()}", "/services"):
        answer = await market.get(path, market.bea)
        assert [] == [name for name in ("deprecation", "sunset", "link") if name in answer.headers], path


async def test_the_days_and_the_guide_are_the_operators(market: Market) -> None:
    chosen = Deprecation(
        deprecated_on=date(2026, 1, 1), sunset_on=None, guide="https://help.example/new-bookings"
    )
    async with client_of(new_app(market.ports, market.gateway, deprecation=chosen)) as client:
        package = await market.offer_package()
        await market.buy(package)
        token = (await market.get("/bookings", market.bea)).request.headers["authorization"]
        answer = await client.get(f"{API}/bookings", headers={"authorization": token})

    assert ("@1767225600", None, '<https://help.example/new-bookings>; rel="deprecation"') == (
        answer.headers["deprecation"],
        answer.headers.get("sunset"),
        answer.headers["link"],
    )


def test_fields_do_not_go_before_they_are_deprecated() -> None:
    with pytest.raises(ValueError, match="before they are deprecated"):
        Deprecation(deprecated_on=date(2027, 1, 1), sunset_on=date(2026, 12, 31))
