"""Answers of reads: a view, encoded once."""

from litestar.response import Response

from adapters.http.problems import encode


def shown(view: object) -> Response[bytes]:
    """A view as a JSON response."""
    return Response(encode(view), media_type="application/json")
