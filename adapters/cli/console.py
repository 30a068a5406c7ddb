"""How commands speak: results to stdout, everything else to stderr, tables for people, JSON for machines."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from core.usecases.context import Ports

T = TypeVar("T")

FOUND = 1
"""The exit status of a command that found a problem."""
UNUSABLE = 2
"""The exit status of a command that was used wrongly or cannot run here."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


class CannotRun(Exception):
    """The command cannot run as asked; the text is one line that says why."""


def tell(text: str) -> None:
    """A line on stderr."""
    typer.echo(text, err=True)


def print_json(value: Any) -> None:
    """A JSON document on stdout; instants in RFC 3339."""
    typer.echo(json.dumps(value, indent=2, default=_plain))


def _plain(value: Any) -> str:
    return rfc3339(value) if isinstance(value, datetime) else str(value)


def rfc3339(moment: datetime) -> str:
    """An instant as the API writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None, numbers: int = 0
) -> None:
    """A table on stdout; its last `numbers` columns are aligned to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    texts = [[str(cell) for cell in row] for row in rows]
    first_number = len(columns) - numbers
    for index, column in enumerate(columns):
        if index < first_number:
            table.add_column(column, overflow="fold")
            continue
        # A figure is never cut short or broken into lines, and rich aligns nothing that may overflow.
        width = max(len(text) for text in (column, *(row[index] for row in texts)))
        table.add_column(column.rjust(width), no_wrap=True, overflow="ignore")
        for row in texts:
            row[index] = row[index].rjust(width)
    for row in texts:
        table.add_row(*row)
    Console().print(table)


def with_ports(work: Callable[[Ports], Awaitable[T]], *, check: bool = True) -> T:
    """Run `work` on the ports that the settings describe."""
    from adapters.bootstrap import open_ports
    from adapters.settings import load_settings

    settings = load_settings()

    async def run() -> T:
        async with open_ports(settings, check=check) as ports:
            return await work(ports)

    return asyncio.run(run())
