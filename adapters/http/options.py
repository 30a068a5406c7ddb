"""`OPTIONS`: what a resource can do. Litestar's own answer knows only the first method of a path."""

from collections import defaultdict
from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from adapters.http.auth import Access


def options_of(routes: Sequence[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """A handler of OPTIONS for each path of these routes. They must be registered before the routes."""
    methods: dict[str, set[str]] = defaultdict(set)
    for route in routes:
        for path in route.paths:
            methods[path] |= {str(method) for method in route.http_methods}
    return [_options(path, sorted({*known, "OPTIONS"})) for path, known in methods.items()]


def _options(path: str, methods: list[str]) -> HTTPRouteHandler:
    allowed = ", ".join(methods)

    async def options() -> Response[None]:
        return Response(None, status_code=204, headers={"allow": allowed})

    opened = {"access": Access.ANYONE}
    return HTTPRouteHandler(
        path, http_method="OPTIONS", status_code=204, include_in_schema=False, opt=opened
    )(options)
