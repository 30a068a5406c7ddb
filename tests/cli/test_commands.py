"""The commands that read and prove: config, store, sweep, ledger."""

import sqlite3
from contextlib import closing

from tests.cli.conftest import SECRET, Cli

LATER = "2100-01-01T00:00:00Z"


def test_config_hides_secrets(estuary: Cli) -> None:
    settings = {"JWT_SECRET": SECRET, "STORE_URL": "postgresql://app:hunter2@localhost/db"}
    for done in (estuary("config", **settings), estuary("config", "--json", **settings)):
        assert 0 == done.status
        assert "localhost" in done.out
        assert not any(secret in done.out + done.err for secret in (SECRET, "hunter2"))


def test_config_for_machines_names_every_setting(estuary: Cli) -> None:
    shown = estuary("config", "--json", PORT="9000").document

    assert 9000 == shown["ESTUARY_PORT"]
    assert shown["ESTUARY_JWT_SECRET"] is None


def test_a_schema_is_missing_until_it_is_migrated(estuary: Cli) -> None:
    missing = estuary.installed("store", "check", "--json")
    first = estuary.installed("store", "migrate", "--json")
    second = estuary.installed("store", "migrate", "--json")
    found = estuary.installed("store", "check", "--json")

    assert (1, False) == (missing.status, missing.document["ok"])
    assert (0, True) == (first.status, len(first.document["applied"]) > 0)
    assert (0, []) == (second.status, second.document["applied"])
    assert (0, {"ok": True, "problem": None, "pending": []}) == (found.status, found.document)


def test_a_failed_store_check_says_why_in_one_line(estuary: Cli) -> None:
    done = estuary.installed("store", "check", STORE_URL="postgresql://app:hunter2@127.0.0.1:1/db")

    assert 1 == done.status
    assert done.refusal.startswith("PostgreSQL 127.0.0.1:1/db is not available")


def test_a_sweep_of_nothing_does_nothing(estuary: Cli) -> None:
    estuary("store", "migrate")
    done = estuary("sweep", "--at", LATER, "--json")
    expected = {
        "at": "2100-01-01T00:00:00.000Z",
        "notices_applied": 0,
        "payments_settled": 0,
        "orders_lapsed": 0,
        "refunds_settled": 0,
        "payouts_settled": 0,
        "expiry_warnings": 0,
        "packages_expired": 0,
        "sessions_completed": 0,
        "sessions_for_review": 0,
        "earnings_released": 0,
        "lines_advanced": 0,
        "reminders_told": 0,
        "keys_forgotten": 0,
        "failures": [],
    }

    assert (0, expected) == (done.status, done.document)


def test_a_sweep_forgets_keys_once(kept: Cli) -> None:
    first = kept("sweep", "--at", LATER, "--json").document
    second = kept("sweep", "--at", LATER, "--json").document

    assert first["keys_forgotten"] > 0
    assert 0 == second["keys_forgotten"]


def test_a_sweep_is_a_table_for_people(estuary: Cli) -> None:
    estuary("store", "migrate")
    done = estuary("sweep")

    assert 0 == done.status
    assert "earnings released" in done.out


def test_the_books_of_a_demo_are_clean(kept: Cli) -> None:
    done = kept("ledger", "check", "--json")

    assert (0, True, []) == (done.status, done.document["ok"], done.document["violations"])
    assert 34 == done.document["rows"]["booking"]
    assert "every invariant holds" in kept("ledger", "check").out


def test_a_row_changed_by_hand_is_found(kept: Cli) -> None:
    with closing(sqlite3.connect(kept.home / "estuary.db")) as database, database:
        database.execute("UPDATE orders SET sessions_completed = 1")
    done = kept("ledger", "check", "--json")
    told = kept("ledger", "check")

    assert (1, False) == (done.status, done.document["ok"])
    assert "order" in done.document["violations"][0]["subject"]
    assert 1 == told.status
    assert "violations: " in told.out


def test_the_trial_balance_is_zero(kept: Cli) -> None:
    balances = kept("ledger", "balance", "--json").document

    assert 0 == sum(balance["balance_cents"] for balance in balances)
    assert "$129.75" in kept("ledger", "balance").out


def test_one_account_has_its_balance(kept: Cli) -> None:
    done = kept("ledger", "balance", "platform_commission", "--json")
    expected = [{"account": "platform_commission", "currency": "usd", "balance_cents": 12975, "postings": 23}]

    assert (0, expected) == (done.status, done.document)


def test_an_account_that_nobody_posted_to_is_empty(kept: Cli) -> None:
    assert [] == kept("ledger", "balance", "disputes", "--json").document
