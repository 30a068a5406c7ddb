"""Refusals in Stripe's own shape."""

from collections.abc import Mapping
from typing import Any, Final

from tests.servers.stripe.description import Json

REQUEST: Final = "invalid_request_error"


class Refused(Exception):
    """A request is answered with an error.

    `executed`: whether the endpoint had begun its work, so that the answer is kept under the key.
    """

    def __init__(
        self, status: int, error: Json, *, executed: bool = True, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.body = {"error": error}
        self.executed = executed
        self.headers = dict(headers or {})


def invalid(message: str, *, executed: bool = True, **more: Any) -> Refused:
    """400: what was asked cannot be done."""
    return Refused(400, {"type": REQUEST, "message": message, **more}, executed=executed)


def missing(kind: str, name: str, *, param: str, status: int = 404) -> Refused:
    """404 for a path, 400 for a parameter that names nothing."""
    error = {
        "type": REQUEST,
        "code": "resource_missing",
        "message": f"No such {kind}: '{name}'",
        "param": param,
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
    }
    return Refused(status, error)


def unrecognised(method: str, path: str) -> Refused:
    """404: there is no such endpoint."""
    message = f"Unrecognized request URL ({method}: {path})."
    return Refused(404, {"type": REQUEST, "message": message}, executed=False)


def unauthorised(key: str) -> Refused:
    """401: the API key opens nothing."""
    message = f"Invalid API Key provided: {key[:7]}****" if key else "You did not provide an API key."
    return Refused(401, {"type": REQUEST, "message": message}, executed=False)


def card_error(intent: Json) -> Refused:
    """402: the bank refused; the error carries the intent as it is now."""
    return Refused(402, {**intent["last_payment_error"], "payment_intent": intent})


def throttled(code: str, headers: Mapping[str, str] | None = None) -> Refused:
    """429: too many requests, or too many at one object; nothing was done."""
    message = "Too many requests hit the API too quickly."
    return Refused(429, {"type": REQUEST, "code": code, "message": message}, executed=False, headers=headers)


def broken(*, executed: bool) -> Refused:
    """500: something went wrong on Stripe's side."""
    message = "An unknown error occurred."
    return Refused(500, {"type": "api_error", "message": message}, executed=executed)


def unavailable() -> Refused:
    """503: nobody was there to do it."""
    return Refused(503, {"type": "api_error", "message": "Service unavailable."}, executed=False)


def key_reused(key: str) -> Refused:
    """400: the key came with other parameters before."""
    message = (
        f"Keys for idempotent requests can only be used with the same parameters they were first used with."
        f" Try using a key other than '{key}' if you meant to execute a different request."
    )
    return Refused(400, {"type": "idempotency_error", "message": message}, executed=False)


def key_in_use(key: str) -> Refused:
    """409: a request with this key is under way."""
    message = f"There is currently another in-progress request using this idempotency key: {key}."
    return Refused(
        409, {"type": REQUEST, "code": "idempotency_key_in_use", "message": message}, executed=False
    )
