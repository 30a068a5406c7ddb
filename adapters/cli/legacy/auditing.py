"""`estuary legacy audit`: what is in the old database, and what is wrong in it."""

import asyncio

import attrs
import typer
from rich.console import Console

from adapters.cli.console import FOUND, AsJson, print_json, print_table
from adapters.cli.legacy.options import Source, reading
from core.domain.legacy.auditing import BECOMES, Audit
from core.domain.legacy.rows import Table
from core.usecases.audit_legacy import audit_legacy


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `estuary legacy audit --source postgresql://reader@old/estuary --json`")(
        audit
    )


def audit(source: Source, as_json: AsJson = False) -> None:
    """Count what the old database has, and what is wrong in it. It is only read, and no store is needed.

    Exit status 1 if something is found that somebody has to decide on before it is brought over.
    """
    name, found = asyncio.run(_audited(source))
    if as_json:
        print_json(_plain(name, found))
    else:
        _print(name, found)
    if not found.is_clean:
        raise typer.Exit(FOUND)


async def _audited(url: str) -> tuple[str, Audit]:
    async with reading(url) as source:
        with Console(stderr=True).status(f"reading {source.name}"):
            return source.name, await audit_legacy(source)


def _print(name: str, found: Audit) -> None:
    print_table(
        ("old table", "rows"),
        ((table, f"{count:,}") for table, count in found.rows.items()),
        title=name,
        numbers=1,
    )
    print_table(
        ("found", "what becomes of it", "first ids", "count"),
        [
            (
                f"{'! ' if anomaly in found.to_decide else ''}{anomaly.replace('_', ' ')}",
                BECOMES[anomaly],
                " ".join(map(str, found.examples.get(anomaly, ()))),
                f"{count:,}",
            )
            for anomaly, count in found.counts.items()
        ],
        numbers=1,
    )
    if found.samples:
        print_table(
            ("parent booking", "bought as", "order", "children", "price in cents"),
            (
                (
                    one.booking_id,
                    "bundle" if one.is_bundle else "package",
                    "none" if one.order_id is None else one.order_id,
                    one.children,
                    f"{one.price_charged_cents:,}",
                )
                for one in found.samples
            ),
            title="The first packages and bundles",
            numbers=2,
        )
    _conclude(found)


def _conclude(found: Audit) -> None:
    if found.strays:
        typer.echo(f"{found.strays:,} rows name an owner that is not there and would be left out")
    if found.to_decide:
        typer.echo(f"to decide: {', '.join(one.replace('_', ' ') for one in found.to_decide)}")
    if found.is_clean:
        typer.echo("nothing has to be decided")


def _plain(name: str, found: Audit) -> dict[str, object]:
    rows = {"bookings": found.rows[Table.BOOKINGS], "orders": found.rows[Table.ORDERS]}
    return {
        "ok": found.is_clean,
        "source": name,
        "rows": {table.value: count for table, count in found.rows.items()},
        "counts": {
            **{one.value: count for one, count in found.counts.items()},
            **rows,
            "strays": found.strays,
        },
        "to_decide": [one.value for one in found.to_decide],
        "examples": {one.value: list(ids) for one, ids in found.examples.items()},
        "sample_packages": [attrs.asdict(one) for one in found.samples],
    }
