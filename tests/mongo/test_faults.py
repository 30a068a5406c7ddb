"""What goes wrong on the way to the server happens once or not at all, and is told as what it was."""

import asyncio
from time import monotonic
from typing import Final

import pytest
from attrs import evolve
from pymongo import AsyncMongoClient

from adapters.memory.testing.ids import new_user
from adapters.memory.testing.journal import make_account, make_credit_change, make_event, make_idempotency
from adapters.memory.testing.rivals import RIVALS
from adapters.memory.testing.sales import Sale, make_sale, stock
from adapters.memory.testing.waiting import waiting_events
from adapters.mongo.documents import Document
from adapters.mongo.store import MongoStore
from core.domain.changes import Changes
from ports.errors import AlreadyExists, CommitUnknown, ConcurrencyConflict, Unavailable
from ports.store import Kind
from tests.mongo.commands import Commands
from tests.mongo.databases import opened
from tests.mongo.faults import ALWAYS, CUT, WRITE_CONFLICT, failing
from tests.mongo.sold import sold
from tests.servers import MongoServer

Client = AsyncMongoClient[Document]

WITHIN_SECONDS: Final = 5
"""The module's store gives up after a second and a half; the rest is for a busy machine."""
PATIENT: Final = {"connect_seconds": 60.0, "read_seconds": 60.0, "commit_seconds": 60.0}
"""Limits that no machine reaches, for what is not about limits."""


async def assert_sold_once(store: MongoStore, sale: Sale) -> None:
    """The sale's effects are there, each once."""
    view = await store.load_order(sale.order.id)
    assert view is not None
    assert sale.order == view.order
    assert make_account(sale.order.user_id, balance_cents=10) == await store.credit_account(
        sale.order.user_id
    )
    assert [sale.order.id] == [event.subject_id for event in await waiting_events(store)]


async def assert_nothing_sold(store: MongoStore) -> None:
    """Not a trace is left of any sale."""
    for kind in Kind:
        assert [] == [row async for row in store.scan(kind)], kind


@pytest.mark.parametrize("command", ["insert", "update", "commitTransaction"])
async def test_a_transient_error_starts_the_transaction_again(
    store: MongoStore, client: Client, commands: Commands, command: str
) -> None:
    sale = make_sale()

    start = len(commands.sent)
    async with failing(client, command, **WRITE_CONFLICT):
        await store.commit(sold(sale))

    await assert_sold_once(store, sale)
    firsts = [sent for sent in commands.sent[start:] if sent.get("insert") == "idempotency"]
    assert 2 == len(firsts)


@pytest.mark.parametrize("command", ["insert", "update"])
async def test_a_connection_cut_in_mid_transaction_starts_it_again(
    store: MongoStore, client: Client, command: str
) -> None:
    sale = make_sale()

    async with failing(client, command, **CUT):
        await store.commit(sold(sale))

    await assert_sold_once(store, sale)


@pytest.mark.parametrize(
    "fault",
    [
        CUT,
        {"errorCode": 64, "errorLabels": ["UnknownTransactionCommitResult"]},
        {"writeConcernError": {"code": 64, "errmsg": "waiting", "errInfo": {"wtimeout": True}}},
        {"writeConcernError": {"code": 262, "errmsg": "too long"}},
    ],
)
async def test_a_commit_without_an_answer_is_asked_for_again_and_nothing_is_repeated(
    store: MongoStore, client: Client, commands: Commands, fault: Document
) -> None:
    sale = make_sale()

    with commands.counted() as sent:
        async with failing(client, "commitTransaction", **fault):
            await store.commit(sold(sale))

    await assert_sold_once(store, sale)
    assert 1 == sent.count("update")


async def test_a_commit_that_is_never_answered_is_unknown(store: MongoStore, client: Client) -> None:
    sale = make_sale()
    start = monotonic()

    async with failing(client, "commitTransaction", mode=ALWAYS, **CUT):
        with pytest.raises(CommitUnknown) as refusal:
            await store.commit(sold(sale))

    assert monotonic() - start < WITHIN_SECONDS
    assert "\n" not in refusal.value.detail


async def test_a_commit_that_no_majority_confirms_is_unknown(store: MongoStore, client: Client) -> None:
    sale = make_sale()
    fault = {"writeConcernError": {"code": 64, "errmsg": "waiting", "errInfo": {"wtimeout": True}}}

    async with failing(client, "commitTransaction", mode=ALWAYS, **fault):
        with pytest.raises(CommitUnknown):
            await store.commit(sold(sale))

    await assert_sold_once(store, sale)


async def test_a_commit_that_takes_too_long_is_unknown(store: MongoStore, client: Client) -> None:
    start = monotonic()

    async with failing(client, "commitTransaction", mode=ALWAYS, blockConnection=True, blockTimeMS=2500):
        with pytest.raises(CommitUnknown):
            await store.commit(sold(make_sale()))

    assert monotonic() - start < WITHIN_SECONDS


async def test_a_server_that_is_lost_before_the_commit_is_unavailable(
    store: MongoStore, client: Client
) -> None:
    start = monotonic()

    async with failing(client, "insert", mode=ALWAYS, **CUT):
        with pytest.raises(Unavailable) as refusal:
            await store.commit(sold(make_sale()))

    assert Unavailable is type(refusal.value)
    assert monotonic() - start < WITHIN_SECONDS
    await assert_nothing_sold(store)


async def test_endless_write_conflicts_come_to_an_end(store: MongoStore, client: Client) -> None:
    start = monotonic()

    async with failing(client, "update", mode=ALWAYS, **WRITE_CONFLICT):
        with pytest.raises(Unavailable, match="took too long"):
            await store.commit(sold(make_sale()))

    assert monotonic() - start < WITHIN_SECONDS
    await assert_nothing_sold(store)


async def test_a_read_that_is_cut_is_asked_again(store: MongoStore, client: Client) -> None:
    sale = make_sale()
    await stock(store, *sale.rows)

    async with failing(client, "find", "aggregate", **CUT):
        assert sale.order == await store.order(sale.order.id)
    async with failing(client, "find", "aggregate", **CUT):
        view = await store.load_order(sale.order.id)

    assert view is not None
    assert sale.order == view.order


async def test_a_read_that_takes_too_long_is_unavailable(store: MongoStore, client: Client) -> None:
    start = monotonic()

    async with failing(client, "find", mode=ALWAYS, blockConnection=True, blockTimeMS=2500):
        with pytest.raises(Unavailable, match="took too long"):
            await store.order(make_sale().order.id)

    assert monotonic() - start < WITHIN_SECONDS


async def test_one_document_takes_no_transaction(store: MongoStore, commands: Commands) -> None:
    request = make_idempotency()
    answer = evolve(request, status_code=201, body="{}", version=2)

    with commands.counted() as sent:
        await store.commit(Changes(inserts=(request,)))
        await store.commit(Changes(updates=(answer,)))

    assert ["insert", "update"] == sent
    assert not any("txnNumber" in command and "autocommit" in command for command in commands.sent[-2:])
    assert answer == await store.find_idempotency(request.actor, request.key)


async def test_one_document_is_refused_as_many_are(store: MongoStore) -> None:
    request = make_idempotency()
    await store.commit(Changes(inserts=(request,)))

    with pytest.raises(AlreadyExists, match="idempotency"):
        await store.commit(Changes(inserts=(request,)))
    with pytest.raises(ConcurrencyConflict):
        await store.commit(Changes(updates=(evolve(request, version=7),)))


async def test_one_document_whose_fate_is_unknown_is_told_so(store: MongoStore, client: Client) -> None:
    async with failing(client, "insert", mode=ALWAYS, **CUT):
        with pytest.raises(CommitUnknown):
            await store.commit(Changes(inserts=(make_idempotency(),)))


async def test_a_crowd_at_one_account_is_served_one_by_one(
    mongo_server: MongoServer, store: MongoStore, commands: Commands
) -> None:
    user = new_user()
    await store.commit(Changes(credits=(make_credit_change(user, 1),)))

    rivals = [Changes(credits=(make_credit_change(user, 1),), events=(make_event(),)) for _ in range(RIVALS)]
    async with opened(mongo_server, store.database, listeners=(commands,), **PATIENT) as patient:
        with commands.counted() as sent:
            await asyncio.gather(*(patient.commit(changes) for changes in rivals))

    assert make_account(user, balance_cents=1 + RIVALS) == await store.credit_account(user)
    assert RIVALS == sent.count("update")
