"""The servers that other tests stand on: reached, ours, and back with their data after a crash."""

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import asyncpg
import psutil
import pytest
from pymongo import AsyncMongoClient

from tests.servers import MongoServer, PostgresServer, ServerFailed, ServerProcess, mongod, ports, postgres

DOCUMENT: dict[str, Any] = {"_id": 1, "name": "tide"}


def mongo_client(server: MongoServer) -> AsyncMongoClient[dict[str, Any]]:
    return AsyncMongoClient(server.url())


async def test_postgres_is_reached_over_tcp_and_is_our_own(postgres_server: PostgresServer) -> None:
    connection = await asyncpg.connect(postgres_server.dsn())
    try:
        assert str(postgres_server.data) == await connection.fetchval("show data_directory")
    finally:
        await connection.close()


async def test_postgres_is_reached_over_its_socket(postgres_server: PostgresServer) -> None:
    home = str(postgres_server.home)
    connection = await asyncpg.connect(host=home, port=postgres_server.port, user="app", database="postgres")
    try:
        assert 1 == await connection.fetchval("select 1")
    finally:
        await connection.close()


async def test_postgres_comes_back_with_its_data_after_a_crash() -> None:
    with postgres(durable=True) as server:
        connection = await asyncpg.connect(server.dsn())
        await connection.execute("create table kept (name text); insert into kept values ('tide')")
        first = server.pid

        server.kill()

        assert not server.running
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await connection.fetchval("select 1")
        connection.terminate()

        server.start()

        assert first != server.pid
        connection = await asyncpg.connect(server.dsn())
        assert "tide" == await connection.fetchval("select name from kept")
        await connection.close()


def test_a_postgres_that_cannot_start_says_why() -> None:
    with pytest.raises(ServerFailed, match="shared_buffers"), postgres(shared_buffers="plenty"):
        pass


async def test_mongo_is_reached_and_is_our_own(mongo_server: MongoServer) -> None:
    async with mongo_client(mongo_server) as client:
        assert mongo_server.pid == (await client.admin.command("serverStatus"))["pid"]


async def test_mongo_has_transactions(mongo_server: MongoServer) -> None:
    async with mongo_client(mongo_server) as client:
        kept = client.get_database("test_servers").kept
        async with client.start_session() as session, await session.start_transaction():
            await kept.insert_one(dict(DOCUMENT), session=session)
            await session.abort_transaction()

        assert 0 == await kept.count_documents({})


async def test_mongo_comes_back_with_its_data_after_a_crash() -> None:
    with mongod() as server:
        async with mongo_client(server) as client:
            await client.test.kept.insert_one(dict(DOCUMENT))
            first = server.pid

            server.restart()

            assert first != server.pid
            assert DOCUMENT == await client.test.kept.find_one({})


def test_a_mongo_that_cannot_start_says_why() -> None:
    with pytest.raises(ServerFailed, match="noSuchParameter"), mongod(noSuchParameter=1):
        pass


@pytest.mark.parametrize("launcher", ["postgres", "mongod"])
def test_no_server_outlives_a_killed_test_run(launcher: str) -> None:
    script = f"""
import time
from tests.servers import {launcher}
with {launcher}() as server:
    print(server.pid, server.home, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        pid, home = run.stdout.readline().split()
        server = psutil.Process(int(pid))
        assert server.is_running()

        run.send_signal(signal.SIGKILL)

    _, alive = psutil.wait_procs([server], timeout=20)
    shutil.rmtree(home)
    assert [] == alive


@pytest.mark.parametrize("launcher", [postgres, mongod])
def test_a_port_that_was_taken_meanwhile_is_given_up(
    launcher: Callable[[], AbstractContextManager[ServerProcess]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as stranger:
        taken = stranger.getsockname()[1]
        offers = iter([taken, ports.free_port()])
        monkeypatch.setattr(ports, "free_port", lambda: next(offers))

        with launcher() as server:
            assert taken != server.port
            server.prove_identity()


def test_an_address_outlives_a_restart() -> None:
    with postgres() as server:
        before = server.url()

        server.restart()

        assert before == server.url()
        server.prove_identity()
