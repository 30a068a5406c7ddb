"""Query strings, read as strictly as bodies where the framework is lenient."""

from typing import Any

from litestar.connection import Request

from adapters.http.problems import BadFields, FieldError


async def require_plain_query(request: Request[Any, Any, Any]) -> None:
    """Refuse a parameter that stands twice, or says `null` and would count as left out.

    It is a coroutine because the framework would run a plain function in a thread.
    """
    if not request.scope["query_string"]:
        return
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name in seen:
            raise BadFields(FieldError(pointer=f"/{name[:64]}", detail="stands more than once"))
        if value.lower() == "null":
            raise BadFields(FieldError(pointer=f"/{name[:64]}", detail="is not one of the values allowed"))
        seen.add(name)
