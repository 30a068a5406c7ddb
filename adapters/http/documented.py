"""What the API's document says of a route, written where the route is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from adapters.http.auth import Access
from adapters.http.deprecation import CARRIES, carries_deprecated
from adapters.http.problems import PROBLEM_JSON, FieldError, Problem, problem

BEARER: Final = "bearer"

DETAILS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("validation_failed", "a field cannot stand"),
    401: ("unauthorized", "a bearer token is required"),
    402: ("payment_declined", "Your card was declined."),
    403: ("forbidden", "this needs the role admin"),
    404: ("not_found", "there is nothing here"),
    409: ("illegal_transition", "booking is confirmed: cannot schedule"),
    413: ("body_too_large", "the body is larger than this server reads"),
    415: ("unsupported_media_type", "the body must be application/json in UTF-8"),
    422: ("idempotency_key_reused", "this key was used for another request"),
    503: ("storage_unavailable", "the service cannot answer right now"),
}
"""An example of each problem, by status."""

TEXTS: Final[Mapping[int, str]] = {
    400: "The request is malformed; `errors` names the fields.",
    401: "No valid token.",
    402: "The card was declined; nothing is held.",
    403: "The caller lacks the role.",
    404: "It does not exist, or is not the caller's to see.",
    409: "The state of things forbids it now; `code` says why.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The key was used before for another request.",
    503: "Temporarily unavailable; see Retry-After.",
}


@frozen(kw_only=True)
class BodyNote:
    """What the document says of a route's body."""

    example: object
    required: bool


def documented(
    *,
    returns: Any,
    example: object,
    status: int = 200,
    request: object = None,
    optional_body: bool = False,
    problems: Sequence[int] = (),
    access: Access = Access.TOKEN,
    media_type: str = "application/json",
) -> dict[str, Any]:
    """The keyword arguments that describe a route and open it.

    `example` and `request` are an answer and a body as they would be; `problems` are the statuses
    beyond those that every route of its kind may answer with.
    """
    statuses = {503, *problems}
    if access is not Access.ANYONE:
        statuses.add(401)
    if request is not None:
        statuses |= {400, 413, 415}
    return {
        "status_code": status,
        "opt": {
            "access": access,
            CARRIES: carries_deprecated(returns),
            "body": None if request is None else BodyNote(example=request, required=not optional_body),
        },
        "security": [{BEARER: []}] if access is Access.TOKEN else None,
        "responses": {
            status: _success(returns, example, media_type),
            **{s: _problem(s) for s in sorted(statuses)},
        },
    }


def posted(*, problems: Sequence[int] = (), **rest: Any) -> dict[str, Any]:
    """`documented` for a POST, which takes an Idempotency-Key."""
    return documented(problems=(400, 409, 422, *problems), **rest)


def _success(returns: Any, example: object, media_type: str) -> ResponseSpec:
    if returns is None:
        return ResponseSpec(None, description="Done.", generate_examples=False)
    return ResponseSpec(
        returns,
        media_type=media_type,
        description="Done.",
        generate_examples=False,
        examples=[Example(summary="An answer", value=example)],
    )


def _problem(status: int) -> ResponseSpec:
    code, detail = DETAILS[status]
    fields = [FieldError(pointer="/start_time", detail="must be in the future")]
    extra = {"errors": fields} if status == 400 else {}
    shown = problem(status, code, detail, path="/api/v1/bookings", **extra)
    return ResponseSpec(
        Problem,
        description=TEXTS[status],
        media_type=PROBLEM_JSON,
        generate_examples=False,
        examples=[Example(summary=code, value=shown)],
    )
