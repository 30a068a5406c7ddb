"""The API's document: valid, complete, with examples that are what they claim to be, without a network."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from tests.http.market import Json, Market, client_of, new_app

Operation = tuple[str, str, Json]


@pytest.fixture
async def document(market: Market) -> Json:
    """The document as it is served."""
    answer = await market.client.get("/schema/openapi.json")
    assert 200 == answer.status_code
    served: Json = answer.json()
    return served


def operations(document: Json) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def invalid(document: Json, schema: Json, value: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    validator = Draft202012Validator(whole, validate_formats=True)
    return [error.message for error in validator.iter_errors(value)]


async def test_it_is_openapi_3_1_and_knows_the_token(document: Json) -> None:
    assert "3.1.0" == document["openapi"]
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert {"bearer": scheme} == document["components"]["securitySchemes"]


async def test_every_operation_has_an_example_of_its_answer_that_fits_its_schema(document: Json) -> None:
    for method, path, operation in operations(document):
        (success,) = [r for status, r in operation["responses"].items() if status.startswith("2")]
        if method == "delete":
            assert "content" not in success, path
            continue
        (content,) = success["content"].values()
        (example,) = content["examples"].values()
        assert [] == invalid(document, content["schema"], example["value"]), (method, path)


async def test_every_body_has_an_example_that_fits_its_schema(document: Json) -> None:
    with_body = [o for _, _, o in operations(document) if "requestBody" in o]
    assert 10 < len(with_body)
    for operation in with_body:
        content = operation["requestBody"]["content"]["application/json"]
        (example,) = content["examples"].values()
        assert [] == invalid(document, content["schema"], example["value"]), operation["operationId"]


async def test_every_error_is_problem_details_with_an_example(document: Json) -> None:
    for method, path, operation in operations(document):
        errors = {s: r for s, r in operation["responses"].items() if not s.startswith("2")}
        assert "503" in errors, (method, path)
        for status, error in errors.items():
            (media_type,) = error["content"]
            assert "application/problem+json" == media_type, (method, path)
            (example,) = error["content"][media_type]["examples"].values()
            assert int(status) == example["value"]["status"]
            assert [] == invalid(document, error["content"][media_type]["schema"], example["value"])


async def test_every_operation_is_told_apart_and_grouped(document: Json) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert sorted(set(ids)) == sorted(ids)
    for _, path, operation in operations(document):
        assert 1 == len(operation["tags"])
        assert operation["summary"], path


async def test_posts_take_an_idempotency_key(document: Json) -> None:
    for method, path, operation in operations(document):
        named = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
        assert (method == "post") == ("Idempotency-Key" in named), path


async def test_security_is_asked_for_where_a_token_is(document: Json) -> None:
    for method, path, operation in operations(document):
        private = r"/sessions(?!.*/(attendance|waitlist)|/reviews)"
        open_paths = rf"^/health|/services|{private}|/practitioners|/calendar\.ics"
        open_to_all = method == "get" and re.search(open_paths, path)
        assert bool(open_to_all) != ("security" in operation), (method, path)


async def test_the_deprecated_copies_are_marked(document: Json) -> None:
    fields = document["components"]["schemas"]["BookingView"]["properties"]
    marked = {name for name, schema in fields.items() if schema.get("deprecated")}
    assert {"start_time", "end_time"} == marked


async def test_bodies_refuse_unknown_fields_in_the_document_too(document: Json) -> None:
    schemas = document["components"]["schemas"]
    bodies = {name: schema for name, schema in schemas.items() if name.endswith("Body")}
    assert all(schema["additionalProperties"] is False for schema in bodies.values())


async def test_the_pages_load_nothing_from_elsewhere(market: Market) -> None:
    page = await market.client.get("/schema")
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    linked = re.findall(r'(?:src|href)=["\']([^"\']+)', page.text)
    assert 3 < len(linked)
    for link in linked:
        assert link.startswith(("/schema/assets/", "data:")), link
        if link.startswith("/"):
            assert 200 == (await market.client.get(link)).status_code, link


async def test_the_pages_can_be_switched_off(market: Market) -> None:
    async with client_of(new_app(market.ports, market.gateway, docs_enabled=False)) as client:
        for path in ("/schema", "/schema/openapi.json", "/schema/assets/swagger-ui.css"):
            assert 404 == (await client.get(path)).status_code
