"""`estuary store copy`: everything that one store holds into another, and the proof that it arrived."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import attrs
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.cli.console import FOUND, AsJson, CannotRun, print_json, print_table, tell
from core.usecases.bring_in import BATCH, Arrival
from core.usecases.comparing import Compared
from core.usecases.comparing import Progress as Told

if TYPE_CHECKING:
    from adapters.settings import Settings

SHOWN = 12
"""How much of a hash is shown to people; JSON has it whole."""

Batch = Annotated[int, typer.Option("--batch", min=1, max=10_000, help="Rows written in one commit.")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Example: `estuary store copy --to "$NEW_STORE_URL"`')(copy)


def copy(
    to_url: Annotated[
        str, typer.Option("--to", metavar="URL", help="The store to fill. Its schema must be up to date.")
    ],
    from_url: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Default: the store of the settings.")
    ] = None,
    batch: Batch = BATCH,
    as_json: AsJson = False,
) -> None:
    """Copy everything into an empty store, and compare both row by row.

    Stop everything that writes to the source first. Killed at any moment, the same command goes on. Exit
    status 1 if a row differs at the end.
    """
    source, target = _settings(from_url, "--from"), _settings(to_url, "--to")
    arrival = asyncio.run(_copied(source, target, batch))
    report(arrival, as_json=as_json, hint="was the source in use meanwhile? Empty the target, and copy again")


def _settings(url: str | None, option: str) -> "Settings":
    """The settings in force, with another store if one is given."""
    from adapters.bootstrap import store_scheme
    from adapters.settings import PREFIX, BadSettings, load_settings

    try:
        settings = load_settings() if url is None else load_settings(store_url=url)
        if store_scheme(settings) == "memory":
            raise CannotRun(f"{option}: memory:// is gone when the process ends")
    except BadSettings as error:
        named = str(error) if url is None else str(error).replace(f"{PREFIX}STORE_URL", option)
        raise CannotRun(named) from None
    return settings


async def _copied(source: "Settings", target: "Settings", batch: int) -> Arrival:
    from adapters.bootstrap import open_checked_store, open_target, store_label
    from core.usecases.copy_store import copy_store

    label = store_label(source)
    if label == store_label(target):
        raise CannotRun(f"source and target are the same: {label}")
    async with open_checked_store(source) as rows, open_target(target) as to_fill:
        with bar() as progress:
            return await copy_store(rows, label=label, target=to_fill, batch=batch, progress=progress)


@contextmanager
def bar() -> Iterator[Told]:
    """A progress bar on stderr, where somebody looks at it."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("counting", total=None)

        def progress(what: str, done: int, total: int) -> None:
            shown.update(task, description=what, completed=done, total=total)

        yield progress


def report(arrival: Arrival, *, as_json: bool, hint: str) -> None:
    """What came of bringing rows in. Leaves with FOUND if a row differs."""
    compared = arrival.compared
    if as_json:
        print_json(_plain(arrival))
    else:
        _print_sides(compared)
        if compared.differences:
            rows = ((d.kind, d.key, d.flaw) for d in compared.differences)
            print_table(("kind", "key", "at the target"), rows, title="differences")
        typer.echo("went on where it had left off" if arrival.resumed else "began with an empty store")
        typer.echo(f"rows that differ: {compared.different:,}")
    if compared.different:
        tell(f"estuary: source and target differ: {hint}")
        raise typer.Exit(FOUND)


def _print_sides(compared: Compared) -> None:
    rows = []
    for kind, left in compared.left.items():
        right = compared.right[kind]
        hashes = dict.fromkeys((left.hash[:SHOWN], right.hash[:SHOWN]))
        rows.append((kind, " is not ".join(hashes), f"{left.rows:,}", f"{right.rows:,}"))
    print_table(("kind", "hash", "source", "target"), rows, numbers=2)


def _plain(arrival: Arrival) -> dict[str, object]:
    compared = arrival.compared
    return {
        "ok": compared.different == 0,
        "run": arrival.run.id,
        "resumed": arrival.resumed,
        "different": compared.different,
        "differences": [attrs.asdict(difference) for difference in compared.differences],
        "kinds": {
            kind.value: {"source": attrs.asdict(left), "target": attrs.asdict(compared.right[kind])}
            for kind, left in compared.left.items()
        },
    }
