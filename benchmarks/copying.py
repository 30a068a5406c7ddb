"""`python -m benchmarks.copying`: how many rows a copy moves in a second, and how much memory it takes.

Each copy is `estuary store copy` as users run it, from an SQLite file into each store, at two sizes: the
peak must not follow the size. A row is counted once, though it is read three times and written once.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from attrs import frozen
from rich.console import Console
from rich.table import Table

from adapters.bootstrap import open_store
from adapters.memory.testing.builders import make_earnings, make_payment
from adapters.memory.testing.ids import NOW
from adapters.memory.testing.journal import make_event, make_posting, make_purchase
from adapters.memory.testing.sales import make_sale
from adapters.settings import load_settings
from core.domain.changes import Changes
from core.domain.kinds import PARENTS_FIRST
from core.domain.ledger import PAYMENT_GATEWAY, order_value
from tests.servers import mongod, postgres

ESTUARY: Final = Path(sys.executable).with_name("estuary")
SALES_IN_COMMIT: Final = 50
KIBIBYTES: Final = 1 if sys.platform == "linux" else 1024
"""What `ru_maxrss` counts in, in KiB."""


@frozen(kw_only=True)
class Copied:
    """One copy: its rows, how long it took, and of the process that made it the processor's time and the
    largest resident size.
    """

    target: str
    rows: int
    seconds: float
    cpu_seconds: float
    mebibytes: float


def run(
    sales: Annotated[int, typer.Option(min=10, help="Sales of the smaller source; 12 rows each.")] = 1000,
    times: Annotated[int, typer.Option(min=2, help="How many times larger the other one is.")] = 4,
) -> None:
    """Copy two sources into each store, and print a table."""
    table = Table(
        "into", "rows", "seconds", "rows/s", "CPU s", "peak MiB", title="estuary store copy, from SQLite"
    )
    with tempfile.TemporaryDirectory(prefix="estuary-copy-") as home:
        for size in (sales, sales * times):
            source = f"sqlite:///{home}/source-{size}.db"
            rows = uvloop.run(_filled(source, size))
            with _targets(Path(home), size) as targets:
                for name, url in targets.items():
                    found = _copied(source, name, url, rows)
                    table.add_row(
                        found.target,
                        f"{found.rows:,}",
                        f"{found.seconds:.1f}",
                        f"{found.rows / found.seconds:,.0f}",
                        f"{found.cpu_seconds:.1f}",
                        f"{found.mebibytes:.0f}",
                    )
    Console().print(table)


@contextmanager
def _targets(home: Path, size: int) -> Iterator[dict[str, str]]:
    """An empty store of each kind, with its schema."""
    with ExitStack() as servers:
        targets = {
            "sqlite": f"sqlite:///{home}/target-{size}.db",
            "postgresql": servers.enter_context(postgres(durable=True)).dsn(),
            "mongodb": servers.enter_context(mongod(enableTestCommands=0)).url("target"),
        }
        for url in targets.values():
            subprocess.run(  # noqa: S603 - our own command
                [ESTUARY, "store", "migrate"],
                env={**os.environ, "ESTUARY_STORE_URL": url},
                stdout=subprocess.DEVNULL,
                check=True,
            )
        yield targets


async def _filled(url: str, sales: int) -> int:
    """Fill a new store with paid packages of two seats; tells how many rows it has."""
    store = await open_store(load_settings(store_url=url))
    await store.migrate()
    for start in range(0, sales, SALES_IN_COMMIT):
        sold = [make_sale(seats=2) for _ in range(min(SALES_IN_COMMIT, sales - start))]
        values = [(sale.order, sale.order.subtotal_amount_cents) for sale in sold]
        await store.commit(
            Changes(
                inserts=tuple(
                    row
                    for sale in sold
                    for row in (*sale.rows, make_payment(sale.order), *map(make_earnings, sale.bookings))
                ),
                entries=tuple(
                    make_purchase(
                        order,
                        make_posting(order_value(order.id), value),
                        make_posting(PAYMENT_GATEWAY, -value),
                        occurred_at=NOW,
                    )
                    for order, value in values
                ),
                events=tuple(make_event(order.id) for order, _ in values),
            )
        )
    rows = sum([await store.count(kind) for kind in PARENTS_FIRST])
    await store.close()
    return rows


def _copied(source: str, name: str, url: str, rows: int) -> Copied:
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [ESTUARY, "store", "copy", "--from", source, "--to", url], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Copied(
        target=name,
        rows=rows,
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        mebibytes=usage.ru_maxrss / KIBIBYTES / 1024,
    )


if __name__ == "__main__":
    typer.run(run)
