"""Everybody says where they are reached, and nobody reads another's."""

from typing import Any

import pytest

from tests.http.market import Json, Market

ALL: Json = {
    "session_reminder": True,
    "review_request": True,
    "package_expiring": True,
    "earnings_released": True,
    "seat_booked": True,
    "seat_moved": True,
    "seat_canceled": True,
}


def contact(**fields: Any) -> Json:
    return {"email": "eva@example.org", "timezone": "Europe/Lisbon", **fields}


async def test_a_contact_is_shown_as_it_was_given(market: Market) -> None:
    body = contact(display_name="Eva", notifications={"review_request": False})

    saved = await market.send("PUT", "/me", body, by=market.bea)

    expected = {
        "user_id": str(market.bea.id),
        "email": "eva@example.org",
        "display_name": "Eva",
        "timezone": "Europe/Lisbon",
        "notifications": {**ALL, "review_request": False},
        "updated_at": "2026-03-02T09:00:00Z",
    }
    assert (200, expected) == (saved.status_code, saved.json())
    assert expected == (await market.get("/me", market.bea)).json()


async def test_a_second_contact_takes_the_place_of_the_first(market: Market) -> None:
    await market.send(
        "PUT", "/me", contact(display_name="Eva", notifications={"session_reminder": False}), by=market.bea
    )
    saved = await market.send("PUT", "/me", contact(email="new@example.org"), by=market.bea)

    read = (await market.get("/me", market.bea)).json()
    assert saved.json() == read
    assert ("new@example.org", None, ALL) == (read["email"], read["display_name"], read["notifications"])


async def test_nobody_reads_anothers_contact(market: Market) -> None:
    await market.send("PUT", "/me", contact(), by=market.bea)

    for other in (market.ana, market.admin):
        assert 404 == (await market.get("/me", other)).status_code
    assert 401 == (await market.get("/me")).status_code
    assert 401 == (await market.send("PUT", "/me", contact())).status_code


async def test_addresses_are_kept_in_their_usual_form(market: Market) -> None:
    saved = await market.send("PUT", "/me", contact(email="Eva.Maria+x@Bücher.EXAMPLE.org"), by=market.bea)

    assert "Eva.Maria+x@xn--bcher-kva.example.org" == saved.json()["email"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"email": "eva"}, "/email"),
        ({"email": "eva@@example.org"}, "/email"),
        ({"email": "eva@example.org\nBcc: all@example.org"}, "/email"),
        ({"email": "Eva <eva@example.org>"}, "/email"),
        ({"email": "ëva@example.org"}, "/email"),
        ({"email": "e" * 243 + "@example.org"}, "/email"),
        ({"email": None}, "/email"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"display_name": ""}, "/display_name"),
        ({"notifications": {"payout_sent": False}}, "/notifications/payout_sent"),
        ({"notifications": {"review_request": "no"}}, "/notifications/review_request"),
        ({"admin": True}, "/admin"),
    ],
)
async def test_a_contact_that_makes_no_sense_is_refused_by_field(
    market: Market, fields: Json, pointer: str
) -> None:
    refused = await market.send("PUT", "/me", contact(**fields), by=market.bea)

    assert (400, [pointer]) == (refused.status_code, [e["pointer"] for e in refused.json()["errors"]])
    assert 404 == (await market.get("/me", market.bea)).status_code
