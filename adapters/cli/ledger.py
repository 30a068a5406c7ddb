"""`estuary ledger`: prove the books and read them."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from adapters.cli.console import FOUND, AsJson, print_json, print_table, with_ports
from core.domain.money import format_cents
from core.usecases.context import Ports
from core.usecases.ledger import LedgerReport, balances, check_ledger
from ports.queries import AccountBalance
from ports.store import Kind

app = typer.Typer(no_args_is_help=True, help="The double-entry books.")


@app.command(epilog="Example: `estuary ledger check --json | jq .violations`")
def check(as_json: AsJson = False) -> None:
    """Prove every invariant of the books, row by row. Exit status 1 if one is broken."""
    report = with_ports(_checked)
    if as_json:
        print_json(_plain(report))
    else:
        _print_report(report)
    if report.violations:
        raise typer.Exit(FOUND)


@app.command(epilog="Example: `estuary ledger balance platform_commission`, or without an account for all")
def balance(
    account: Annotated[
        str | None,
        typer.Argument(help="Such as payment_gateway or practitioner:UUID. Without it: the trial balance."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the balance of an account, or of all account families."""
    found = with_ports(lambda ports: balances(account, ports=ports))
    if as_json:
        print_json([_balance(item) for item in found])
        return
    print_balances(found)


def print_balances(found: tuple[AccountBalance, ...]) -> None:
    """Balances as a table, with the sum that a complete ledger must have: zero."""
    rows = [(b.account, b.postings, format_cents(b.balance_cents, b.currency)) for b in found]
    for currency in sorted({b.currency for b in found}):
        total = sum(b.balance_cents for b in found if b.currency == currency)
        rows.append(("sum", "", format_cents(total, currency)))  # type: ignore[arg-type] # a blank cell
    print_table(("account", "postings", "balance"), rows, numbers=2)


async def _checked(ports: Ports) -> LedgerReport:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=None)

        def progress(kind: Kind, rows: int) -> None:
            bar.update(task, description=f"reading {kind}: {rows:,}")

        return await check_ledger(ports=ports, progress=progress)


def _print_report(report: LedgerReport) -> None:
    print_table(("kind", "rows"), ((kind, f"{rows:,}") for kind, rows in report.rows.items()), numbers=1)
    if not report.violations:
        typer.echo("every invariant holds")
        return
    print_table(("rule", "subject", "detail"), ((v.rule, v.subject, v.detail) for v in report.violations))
    typer.echo(f"violations: {len(report.violations)}")


def _plain(report: LedgerReport) -> dict[str, object]:
    return {
        "ok": not report.violations,
        "rows": {kind.value: rows for kind, rows in report.rows.items()},
        "violations": [{"rule": v.rule, "subject": v.subject, "detail": v.detail} for v in report.violations],
    }


def _balance(found: AccountBalance) -> dict[str, object]:
    return {
        "account": found.account,
        "currency": found.currency,
        "balance_cents": found.balance_cents,
        "postings": found.postings,
    }
