"""What an operator can mend is one line on stderr and exit status 2, never a stack trace."""

import socket
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from adapters.cli.main import app
from adapters.memory.testing.examples_of_runs import make_run
from adapters.memory.testing.ids import NOW
from adapters.memory.testing.sales import stock
from core.domain.runs import rolling_back
from ports.store import Store
from tests.cli.conftest import SECRET, Cli
from tests.servers import PostgresServer

NOBODY = "127.0.0.1:1"
"""No database listens on port 1."""


def test_serving_without_a_secret_is_refused(estuary: Cli, port: str) -> None:
    done = estuary("serve", PORT=port)

    assert 2 == done.status
    assert done.refusal.startswith("ESTUARY_JWT_SECRET: is not set")


def test_serving_with_a_short_secret_is_refused(estuary: Cli, port: str) -> None:
    done = estuary("serve", PORT=port, JWT_SECRET="short-secret")

    assert 2 == done.status
    assert "ESTUARY_JWT_SECRET: is shorter than 32 bytes" == done.refusal


def test_serving_on_a_taken_port_is_refused(estuary: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = estuary("serve", "--port", port, JWT_SECRET=SECRET)

    assert 2 == done.status
    assert f"ESTUARY_PORT: 127.0.0.1:{port} cannot be listened on (address already in use)" == done.refusal


def test_serving_from_somewhere_else_is_refused(estuary: Cli, port: str) -> None:
    done = estuary("serve", "--host", "host.invalid", PORT=port, JWT_SECRET=SECRET)

    assert 2 == done.status
    assert done.refusal.startswith("ESTUARY_HOST: host.invalid is not an address")


def test_memory_is_served_by_one_process(estuary: Cli, port: str) -> None:
    done = estuary("serve", "--workers", "2", PORT=port, JWT_SECRET=SECRET, STORE_URL="memory://")

    assert 2 == done.status
    assert done.refusal.startswith("ESTUARY_WORKERS: ")


def test_workers_that_would_not_know_each_others_charges_are_refused(estuary: Cli, port: str) -> None:
    url = f"postgresql://app@{NOBODY}/db"
    done = estuary("serve", "--workers", "2", PORT=port, JWT_SECRET=SECRET, STORE_URL=url)

    assert 2 == done.status
    assert done.refusal.startswith("ESTUARY_FAKE_PAYMENTS_FILE: must be set")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("mysql://root:hunter2@localhost/db", "ESTUARY_STORE_URL"),
        (f"postgresql://app:hunter2@{NOBODY}/db", f"PostgreSQL {NOBODY}/db"),
        (f"mongodb://app:hunter2@{NOBODY}/db", f"MongoDB at {NOBODY}"),
        ("sqlite:////no/such/directory/hunter2.db", "SQLite file"),
    ],
)
def test_a_store_that_cannot_be_reached_is_named_without_secrets(
    estuary: Cli, port: str, url: str, named: str
) -> None:
    settings = {"STORE_URL": url, "STORE_TIMEOUT_SECONDS": "1", "JWT_SECRET": SECRET, "PORT": port}
    for command in ("serve", "sweep"):
        done = estuary(command, **settings)

        assert 2 == done.status
        assert named in done.refusal
        assert url.startswith("sqlite") or "hunter2" not in done.refusal


def test_a_database_without_a_schema_is_not_served(
    estuary: Cli, port: str, postgres_server: PostgresServer
) -> None:
    done = estuary("serve", PORT=port, JWT_SECRET=SECRET, STORE_URL=postgres_server.dsn("postgres"))

    assert 2 == done.status
    assert done.refusal.endswith("run `estuary store migrate`")


def test_a_file_without_a_schema_is_not_swept(estuary: Cli) -> None:
    done = estuary("sweep")

    assert 2 == done.status
    assert done.refusal.endswith("run `estuary store migrate`")


@pytest.mark.parametrize(
    "arguments",
    [
        ("sweep", "--at", "tomorrow"),
        ("sweep", "--at", "2026-05-04T09:00:00"),
        ("token", "--sub", "me", "--role", "client"),
        ("token", "--sub", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("token", "--sub", "01890a5d-ac96-774b-bcce-b302099a8057", "--role", "owner"),
        ("token", "--sub", "01890a5d-ac96-774b-bcce-b302099a8057", "--role", "client", "--ttl", "soon"),
        ("serve", "--port", "0"),
        ("dance",),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(
    fresh_settings: Callable[..., None], arguments: tuple[str, ...]
) -> None:
    fresh_settings(JWT_SECRET=SECRET)
    done = CliRunner().invoke(app, arguments)

    assert 2 == done.exit_code
    assert "Usage: " in done.stderr
    assert "" == done.stdout


def test_wrong_usage_ends_a_real_process_with_2(estuary: Cli) -> None:
    done = estuary("dance")

    assert (2, "") == (done.status, done.out)
    assert "No such command 'dance'" in done.err


@pytest.mark.parametrize(
    "command",
    [
        "serve", "worker", "sweep", "token", "config", "demo",
        "store migrate", "store check", "ledger check", "ledger balance", "outbox list", "outbox retry",
        "legacy audit",
    ],
)  # fmt: skip
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    done = CliRunner().invoke(app, [*command.split(), "--help"])

    assert 0 == done.exit_code
    assert "Example: " in done.stdout


@pytest.mark.parametrize("command", ["serve", "worker", "sweep"])
async def test_a_store_that_is_half_taken_back_is_not_traded_on(
    estuary: Cli, sqlite: Store, sqlite_url: str, port: str, command: str
) -> None:
    run = rolling_back(make_run(), now=NOW)
    await stock(sqlite, run)

    done = estuary(command, STORE_URL=sqlite_url, PORT=port, JWT_SECRET=SECRET)

    assert 2 == done.status
    assert done.refusal.startswith(f"run {run.id} (copy of sqlite:///old.db) is not taken back yet: ")
