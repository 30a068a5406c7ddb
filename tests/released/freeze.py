"""Write down a sold marketplace as this release keeps it: `python -m tests.released.freeze`, at a release.

It writes over nothing: a frozen file is what a deployment of that time has.
"""

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bson import json_util

from adapters.memory.testing.examples import examples
from adapters.memory.testing.sales import stock
from adapters.mongo.documents import COLLECTIONS, RECORDS, to_document
from adapters.mongo.schema import STEPS
from adapters.sql import SqlStore
from adapters.sql.schema import HEAD
from core.domain.orders import Payment
from core.domain.statuses import DisputeStatus, PaymentStatus
from core.usecases.note_dispute import note_dispute
from ports.store import Kind
from tests.released.files import EXTENDED, FROZEN, Row, directly, rows_of, write
from tests.simulation.days import live
from tests.simulation.studio import Studio, studio_on
from tests.sql.databases import opened

SEED: Final = 33
UNSOLD: Final = ("contact", "subscription", "dispatch", "inbox", "idempotency")
"""What a simulated studio leaves empty."""


async def freeze() -> None:
    """Live through some days and write down every row and every document."""
    with TemporaryDirectory() as home:
        url = f"sqlite:///{Path(home) / 'studio.db'}"
        async with opened(url) as (store,):
            await store.migrate()
            studio = studio_on(store, seed=SEED, customers=14)
            await live(studio, days=12, actions=24)
            await _dispute(studio)
            for name in UNSOLD:
                example = examples()[name]
                await stock(store, *example.needs, example.first)
            rows = json.dumps(await directly(url, rows_of), ensure_ascii=False)
            documents = json_util.dumps(await _documents(store), json_options=EXTENDED)
    write(FROZEN / f"{HEAD}.json.gz", [rows])
    write(FROZEN / f"{STEPS[-1]}.mongo.json.gz", [documents])


async def _dispute(studio: Studio) -> None:
    """Let the bank take an amount back for a while."""
    async for payment in studio.store.scan(Kind.PAYMENT):
        if (
            isinstance(payment, Payment)
            and payment.status is PaymentStatus.SUCCEEDED
            and payment.gateway_ref is not None
        ):
            report = await studio.gateway.dispute(payment.gateway_ref, DisputeStatus.OPEN)
            await note_dispute(report, ports=studio.ports)
            return


async def _documents(store: SqlStore) -> dict[str, list[Row]]:
    return {
        COLLECTIONS[RECORDS[kind]]: [to_document(record) async for record in store.scan(kind)]
        for kind in Kind
    }


if __name__ == "__main__":
    asyncio.run(freeze())
