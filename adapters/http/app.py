"""The API as one ASGI application, out of ready ports and an operator's choices."""

from typing import Any, Final

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.middleware import DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.openapi.config import OpenAPIConfig
from litestar.types import LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from adapters.http import problems
from adapters.http.auth import Gate, verifier_of
from adapters.http.bodies import StrictBody
from adapters.http.config import HttpConfig
from adapters.http.deprecation import tell_deprecation
from adapters.http.docs import api_document, docs_assets
from adapters.http.envelope import Envelope
from adapters.http.options import options_of
from adapters.http.outbox_figures import OutboxFigures
from adapters.http.queries import require_plain_query
from adapters.http.requests import ApiRequest
from adapters.http.resources import (
    ROUTES,
    development,
    development_disputes,
    development_rooms,
    health,
    room_webhooks,
    webhooks,
)
from adapters.http.sweep_figures import SweepFigures
from adapters.http.traffic import Traffic
from core.usecases.context import Ports

BASE_PATH: Final = "/api/v1"
UNLIMITED: Final = (r"^/health/", r"^/metrics$", rf"^{BASE_PATH}/webhooks/livekit$")
"""Paths whose callers are machines that must always be heard."""


class Api(Litestar):
    """Litestar inside its envelope, so that requests without a route are treated like all others."""

    envelope: Envelope | None = None

    async def __call__(
        self,
        scope: Scope | LifeSpanScope,
        receive: Receive | LifeSpanReceive,
        send: Send | LifeSpanSend,
    ) -> None:
        """Handle the server's life or one request."""
        if scope["type"] != ScopeType.HTTP or self.envelope is None:
            await super().__call__(scope, receive, send)
            return
        await self.envelope(scope, receive, send)  # type: ignore[arg-type] # the check above does not narrow

    def enclose(self, config: HttpConfig, traffic: Traffic) -> None:
        """Put the envelope around every request from now on."""
        self.envelope = Envelope(super().__call__, config, traffic)


def create_app(ports: Ports, config: HttpConfig) -> Litestar:
    """The application. It reads no environment and owns none of the ports but for `config.close`."""
    traffic = Traffic()
    app = Api(
        route_handlers=[_api(config), *health.ROUTES, *([docs_assets()] if config.docs_enabled else [])],
        request_class=ApiRequest,
        state=_state(ports, config, traffic),
        middleware=_middleware(config),
        exception_handlers={Exception: problems.handle},
        request_max_body_size=config.max_body_bytes,
        cors_config=_cors(config),
        openapi_config=_document(config),
        before_send=[tell_deprecation],
        on_shutdown=[] if config.close is None else [config.close],
        logging_config=None,
        debug=False,
    )
    app.enclose(config, traffic)
    return app


def _state(ports: Ports, config: HttpConfig, traffic: Traffic) -> State:
    figures = (OutboxFigures(traffic.registry), SweepFigures(traffic.registry))
    return State({"ports": ports, "config": config, "traffic": traffic, "figures": figures}, deep_copy=False)


def _api(config: HttpConfig) -> Router:
    played = (*development.ROUTES, *development_rooms.ROUTES, *development_disputes.ROUTES)
    heard = () if config.room_events is None else room_webhooks.ROUTES
    told = () if config.stripe_webhooks is None else webhooks.ROUTES
    always = (*ROUTES, *heard, *told)
    routes = always if config.dev_confirm is None else (*always, *played)
    return Router(
        BASE_PATH,
        route_handlers=[*options_of(routes), *routes],
        before_request=require_plain_query,
        dto=StrictBody,
        return_dto=None,
    )


def _middleware(config: HttpConfig) -> list[Any]:
    gate = DefineMiddleware(Gate, verifier=verifier_of(config))
    if config.rate_limit_per_minute <= 0:
        return [gate]
    limit = RateLimitConfig(rate_limit=("minute", config.rate_limit_per_minute), exclude=list(UNLIMITED))
    return [limit.middleware, gate]


def _cors(config: HttpConfig) -> CORSConfig | None:
    if not config.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(config.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
        expose_headers=[
            "Deprecation",
            "Idempotency-Replayed",
            "Link",
            "Retry-After",
            "Sunset",
            "X-Request-Id",
        ],
        max_age=600,
    )


def _document(config: HttpConfig) -> OpenAPIConfig | None:
    return api_document() if config.docs_enabled else None
