"""`estuary serve` and `estuary worker`: they start, they work, and they stop when they are told to."""

import signal
import socket
import sqlite3
import subprocess
from contextlib import closing

import httpx
import pytest

from tests.cli.conftest import SECRET, Cli, await_ready
from tests.cli.test_token import SUBJECT


def await_line(process: subprocess.Popen[str], text: str) -> str:
    """The next line on stderr with a text in it."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return line
    raise EOFError(text)


@pytest.mark.parametrize(("workers", "host"), [("1", "127.0.0.1"), ("2", "localhost")])
def test_a_new_file_is_served_and_stopped_by_sigterm(
    estuary: Cli, port: str, workers: str, host: str
) -> None:
    token = estuary("token", "--sub", SUBJECT, "--role", "client", JWT_SECRET=SECRET).out.strip()
    arguments = ("serve", "--port", port, "--host", host, "--workers", workers)
    with estuary.running(*arguments, JWT_SECRET=SECRET) as process:
        await_ready(process, f"http://127.0.0.1:{port}")
        answer = httpx.get(
            f"http://127.0.0.1:{port}/api/v1/credits",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        process.send_signal(signal.SIGTERM)

        assert 0 == process.wait(30)
    assert 0 == answer.json()["balance_cents"]
    assert 0 == estuary("store", "check").status


def test_memory_is_served(estuary: Cli, port: str) -> None:
    with estuary.running("serve", PORT=port, JWT_SECRET=SECRET, STORE_URL="memory://") as process:
        await_ready(process, f"http://127.0.0.1:{port}")


def test_an_empty_file_is_a_new_one_but_an_outdated_one_is_not_served(estuary: Cli, port: str) -> None:
    file = estuary.home / "estuary.db"
    file.touch()
    with estuary.running("serve", PORT=port, JWT_SECRET=SECRET) as process:
        await_ready(process, f"http://127.0.0.1:{port}")

    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM alembic_version")
    done = estuary("serve", PORT=port, JWT_SECRET=SECRET)
    assert 2 == done.status
    assert done.refusal.endswith("run `estuary store migrate`")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_when_it_is_told_to(kept: Cli, number: signal.Signals) -> None:
    with kept.running("worker", LOG_LEVEL="info", LOG_FORMAT="json") as process:
        assert '"order.paid"' in await_line(process, "order.paid")
        await_line(process, "pass done")
        process.send_signal(number)

        assert 0 == process.wait(30)


def test_two_workers_share_a_store(kept: Cli) -> None:
    settings = {"LOG_LEVEL": "info", "SWEEP_INTERVAL_SECONDS": "0.1"}
    with kept.running("worker", **settings) as first, kept.running("worker", **settings) as second:
        for process in (first, second):
            await_line(process, "worker started")
            process.send_signal(signal.SIGTERM)

        assert [0, 0] == [process.wait(30) for process in (first, second)]


def test_a_worker_that_is_stopped_while_it_starts_ends_well(estuary: Cli) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        url = f"postgresql://app@127.0.0.1:{silent.getsockname()[1]}/db"
        with estuary.running("worker", STORE_URL=url, STORE_TIMEOUT_SECONDS="600") as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGTERM)

            assert 0 == process.wait(30)
        connection.close()
