"""`estuary demo` tells the whole story, on every store that processes can share."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from tests.cli.conftest import Cli
from tests.servers import MongoServer, PostgresServer


def test_the_story_runs_through_on_a_throwaway_file(estuary: Cli) -> None:
    done = estuary("demo")

    assert (0, "") == (done.status, done.err)
    assert "$400.00" in done.out
    assert "-$120.00" in done.out
    assert "$599.25" in done.out
    assert "-$1,557.50" in done.out
    assert "The trial balance" in done.out
    assert "figures are what they must be" in done.out
    assert [] == list(estuary.home.iterdir())


def test_the_story_runs_through_on_postgresql(estuary: Cli, postgres_server: PostgresServer) -> None:
    with database(postgres_server) as url:
        done = estuary("demo", "--store", url)

    assert (0, "") == (done.status, done.err)


def test_machines_are_told_every_figure_beside_what_it_must_be(
    estuary: Cli, mongo_server: MongoServer
) -> None:
    done = estuary("demo", "--json", "--store", mongo_server.url("demo"))

    assert (0, "") == (done.status, done.err)
    assert 0 == done.document["mistakes"]
    steps = {step["title"]: step for step in done.document["steps"]}
    assert {
        "name": "payout",
        "actual": 59_925,
        "expected": 59_925,
        "is_money": True,
        "holds": True,
    } in steps["18. Ben is paid out"]["figures"]
    assert 11 == len(steps["Ben's calendar"]["rows"])
    assert {"status": "paid", "net": "$599.25"} in steps["Ben's earnings"]["rows"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(("--store", "memory://"), "several processes"), (("--keep", "."), "not empty")],
)
def test_the_story_is_not_told_where_it_cannot_be(
    estuary: Cli, arguments: tuple[str, ...], reason: str
) -> None:
    (estuary.home / "something").touch()
    done = estuary("demo", *arguments)

    assert 2 == done.status
    assert reason in done.refusal


@contextmanager
def database(server: PostgresServer) -> Iterator[str]:
    """The address of an empty database."""
    asyncio.run(execute(server, "CREATE DATABASE demo"))
    yield server.dsn("demo")
    asyncio.run(execute(server, "DROP DATABASE demo WITH (FORCE)"))


async def execute(server: PostgresServer, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn())
    await connection.execute(statement)
    await connection.close()
