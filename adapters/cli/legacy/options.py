"""What the commands about an old database share: its address, a progress bar, how figures are printed."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from adapters.cli.console import print_table
from core.domain.legacy.accounting import Account
from core.domain.legacy.pieces import Tally
from core.domain.legacy.rows import Table
from core.usecases.import_legacy_judging import Stage
from ports.legacy_source import LegacySource

Source = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="URL",
        help="The old database, which is only read: sqlite:///FILE or postgresql://…",
    ),
]

SIZE_OF = {
    Stage.USERS: Table.USERS,
    Stage.PRACTITIONERS: Table.PRACTITIONERS,
    Stage.SERVICES: Table.SERVICES,
    Stage.SESSIONS: Table.SESSIONS,
    Stage.CUSTOMERS: Table.USERS,
}
"""The table that has a row for each group of a stage."""


def reading(url: str) -> AbstractAsyncContextManager[LegacySource]:
    """The old database, for as long as the block lasts."""
    from adapters.bootstrap import open_legacy_source

    return open_legacy_source(url)


class Bar:
    """A bar for each step, as long as it is known how many groups it has."""

    def __init__(self, shown: Progress, sizes: Mapping[str, int]) -> None:
        self._shown = shown
        self._sizes = sizes
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, count: int) -> None:
        """So many groups more of a step are done."""
        if step not in self._tasks:
            size = self._sizes.get(step.partition(" ")[2])
            self._tasks[step] = self._shown.add_task(step, total=size)
        self._shown.advance(self._tasks[step], count)


@contextmanager
def progress_bar(sizes: Mapping[Table, int]) -> Iterator[Bar]:
    """A bar on stderr where somebody watches."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        yield Bar(shown, {stage.value: sizes[table] for stage, table in SIZE_OF.items()})


def print_account(account: Account) -> None:
    """What became of the rows, and what was counted."""
    print_table(
        ("old table", "read", "mapped", "quarantined"),
        (
            (table, f"{one.read:,}", f"{one.mapped:,}", f"{one.quarantined:,}")
            for table, one in account.tables.items()
        ),
        numbers=3,
    )
    print_table(
        ("what was made of them", "count"),
        ((tally.replace("_", " "), f"{count:,}") for tally, count in account.tally.items()),
        numbers=1,
    )
    for title, reasons in (("quarantined", account.quarantined), ("adjusted", account.adjusted)):
        if reasons:
            print_table((f"{title} because", "rows"), reasons.items(), numbers=1)
    parents = account.tally[Tally.PACKAGES] + account.tally[Tally.BUNDLES]
    typer.echo(f"{parents} packages and bundles migrated, {account.quarantined_rows} errors")


def plain_account(account: Account) -> dict[str, Any]:
    """The same for machines."""
    return {
        "tables": {
            table.value: {"read": one.read, "mapped": one.mapped, "quarantined": one.quarantined}
            for table, one in account.tables.items()
        },
        "counts": {tally.value: count for tally, count in account.tally.items()},
        "packages_and_bundles_migrated": account.tally[Tally.PACKAGES] + account.tally[Tally.BUNDLES],
        "errors": account.quarantined_rows,
        "quarantined": {reason.value: count for reason, count in account.quarantined.items()},
        "adjusted": {reason.value: count for reason, count in account.adjusted.items()},
    }
