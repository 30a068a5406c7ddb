"""What the SQL store sends to its database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

_AROUND = ("BEGIN", "PRAGMA")


@contextmanager
def _told(note: Callable[[str, Any], None]) -> Iterator[None]:
    """Tell what any engine sends, but for what begins a transaction."""

    def tell(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith(_AROUND):
            note(statement, parameters)

    event.listen(Engine, "before_cursor_execute", tell)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", tell)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect statements."""
    sent: list[str] = []
    with _told(lambda statement, _: sent.append(statement)):
        yield sent


@contextmanager
def executed() -> Iterator[list[tuple[str, Any]]]:
    """Collect statements, each with its parameters."""
    sent: list[tuple[str, Any]] = []
    with _told(lambda statement, parameters: sent.append((statement, parameters))):
        yield sent
