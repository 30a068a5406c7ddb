"""A wire to Stripe on which requests and answers get lost, as at a proxy that breaks down."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from aiohttp import web

LOOPBACK: Final = "127.0.0.1"

PATHS: Final = {
    "charge": r"/v1/payment_intents",
    "refund": r"/v1/refunds",
    "transfer": r"/v1/transfers",
    "reverse_transfer": r"/v1/transfers/[^/]+/reversals",
}
"""Where the port's operations are asked for, each by POST."""

ASKED: Final = ("authorization", "content-type", "idempotency-key", "stripe-version", "user-agent")
TOLD: Final = ("content-type", "request-id", "idempotent-replayed", "stripe-should-retry", "retry-after")
"""The headers that go through, there and back."""


class Wire:
    """Carries requests to `base` but for those that a test lets get lost."""

    def __init__(self, base: str, client: httpx.AsyncClient) -> None:
        self._base = base
        self._client = client
        self._requests: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()

    def lose_requests(self, operation: str, count: int) -> None:
        """The next so many requests of an operation do not get there."""
        self._requests[operation] += count

    def lose_answers(self, operation: str, count: int) -> None:
        """The next so many requests of an operation get there, and their answers do not come back."""
        self._answers[operation] += count

    async def carry(self, request: web.Request) -> web.Response:
        """Answer as Stripe does, or as a broken proxy."""
        if self._is_lost(self._requests, request):
            return web.Response(status=502)
        answer = await self._client.request(
            request.method,
            self._base + request.path_qs,
            content=await request.read(),
            headers=_only(ASKED, request.headers),
        )
        if self._is_lost(self._answers, request):
            return web.Response(status=502)
        return web.Response(
            status=answer.status_code, body=answer.content, headers=_only(TOLD, answer.headers)
        )

    def _is_lost(self, losses: Counter[str], request: web.Request) -> bool:
        asked = (name for name, path in PATHS.items() if re.fullmatch(path, request.path))
        operation = next(asked, "") if request.method == "POST" else ""
        if losses[operation] == 0:
            return False
        losses[operation] -= 1
        return True


def _only(names: tuple[str, ...], headers: object) -> dict[str, str]:
    given = httpx.Headers(dict(headers))  # type: ignore[call-overload] # each library has a mapping of its own
    return {name: given[name] for name in names if name in given}


@asynccontextmanager
async def wire_to(base: str) -> AsyncIterator[tuple[Wire, str]]:
    """A wire, and the address on the loopback interface at which it begins."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        wire = Wire(base, client)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", wire.carry)
        runner = web.AppRunner(application)
        await runner.setup()
        try:
            await web.TCPSite(runner, LOOPBACK, 0).start()
            yield wire, f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
