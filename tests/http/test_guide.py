"""The guide to the API tells of calls that there are."""

import re
from pathlib import Path

from tests.http.market import API, Json, Market

GUIDE = Path(__file__).parents[2] / "docs" / "api-guide.md"

CALL = re.compile(r"`(GET|PUT|POST|PATCH|DELETE) (/[^`? ]*)")


async def test_every_call_in_the_guide_exists(market: Market) -> None:
    document: Json = (await market.client.get("/schema/openapi.json")).json()
    offered = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path.removeprefix(API)))
        for path, operations in document["paths"].items()
        for method in operations
    }

    told = {(method, re.sub(r"\{[^}]*\}", "{}", path)) for method, path in CALL.findall(GUIDE.read_text())}

    assert 25 <= len(told)
    assert set() == told - offered
