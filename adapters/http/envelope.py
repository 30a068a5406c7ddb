"""What surrounds every request, also those that no route fits: its id, deadlines, headers and traces."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from secrets import token_hex
from time import perf_counter
from typing import Any, Final

import structlog
from litestar.types import Message, Receive, Scope, Send

from adapters.http.config import HttpConfig
from adapters.http.problems import (
    PROBLEM_JSON,
    RETRY_AFTER_SECONDS,
    BadRequest,
    ClientGone,
    encode,
    problem,
)
from adapters.http.traffic import Traffic

App = Callable[[Any, Any, Any], Awaitable[None]]

log = structlog.get_logger("estuary.http")

GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
NO_RESPONSE: Final = 499
"""What is counted when the client went away before it was answered."""

EVERYWHERE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
DATA_ONLY: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
DOCUMENTS: Final = (
    (
        b"content-security-policy",
        b"default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    ),
)


class Envelope:
    """Wraps the application. Each request gets an id, two deadlines and the headers of its kind."""

    def __init__(self, app: App, config: HttpConfig, traffic: Traffic) -> None:
        self._app = app
        self._config = config
        self._traffic = traffic
        self._everywhere = list(EVERYWHERE)
        if config.hsts_seconds > 0:
            age = f"max-age={config.hsts_seconds}"
            self._everywhere.append((b"strict-transport-security", age.encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        request_id = _request_id(scope)
        headers = [*self._everywhere, *_headers_for(scope["path"]), (b"x-request-id", request_id.encode())]
        status = 0

        async def marked_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        try:
            async with asyncio.timeout(self._config.request_timeout_seconds):
                await self._app(scope, _punctual(receive, self._config.body_timeout_seconds), marked_send)
        except TimeoutError:
            log.warning("request_timed_out", request_id=request_id)
            if status == 0:
                await _send_timed_out(scope["path"], marked_send)
        finally:
            self._traffic.note(scope, status=status or NO_RESPONSE, started=started, request_id=request_id)


def _request_id(scope: Scope) -> str:
    """The caller's own id for the request if it is plain, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and GIVEN_ID.fullmatch(given := value.decode("latin-1")):
            return given
    return token_hex(8)


def _headers_for(path: str) -> tuple[tuple[bytes, bytes], ...]:
    return DOCUMENTS if path.startswith("/schema") else DATA_ONLY


def _punctual(receive: Receive, seconds: float) -> Receive:
    """`receive` with a deadline for the whole body, which ends a request that is sent too slowly."""
    deadline: float | None = None
    complete = False

    async def punctual() -> Any:
        nonlocal deadline, complete
        if complete:
            return await receive()
        if deadline is None:
            deadline = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise BadRequest(408, "request_timeout", "the body did not arrive in time") from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        complete = not message.get("more_body", False)
        return message

    return punctual


async def _send_timed_out(path: str, send: Any) -> None:
    body = encode(problem(503, "timed_out", "this took too long; it may still be done", path=path))
    await send(
        {
            "type": "http.response.start",
            "status": 503,
            "headers": [
                (b"content-type", PROBLEM_JSON.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"retry-after", str(RETRY_AFTER_SECONDS).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
