"""`estuary demo`: the whole story in two acts over real HTTP, every figure checked."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from adapters.cli.console import FOUND, AsJson, CannotRun, print_json, tell


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `estuary demo --keep shown` leaves the store in ./shown")(demo)


def demo(
    keep: Annotated[
        Path | None,
        typer.Option(help="Use this directory, new or empty, and leave it.", file_okay=False),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Tell the story on this store, best an empty one: it is migrated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sell a package, deliver a part, pay out, refund the rest; then live a studio's week. Prove the books.

    Starts a server of its own on a free port and talks to it as clients do. Without `--store` it
    works on an SQLite file that is thrown away. Exit status 1 if a figure is not what it must be.
    """
    from adapters.cli.demo.acts import tell_story
    from adapters.cli.demo.server import Installation
    from adapters.cli.demo.telling import Teller

    if store is not None and store.startswith("memory:"):
        raise CannotRun("the story needs a store that several processes share; memory:// is not one")
    with ExitStack() as stack:
        home = _home(keep, stack)
        installation = Installation(home, store_url=store)
        teller = Teller(Console(quiet=as_json))
        tell_story(installation, teller, is_new_store=store is None)
    if as_json:
        print_json(teller.document())
    if keep is not None:
        (tell if as_json else typer.echo)(f"Go on with it: cd {keep} && estuary serve")
    if teller.mistakes:
        raise typer.Exit(FOUND)


def _home(keep: Path | None, stack: ExitStack) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="estuary-demo-")))
    if keep.exists() and any(keep.iterdir()):
        raise CannotRun(f"{keep} is not empty; name a new directory")
    keep.mkdir(parents=True, exist_ok=True)
    return keep.resolve()
