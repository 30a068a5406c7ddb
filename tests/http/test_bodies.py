"""Bodies that nobody should send: each is a 4xx that names the field and repeats no value."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.http.bodies import decode
from adapters.http.problems import BadFields
from adapters.http.resources.services import NewServiceBody
from tests.http.market import Market, token

CANARY = "canary-7f3a"
SESSION = '"service_type": "session", "name": "x", "price_cents": 100'
PART = '"service_id": "0195566d-3000-7000-8000-000000000001", "quantity": 1'
PACKAGE = '"service_type": "package", "name": "x", "price_cents": 100'
DEEP = "[" * 40 + "]" * 40

CORPUS: dict[str, tuple[str | bytes, str]] = {
    "a text for an integer": ('{"service_type": "session", "name": "x", "price_cents": "1"}', "/price_cents"),
    "a float for an integer": (
        '{"service_type": "session", "name": "x", "price_cents": 1.0}',
        "/price_cents",
    ),
    "true for an integer": ('{"service_type": "session", "name": "x", "price_cents": true}', "/price_cents"),
    "an exponent": ('{"service_type": "session", "name": "x", "price_cents": 1e2}', "/price_cents"),
    "a number beyond all floats": (
        '{"service_type": "session", "name": "x", "price_cents": 1e400}',
        "/price_cents",
    ),
    "26 digits": (
        '{"service_type": "session", "name": "x", "price_cents": 99999999999999999999999999}',
        "/price_cents",
    ),
    "5000 digits": (
        f'{{"service_type": "session", "name": "x", "price_cents": {"9" * 5000}}}',
        "/price_cents",
    ),
    "a negative amount": ('{"service_type": "session", "name": "x", "price_cents": -1}', "/price_cents"),
    "null for an integer": (
        '{"service_type": "session", "name": "x", "price_cents": null}',
        "/price_cents",
    ),
    "an integer for a text": ('{"service_type": "session", "name": 1, "price_cents": 100}', "/name"),
    "an empty name": ('{"service_type": "session", "name": "", "price_cents": 100}', "/name"),
    "a blank name": ('{"service_type": "session", "name": "  ", "price_cents": 100}', "/name"),
    "an integer for a boolean": (
        f'{{{SESSION}, "pay_practitioner_on_no_show": 1}}',
        "/pay_practitioner_on_no_show",
    ),
    "a missing field": ('{"service_type": "session", "name": "x"}', "/price_cents"),
    "an unknown field": (f'{{{SESSION}, "status": "active"}}', "/status"),
    "an id from outside": (f'{{{SESSION}, "id": "0195566d-3000-7000-8000-000000000001"}}', "/id"),
    "a field named like a path": (f'{{{SESSION}, "a/b~c": 1}}', "/a~1b~0c"),
    "an unknown choice": (
        f'{{"service_type": "{CANARY}", "name": "x", "price_cents": 100}}',
        "/service_type",
    ),
    "a currency in capitals": (f'{{{SESSION}, "currency": "USD"}}', "/currency"),
    "a malformed id": (
        f'{{{PACKAGE}, "components": [{{"service_id": "{CANARY}", "quantity": 1}}]}}',
        "/components/0/service_id",
    ),
    "an unknown field inside": (
        f'{{{PACKAGE}, "components": [{{{PART}, "x": 1}}]}}',
        "/components/0/x",
    ),
    "a filter for an id": (f'{{{SESSION}, "practitioner_id": {{"$gt": ""}}}}', "/practitioner_id"),
    "a key twice": (f'{{{SESSION}, "name": "y"}}', "/name"),
    "a key twice inside": (
        f'{{{PACKAGE}, "components": [{{{PART}, "quantity": 2}}]}}',
        "/components/0/quantity",
    ),
    "a NUL": ('{"service_type": "session", "name": "a\\u0000b", "price_cents": 100}', "/name"),
    "a raw control character": ('{"service_type": "session", "name": "a\x00b", "price_cents": 100}', ""),
    "half a character": ('{"service_type": "session", "name": "\\ud800", "price_cents": 100}', ""),
    "not UTF-8": (b'{"service_type": "session", "name": "\xff", "price_cents": 100}', ""),
    "UTF-16": ('{"name": "x"}'.encode("utf-16"), ""),
    "a byte order mark": (b"\xef\xbb\xbf{}", ""),
    "not JSON": ("name=x", ""),
    "half of JSON": ('{"name": ', ""),
    "two documents": (f"{{{SESSION}}} {{}}", ""),
    "NaN": ("NaN", ""),
    "a list": ("[]", ""),
    "a text": ('"x"', ""),
    "null": ("null", ""),
    "nothing": ("", ""),
    "deep nesting": (f'{{{SESSION}, "description": {DEEP}}}', ""),
    "deep nesting in an unknown field": (f'{{{SESSION}, "x": {DEEP}}}', ""),
    "very deep nesting": ("[" * 100_000, ""),
    "a package without components": (f"{{{PACKAGE}}}", "/components"),
}


async def send(market: Market, body: bytes, content_type: str | None = "application/json") -> Any:
    headers = {"authorization": f"Bearer {token(market.ana)}"}
    if content_type is not None:
        headers["content-type"] = content_type
    return await market.client.post("/api/v1/services", content=body, headers=headers)


@pytest.mark.parametrize("case", CORPUS)
async def test_a_malformed_body_is_400_and_names_its_field(market: Market, case: str) -> None:
    body, pointer = CORPUS[case]

    refused = await send(market, body.encode() if isinstance(body, str) else body)
    assert (400, "validation_failed") == (refused.status_code, refused.json()["code"]), refused.text
    assert "application/problem+json" == refused.headers["content-type"]
    assert pointer == refused.json()["errors"][0]["pointer"], refused.text
    assert CANARY not in refused.text


async def test_a_body_at_the_limits_is_taken(market: Market) -> None:
    brackets = '"' + "[{" * 500 + '\\"[[[' + '"'
    taken = await send(market, f'{{{SESSION}, "description": {brackets}}}'.encode())
    assert 201 == taken.status_code, taken.text


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"],
)
async def test_a_body_that_is_not_called_json_is_415(market: Market, content_type: str | None) -> None:
    refused = await send(market, f"{{{SESSION}}}".encode(), content_type)
    assert (415, "unsupported_media_type") == (refused.status_code, refused.json()["code"])


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "APPLICATION/JSON"])
async def test_json_by_its_other_names_is_taken(market: Market, content_type: str) -> None:
    assert 201 == (await send(market, f"{{{SESSION}}}".encode(), content_type)).status_code


async def test_a_large_body_is_413(market: Market) -> None:
    refused = await send(market, f'{{{SESSION}, "description": "{"x" * 300_000}"}}'.encode())
    assert (413, "body_too_large") == (refused.status_code, refused.json()["code"])


DECODER = msgspec.json.Decoder(NewServiceBody)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(body=st.binary() | st.text().map(str.encode) | JSON.map(msgspec.json.encode))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_body_at_all_breaks_the_decoder(body: bytes) -> None:
    with suppress(BadFields):
        decode(body, DECODER, max_depth=32)
