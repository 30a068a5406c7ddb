"""`python -m benchmarks.legacy`: bring old databases of several sizes over; rows a second, and memory.

Each migration is a process of its own, `estuary legacy migrate` as operators run it, from an SQLite file
into an SQLite file. Memory is the most that the process ever held, as the operating system counted it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.console import Console
from rich.table import Table as Shown

from benchmarks import machine
from core.domain.legacy.rows import Table
from tests.legacy.old_database import write_file
from tests.legacy.old_studio import old_studio

SIZES = (30_000, 300_000)
ESTUARY = Path(sys.executable).with_name("estuary")
MIB = 1024


@attrs.frozen(kw_only=True)
class Measured:
    """One migration: `old` rows read, `new` rows written, `processor_seconds` of the process alone."""

    bookings: int
    old: int
    new: int
    seconds: float
    processor_seconds: float
    peak_mib: int


def make_file(bookings: int, path: Path) -> str:
    """An old database with about so many bookings, a user for every dozen of them; its URL."""
    rows = old_studio(
        packages=bookings // 20,
        bundles=bookings // 40,
        direct=bookings // 4,
        workshops=bookings // 60,
        courses=bookings // 240,
        clients=bookings // 12,
        practitioners=max(4, bookings // 1000),
    )
    return write_file(rows, path)


def measure(bookings: int, home: Path) -> Measured:
    """Migrate an old database of that size. The file is made by a process of its own."""
    made = f"from benchmarks.legacy import *; make_file({bookings}, Path({str(home / 'legacy.db')!r}))"
    subprocess.run([sys.executable, "-c", made], check=True)  # noqa: S603 - our own program
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ESTUARY_")}
    environment = kept | {"ESTUARY_STORE_URL": f"sqlite:///{home / 'new.db'}"}
    subprocess.run(  # noqa: S603 - our own program
        [ESTUARY, "store", "migrate"], check=True, env=environment, cwd=home, stdout=subprocess.DEVNULL
    )
    source = f"sqlite:///{home / 'legacy.db'}"
    command = [str(ESTUARY), "legacy", "migrate", "--source", source, "--json"]
    begun = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=environment, cwd=home, stdout=subprocess.PIPE, text=True
    ) as process:
        out = "" if process.stdout is None else process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    if process.returncode != 0:
        raise typer.Exit(1)
    told = json.loads(out)
    tables = told["tables"]
    return Measured(
        bookings=tables[Table.BOOKINGS]["read"],
        old=sum(table["read"] for table in tables.values()),
        new=told["rows"],
        seconds=seconds,
        processor_seconds=used.ru_utime + used.ru_stime,
        peak_mib=used.ru_maxrss // MIB,
    )


def run(
    bookings: Annotated[
        list[int] | None, typer.Option(min=1000, help=f"A size, may be repeated. Default: {SIZES}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False,
) -> None:
    """Migrate old databases of several sizes, and print rates and memory."""
    about = machine.description() | {"load before": f"{machine.load():.2f}"}
    found = []
    for size in bookings or SIZES:
        with tempfile.TemporaryDirectory() as home:
            found.append(measure(size, Path(home)))
    if as_json:
        typer.echo(json.dumps({"machine": about, "migrations": [attrs.asdict(one) for one in found]}))
        return
    console = Console()
    console.print(", ".join(f"{name} {value}" for name, value in about.items()), highlight=False)
    shown = Shown(
        "bookings", "old rows", "new rows", "seconds", "of processor", "new rows/s", "bookings/s", "peak MiB"
    )
    for one in found:
        rates = (one.new / one.seconds, one.bookings / one.seconds)
        figures = (one.bookings, one.old, one.new, one.seconds, one.processor_seconds, *rates, one.peak_mib)
        shown.add_row(*(f"{figure:,.0f}" for figure in figures))
    console.print(shown)


if __name__ == "__main__":
    typer.run(run)
