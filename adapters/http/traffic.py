"""How many requests, how they ended and how long they took: in the log and in Prometheus' figures."""

from time import perf_counter
from typing import Any, Final
from urllib.parse import quote

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

log = structlog.get_logger("estuary.http")

METHODS: Final = frozenset(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Traffic:
    """The figures of one application in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "estuary_http_requests",
            "Requests by route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "estuary_http_request_seconds",
            "Time to the end of the answer, by route.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, scope: Any, *, status: int, started: float, request_id: str) -> None:
        """Count a finished request and write its line: no body, no query, no header."""
        took = perf_counter() - started
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = scope.get("path_template") or "unmatched"
        count, seconds = self._figures(method, route, status)
        count.inc()
        seconds.observe(took)
        caller = scope.get("user")
        log.info(
            "request",
            method=method,
            path=quote(scope["path"]),
            status=status,
            duration_ms=round(took * 1000, 2),
            request_id=request_id,
            user_id=None if caller is None else str(caller.user_id),
        )

    def _figures(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """The figures of one route and status; looking them up by label each time is slow."""
        key = (method, route, status)
        known = self._known.get(key)
        if known is None:
            known = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
            self._known[key] = known
        return known
