"""The guides to the API tell of calls and fields that there are."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.http.market import API, Json, Market

DOCS: Final = Path(__file__).parents[2] / "docs"

CALL = re.compile(r"`(GET|PUT|POST|PATCH|DELETE) (/[^`? ]*)")
NAME = re.compile(r"`([a-z_.]+)`")


async def document_of(market: Market) -> Json:
    served: Json = (await market.client.get("/schema/openapi.json")).json()
    return served


@pytest.mark.parametrize(("guide", "calls"), [("api-guide.md", 25), ("client-guide.md", 15)])
async def test_every_call_in_the_guide_exists(market: Market, guide: str, calls: int) -> None:
    document = await document_of(market)
    offered = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path.removeprefix(API)))
        for path, operations in document["paths"].items()
        for method in operations
    }

    text = DOCS.joinpath(guide).read_text()
    told = {(method, re.sub(r"\{[^}]*\}", "{}", path)) for method, path in CALL.findall(text)}

    assert calls <= len(told)
    assert set() == told - offered


async def test_every_new_field_that_older_clients_are_sent_to_exists(market: Market) -> None:
    schemas = (await document_of(market))["components"]["schemas"].values()
    known = {name for schema in schemas for name in schema.get("properties", {})}
    known |= {str(word) for schema in schemas for word in schema.get("enum", [])}

    tables, _, _ = DOCS.joinpath("client-guide.md").read_text().partition("## Call by call")
    rows = [line.split("|") for line in tables.splitlines()]
    named = {name for row in rows if len(row) > 3 for name in NAME.findall(row[2])}

    assert {"service_session.start_time", "order_id", "session_value_cents"} <= named
    assert set() == {name for name in named if not known.issuperset(name.split("."))}
