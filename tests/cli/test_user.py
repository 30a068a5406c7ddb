"""`estuary user` from the command line."""

import sqlite3
from contextlib import closing
from uuid import UUID

from tests.cli.conftest import Cli

WITH_CREDITS = """
    SELECT user_id FROM credit_accounts
    WHERE balance_cents > 0 AND user_id IN (SELECT user_id FROM payments) ORDER BY user_id LIMIT 1
"""


def test_a_customer_is_told_and_then_erased(kept: Cli) -> None:
    with closing(sqlite3.connect(kept.home / "estuary.db")) as database:
        (found,) = database.execute(WITH_CREDITS).fetchone()
    user = str(UUID(found))

    told = kept("user", "export", user, "hers", "--json")
    refused = kept("user", "erase", user)
    erased = kept("user", "erase", user, "--despite-open-matters", "--json")
    again = kept("user", "erase", user, "--despite-open-matters")
    books = kept("ledger", "check", "--json")

    assert (0, True) == (told.status, told.document["order"] > 0)
    assert (kept.home / "hers" / "order.ndjson").exists()
    assert 2 == refused.status
    assert "--despite-open-matters" in refused.refusal
    assert (0, True) == (erased.status, erased.document["payment"] > 0)
    assert (0, "nothing was left to erase\n") == (again.status, again.out)
    assert (0, True) == (books.status, books.document["ok"])
