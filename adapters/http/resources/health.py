"""`/health` and `/metrics`: for those who run the service."""

import asyncio
from typing import Final

from litestar import get
from litestar.response import Response
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from adapters.http.answers import shown
from adapters.http.auth import Access
from adapters.http.documented import documented
from adapters.http.requests import ApiRequest
from ports.errors import Unavailable

READY_SECONDS: Final = 5.0


class HealthView(Struct, frozen=True):
    """The process lives, or can do its work."""

    status: str


@get(
    "/health/live",
    summary="The process lives",
    **documented(returns=HealthView, example=HealthView("live"), access=Access.ANYONE),
)
async def live() -> Response[bytes]:
    return shown(HealthView("live"))


@get(
    "/health/ready",
    summary="The store answers and has this release's schema",
    **documented(returns=HealthView, example=HealthView("ready"), access=Access.ANYONE),
)
async def ready(request: ApiRequest) -> Response[bytes]:
    store = request.ports.store
    try:
        async with asyncio.timeout(READY_SECONDS):
            await store.ping()
            await store.check_schema()
    except TimeoutError as error:
        raise Unavailable("the store does not answer in time") from error
    return shown(HealthView("ready"))


@get("/metrics", opt={"access": Access.ANYONE}, include_in_schema=False)
async def metrics(request: ApiRequest) -> Response[bytes]:
    """This process's figures, the outbox's and the sweep's, in Prometheus' text format."""
    for figures in request.app.state.figures:
        await figures.refresh(request.ports)
    figures = generate_latest(request.app.state.traffic.registry)
    return Response(figures, media_type=CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8"))


ROUTES: Final = (live, ready, metrics)
