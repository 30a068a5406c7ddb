"""Everything that can go wrong, as RFC 9457 problem details: the one place that decides the status.

Texts come from the domain's own errors or from here, never from a driver, a traceback or a body.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import msgspec
import structlog
from litestar.connection import Request
from litestar.exceptions import HTTPException
from litestar.response import Response
from msgspec import UNSET, Struct, UnsetType

from adapters.http.auth import Unauthorized
from core.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Rejected
from core.usecases.claims import IdempotencyKeyReused
from ports.errors import AlreadyExists, ConcurrencyConflict, PortError, SchemaOutdated, Unavailable

PROBLEM_JSON: Final = "application/problem+json"

RETRY_AFTER_SECONDS: Final = 2

log = structlog.get_logger("estuary.http")
encode = msgspec.json.Encoder().encode


class FieldError(Struct, frozen=True):
    """What is wrong with one field. `pointer` is a JSON pointer into the body, or names a parameter."""

    pointer: str
    detail: str


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as clients read it; `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[FieldError] | UnsetType = UNSET
    order_id: str | UnsetType = UNSET
    decline_code: str | UnsetType = UNSET
    error_id: str | UnsetType = UNSET


class BadRequest(Exception):
    """The request itself cannot be read: its syntax, size, type, key or parameters."""

    def __init__(self, status: int, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.extra = extra


class BadFields(BadRequest):
    """Fields of the request that cannot stand."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(400, "validation_failed", "a field cannot stand", errors=list(errors))


class ClientGone(BadRequest):
    """The client went away before its request was complete; nobody reads the answer."""

    def __init__(self) -> None:
        super().__init__(400, "incomplete_request", "the request ended early")


TITLES: Final[Mapping[str, str]] = {
    "validation_failed": "The request is not valid",
    "not_found": "Not found",
    "forbidden": "Forbidden",
    "unauthorized": "Authentication is required",
    "payment_declined": "The payment was declined",
    "rate_limited": "Too many requests",
    "storage_unavailable": "Temporarily unavailable",
    "internal_error": "Internal error",
}
"""Titles that are more than the code in words."""

DOMAIN_STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (IdempotencyKeyReused, 422),
    (Rejected, 400),
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (DomainError, 400),
    (ConcurrencyConflict, 409),
    (AlreadyExists, 409),
    (SchemaOutdated, 503),
    (Unavailable, 503),
)
"""The status of what the core and its ports raise; the first that fits. Anything else is our own fault."""

HTTP_CODES: Final[Mapping[int, tuple[str, str]]] = {
    404: ("not_found", "there is nothing here"),
    405: ("method_not_allowed", "this resource has no such method"),
    413: ("body_too_large", "the body is larger than this server reads"),
    429: ("rate_limited", "slow down and try again later"),
}
"""Code and detail of the framework's own refusals."""

MISSING: Final = re.compile(r"Missing required query parameter '(\w+)'")


def problem(status: int, code: str, detail: str, *, path: str, **extra: Any) -> Problem:
    """A problem; `extra` are its extension members."""
    return Problem(
        type=f"urn:estuary:problem:{code}",
        title=TITLES.get(code) or code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
        instance=quote(path),
        **extra,
    )


def refusal(error: DomainError | PortError, path: str) -> Problem | None:
    """What the core or a port refused, as a problem; None for what only a defect can cause."""
    status = next((status for kind, status in DOMAIN_STATUS if isinstance(error, kind)), None)
    if status is None:
        return None
    if isinstance(error, Invalid):
        errors = [FieldError(pointer=error.pointer, detail=error.detail)]
        return problem(status, error.code, "a field cannot stand", path=path, errors=errors)
    if isinstance(error, AlreadyExists):
        return problem(status, error.code, "it exists already", path=path)
    if isinstance(error, PortError) and status == 503:
        return problem(status, "storage_unavailable", "the service cannot answer right now", path=path)
    return problem(status, error.code, error.detail, path=path)


def respond(found: Problem, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """The problem as a response, with the headers that its status asks for."""
    all_headers = dict(headers or {})
    if found.status == 503:
        all_headers.setdefault("retry-after", str(RETRY_AFTER_SECONDS))
    return Response(encode(found), status_code=found.status, media_type=PROBLEM_JSON, headers=all_headers)


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Any exception as a response; what nobody foresaw is logged under an id that the client is told."""
    path = request.scope["path"]
    if isinstance(error, BadRequest):
        return respond(problem(error.status, error.code, error.detail, path=path, **error.extra))
    if isinstance(error, Unauthorized):
        return respond(problem(401, "unauthorized", error.detail, path=path), _challenge(error))
    if isinstance(error, HTTPException):
        return _from_framework(error, request)
    if isinstance(error, DomainError | PortError):
        found = refusal(error, path)
        return _unforeseen(error, path) if found is None else _noted(error, found)
    return _unforeseen(error, path)


def _challenge(error: Unauthorized) -> dict[str, str]:
    given = "" if error.error is None else f', error="{error.error}"'
    return {"www-authenticate": f'Bearer realm="estuary"{given}'}


def _noted(error: DomainError | PortError, found: Problem) -> Response[bytes]:
    if found.status == 503:
        log.warning("unavailable", error=type(error).__name__, detail=error.detail)
    return respond(found)


def _from_framework(error: HTTPException, request: Request[Any, Any, Any]) -> Response[bytes]:
    path = request.scope["path"]
    if error.status_code >= 500:
        return _unforeseen(error, path)
    if error.status_code == 400:
        fields = [_field_error(item, request) for item in error.extra or [] if isinstance(item, dict)]
        errors = fields or [_missing_parameter(error.detail)]
        return respond(problem(400, "validation_failed", "a field cannot stand", path=path, errors=errors))
    code, detail = HTTP_CODES.get(error.status_code, ("bad_request", "this request cannot be served"))
    headers = dict(error.headers or {})
    if error.status_code == 429:
        headers["retry-after"] = headers.get("RateLimit-Reset", str(RETRY_AFTER_SECONDS))
    return respond(problem(error.status_code, code, detail, path=path), headers)


def _missing_parameter(detail: str) -> FieldError:
    """A parameter that is not there, which the framework names in its text alone."""
    named = MISSING.match(detail)
    if named is None:
        return FieldError(pointer="", detail="cannot be read")
    return FieldError(pointer=f"/{named.group(1)}", detail="is required")


def _field_error(item: dict[str, Any], request: Request[Any, Any, Any]) -> FieldError:
    """The framework's word on a parameter, by the name that clients know and without its value."""
    key = item.get("key", "data")
    if key == "data":
        return FieldError(pointer="", detail="a JSON body is required")
    field = request.route_handler.parsed_fn_signature.parameters.get(key)
    name = getattr(field.kwarg_definition, "name", None) if field else None
    return FieldError(pointer=f"/{name or key}", detail=plain(str(item.get("message", ""))))


def plain(message: str) -> str:
    """msgspec's message without the value that it may quote, in lower case."""
    if message.startswith("Invalid enum value"):
        return "is not one of the values allowed"
    if message.startswith("Expected `str` matching regex"):
        return "has characters or a form that is not allowed"
    if not message.startswith(("Expected ", "Invalid ", "Integer ", "Number ", "Object ")):
        return "is missing or cannot be read"
    return message[0].lower() + message[1:].replace("`", "")


def _unforeseen(error: Exception, path: str) -> Response[bytes]:
    error_id = uuid4().hex
    log.error("unhandled", error_id=error_id, exc_info=error)
    return respond(
        problem(
            500,
            "internal_error",
            "something went wrong on our side; tell us the error_id",
            path=path,
            error_id=error_id,
        )
    )
