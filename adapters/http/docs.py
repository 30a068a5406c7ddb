"""The API's document, and pages to try it out that load nothing from elsewhere.

Litestar finds the routes and parameters; the schemas are msgspec's own, because it is msgspec that
reads and writes the bodies, and the document must not promise anything else.
"""

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

import litestar_offline_docs
import msgspec
from litestar import Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme
from litestar.routes import HTTPRoute
from litestar.static_files import create_static_files_router

from adapters.http import deprecation
from adapters.http.auth import Access
from adapters.http.documented import BEARER, BodyNote
from adapters.http.idempotency import LONGEST_KEY

PATH: Final = "/schema"
ASSETS: Final = f"{PATH}/assets"
SCHEMAS: Final = "#/components/schemas/{name}"

DESCRIPTION: Final = """Sell sessions, workshops, courses, packages and bundles; schedule, deliver and
refund them; pay those who hold them.

Amounts are integers in minor units of their `currency`. Times are RFC 3339 in UTC. Lists are pages:
`limit` and `cursor` in, `items` and `next_cursor` out. Every POST takes an `Idempotency-Key`: the same
key and body within a day get the first answer again. Errors are RFC 9457 problem details with a stable
`code`.

Fields marked as deprecated are copies for older clients: `start_time` and `end_time` of a booking, which are
`service_session.start_time` and `service_session.end_time`. Answers that carry them say since when and until
when in `Deprecation` and `Sunset`."""

SAID: Final = ("name", "in", "required", "description")
"""What is kept of the framework's word on a parameter, besides its schema."""

IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body again get the first answer again.",
    "schema": {"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
}
REPLAYED: Final = {
    "Idempotency-Replayed": {
        "description": "`true` when this is the first answer again.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}


class _Exact:
    """Gives the pages the finished document; it is finished once."""

    _finished: dict[str, Any] | None = None

    def render_json(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        if self._finished is None:
            self._finished = finished(openapi_schema, list(_handlers(request)))
        return msgspec.json.encode(self._finished)


class JsonDocument(_Exact, JsonRenderPlugin):
    """The document itself."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        return self.render_json(request, openapi_schema)


class SwaggerPage(_Exact, SwaggerRenderPlugin):
    """Swagger UI over the document."""


def api_document() -> OpenAPIConfig:
    """The OpenAPI 3.1 document at /schema/openapi.json, and Swagger UI at /schema."""
    return OpenAPIConfig(
        title="Estuary",
        version="1",
        description=DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        components=Components(
            security_schemes={BEARER: SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        operation_id_creator=lambda handler, _method, _path: _operation_id(handler),
        openapi_router=Router(
            PATH,
            route_handlers=[],
            include_in_schema=False,
            dto=None,
            return_dto=None,
            opt={"access": Access.ANYONE},
        ),
        render_plugins=[
            SwaggerPage(
                js_url=f"{ASSETS}/swagger-ui-bundle.js",
                css_url=f"{ASSETS}/swagger-ui.css",
                standalone_preset_js_url=f"{ASSETS}/swagger-ui-standalone-preset.js",
                favicon="<link rel='icon' href='data:,'>",
            ),
            JsonDocument(),
        ],
    )


def docs_assets() -> Router:
    """Swagger UI's own files."""
    return create_static_files_router(
        ASSETS,
        [Path(litestar_offline_docs.__file__).parent / "static"],
        opt={"access": Access.ANYONE},
        include_in_schema=False,
    )


def finished(document: dict[str, Any], handlers: list[HTTPRouteHandler]) -> dict[str, Any]:
    """The framework's document with exact schemas, and with what it cannot know of the routes."""
    _, schemas = msgspec.json.schema_components(list(_shapes(handlers)), ref_template=SCHEMAS)
    for schema in schemas.values():
        schema["description"] = cleandoc(schema.get("description", ""))
    by_id = {_operation_id(handler): handler for handler in handlers}
    paths = {
        path: {
            method: _operation(method, operation, by_id[operation["operationId"]])
            for method, operation in path_item.items()
        }
        for path, path_item in document["paths"].items()
    }
    return {**document, "paths": paths, "components": {**document["components"], "schemas": schemas}}


def _operation(method: str, operation: dict[str, Any], handler: HTTPRouteHandler) -> dict[str, Any]:
    parameters = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    declared = [str(status) for status in handler.responses or {}]
    responses = {status: operation["responses"][status] for status in declared}
    headers = deprecation.HEADERS if handler.opt.get(deprecation.CARRIES, False) else {}
    if method == "post":
        parameters.append(IDEMPOTENCY_KEY)
        headers = {**headers, **REPLAYED}
    if headers:
        done = str(handler.status_code)
        responses[done] = {**responses[done], "headers": headers}
    changed = {
        **operation,
        "tags": [_resource(handler)],
        "parameters": parameters,
        "responses": responses,
    }
    note: BodyNote | None = handler.opt.get("body")
    if note is not None:
        content = operation["requestBody"]["content"]["application/json"]
        shown = {"request": {"summary": "A request", "value": note.example}}
        changed["requestBody"] = {
            "required": note.required,
            "content": {"application/json": {**content, "examples": shown}},
        }
    return changed


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """The parameter without the null that stands for its absence, which no query can carry."""
    kept: dict[str, Any] = {
        name: parameter[name] for name in ("name", "in", "required", "description") if name in parameter
    }
    schema = dict(parameter["schema"])
    choices = [choice for choice in schema.pop("oneOf", []) if choice.get("type") != "null"]
    return {**kept, "schema": {**schema, **(choices[0] if choices else {})}}


def _handlers(request: Request[Any, Any, Any]) -> Iterator[HTTPRouteHandler]:
    for route in request.app.routes:
        if isinstance(route, HTTPRoute):
            yield from (handler for handler in route.route_handlers if handler.responses)


def _shapes(handlers: list[HTTPRouteHandler]) -> Iterator[Any]:
    """The types of all bodies and parameters."""
    for handler in handlers:
        yield from (spec.data_container for spec in (handler.responses or {}).values())
        for field in handler.parsed_fn_signature.parameters.values():
            if field.name != "request":
                yield field.annotation


def _operation_id(handler: HTTPRouteHandler) -> str:
    """The route by its resource and what it does there: `orders_listing`."""
    return f"{_resource(handler)}_{handler.handler_name}"


def _resource(handler: HTTPRouteHandler) -> str:
    return handler.fn.__module__.rpartition(".")[2]
