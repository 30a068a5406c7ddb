"""`estuary legacy verify`: whether what was brought over is what there was."""

import typer

from adapters.cli.console import FOUND, AsJson, print_json, print_table, with_ports
from adapters.cli.legacy.options import Source, plain_account, progress_bar, reading
from core.usecases.context import Ports
from core.usecases.import_legacy_verifying import Verified, verify_migration


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `estuary legacy verify --source postgresql://reader@old/estuary --json`")(
        verify
    )


def verify(source: Source, as_json: AsJson = False) -> None:
    """Compare the store with the old database, row by row and in money, and prove the books.

    Run it after `migrate` and before anything uses the store: what changes later is a difference too.
    Exit status 1 with each difference named.
    """

    async def work(ports: Ports) -> Verified:
        async with reading(source) as old:
            with progress_bar(await old.counts()) as bar:
                return await verify_migration(old, ports=ports, progress=bar)

    done = with_ports(work)
    if as_json:
        print_json(_plain(done))
    else:
        _print(done)
    if not done.is_clean:
        raise typer.Exit(FOUND)


def _print(done: Verified) -> None:
    rows = [
        *((one.rule, one.subject, one.detail) for one in done.differences),
        *((one.rule, one.subject, one.detail) for one in done.violations),
    ]
    read = sum(table.read for table in done.account.tables.values())
    left = done.account.quarantined_rows
    typer.echo(f"run {done.run_id}: {read:,} old rows, {left:,} of them quarantined; {done.rows:,} new ones")
    if not rows:
        typer.echo("everything is as it was, and every invariant holds")
        return
    print_table(("rule", "subject", "detail"), rows)
    typer.echo(f"differences: {len(rows)}")


def _plain(done: Verified) -> dict[str, object]:
    return {
        "ok": done.is_clean,
        "run": str(done.run_id),
        "rows": done.rows,
        **plain_account(done.account),
        "differences": [
            {"rule": one.rule, "subject": one.subject, "detail": one.detail} for one in done.differences
        ],
        "violations": [
            {"rule": one.rule, "subject": one.subject, "detail": one.detail} for one in done.violations
        ],
    }
