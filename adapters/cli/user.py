"""`estuary user`: what is known of somebody, told to them or taken out."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from adapters.cli.console import AsJson, CannotRun, print_json, print_table, with_ports
from core.domain.erasing import OpenMatters
from core.domain.ids import UserId
from core.usecases.users import erase_user, export_user
from ports.archives import Manifest

app = typer.Typer(no_args_is_help=True, help="What is known of a user.")

Who = Annotated[UUID, typer.Argument(metavar="UUID", help="The user's id, as tokens name it in `sub`.")]


@app.command(epilog="Example: `estuary user export 0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6 her-data.zip`")
def export(
    who: Who,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A directory, or a file that ends with .zip.")],
    as_json: AsJson = False,
) -> None:
    """Write everything that is a user's own, or about what is theirs: for their right to know."""
    manifest = asyncio.run(exported(who, path))
    rows = {kind: count for kind, count in manifest.rows.items() if count}
    if as_json:
        print_json({kind.value: count for kind, count in rows.items()})
    else:
        print_table(("kind", "rows"), rows.items(), numbers=1)


@app.command(epilog="Example: `estuary user erase 0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6`")
def erase(
    who: Who,
    despite: Annotated[
        bool,
        typer.Option(
            "--despite-open-matters",
            help="Erase though credits, seats to come or earnings are still theirs: nobody can claim them.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a user's names, addresses and words out of every row, for ever. Ids and the books stay."""
    try:
        done = with_ports(lambda ports: erase_user(UserId(who), ports=ports, despite_open_matters=despite))
    except OpenMatters as open_matters:
        raise CannotRun(f"{open_matters.detail}. Settle them, or add --despite-open-matters") from None
    if as_json:
        print_json({kind.value: count for kind, count in done.rows.items()})
    elif done.rows:
        print_table(("kind", "rows changed"), done.rows.items(), numbers=1)
    else:
        typer.echo("nothing was left to erase")


async def exported(who: UUID, path: Path) -> Manifest:
    """What the settings' store knows of a user, in an archive."""
    from adapters.bootstrap import new_archive, open_target
    from adapters.settings import load_settings

    async with open_target(load_settings()) as source:
        writer = new_archive(path)
        try:
            return await export_user(UserId(who), source.store, writer, clock=source.clock)
        finally:
            writer.close()
