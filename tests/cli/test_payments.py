"""`estuary payments`: both sides' books, and what webhooks told."""

import sqlite3
from contextlib import closing

from tests.cli.conftest import Cli


def execute(cli: Cli, database: str, statement: str) -> None:
    with closing(sqlite3.connect(cli.home / database)) as connection:
        connection.execute(statement)
        connection.commit()


def test_the_two_sides_of_a_demo_agree(kept: Cli) -> None:
    done = kept("payments", "reconcile", "--json")
    shown = kept("payments", "reconcile")

    assert (0, True, [], []) == (
        done.status,
        done.document["ok"],
        done.document["mended"],
        done.document["differences"],
    )
    assert done.document["compared"] > 0
    assert "differences: 0" in shown.out


def test_an_amount_changed_by_hand_is_named(kept: Cli) -> None:
    execute(
        kept,
        "estuary.db",
        "UPDATE payments SET amount_cents = amount_cents + 1 WHERE rowid IN"
        " (SELECT rowid FROM payments WHERE status = 'succeeded' LIMIT 1)",
    )
    done = kept("payments", "reconcile", "--json")
    shown = kept("payments", "reconcile")

    assert (1, ["amount"]) == (done.status, [found["flaw"] for found in done.document["differences"]])
    assert (1, True) == (shown.status, "differences: 1" in shown.out)


def test_older_payments_are_left_out(kept: Cli) -> None:
    done = kept("payments", "reconcile", "--since", "2100-01-01T00:00:00Z", "--json")

    assert 0 == done.status


def test_a_time_without_its_offset_is_refused(kept: Cli) -> None:
    assert 2 == kept("payments", "reconcile", "--since", "2100-01-01").status


def test_the_inbox_lists_what_webhooks_told(kept: Cli) -> None:
    assert [] == kept("payments", "inbox", "--json").document
    execute(
        kept,
        "estuary.db",
        "INSERT INTO inbox (id, provider, event_id, event_type, subject, status, tries, reason, received_at,"
        " version) VALUES ('018f0000000070008000000000000001', 'stripe', 'evt_1', 'charge.dispute.created',"
        " 'other', 'parked', 0, 'dispute', 1767225600000, 1)",
    )
    (item,) = kept("payments", "inbox", "--json", "--parked").document
    shown = kept("payments", "inbox")

    assert ("evt_1", "parked", "dispute") == (item["event_id"], item["status"], item["reason"])
    assert "dispute" in shown.out

    again = kept("payments", "inbox", "retry", item["id"], "--json")
    unknown = kept("payments", "inbox", "retry", "018f0000-0000-7000-8000-000000000002")
    assert ({"retried": 1}, {"retried": 0}) == (
        again.document,
        kept("payments", "inbox", "retry", "--all", "--json").document,
    )
    assert ["waiting"] == [item["status"] for item in kept("payments", "inbox", "--json").document]
    assert [2, 2, 2] == [
        unknown.status,
        kept("payments", "inbox", "retry").status,
        kept("payments", "inbox", "retry", item["id"], "--all").status,
    ]
