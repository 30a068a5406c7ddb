"""The audit counts what is wrong in the old data, and says when somebody has to decide."""

from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from adapters.cli.main import app
from adapters.legacy.source import SqlLegacySource
from adapters.settings import BadSettings
from core.domain.legacy import words
from core.domain.legacy.auditing import BECOMES, UNDECIDED, Audit
from core.domain.legacy.rows import Anomaly, Table
from core.usecases.audit_legacy import SHOWN, audit_legacy
from ports.errors import Unavailable
from ports.legacy_source import Unreadable
from tests.cli.conftest import Cli
from tests.legacy.old_database import write_database, write_file
from tests.legacy.old_rows import OldRows
from tests.legacy.old_studio import old_studio
from tests.servers import PostgresServer
from tests.sql.databases import database

FAULTLESS: Final = dict.fromkeys(UNDECIDED, 0)

BROKEN: Final = {
    Anomaly.ORPHANED_CHILDREN: 2,
    Anomaly.PACKAGES_WITHOUT_ORDERS: 1,
    Anomaly.CHILDLESS_PARENTS: 1,
    Anomaly.BOOKINGS_NOTHING_CAN_PLACE: 1,
    Anomaly.DUPLICATE_WORKSHOP_TIMES: 1,
    Anomaly.SHARED_EMAILS: 1,
}
"""What a broken studio has, and no other one."""

SIZES: Final[tuple[dict[str, int], ...]] = (
    {},
    {"seed": 2},
    {"seed": 3, "packages": 40, "bundles": 1, "direct": 10, "workshops": 9, "courses": 0, "clients": 8},
    {"seed": 4, "packages": 1, "bundles": 25, "direct": 150, "workshops": 1, "courses": 6, "clients": 90},
)


def expected(rows: OldRows, *, broken: bool) -> dict[Anomaly, int]:
    """The counts, worked out from the rows themselves and from what the studio is told to break."""
    parents = Counter(
        "bundle" if booking.is_bundle_purchase else "package"
        for booking in rows.bookings
        if booking.is_parent
    )
    seats = [booking for booking in rows.bookings if not booking.is_parent]
    status = {booking.id: booking.status for booking in rows.bookings}
    early = [
        one
        for one in rows.earned
        if one.status == "pending" and status[one.booking_id] not in words.DELIVERED
    ]
    return {
        **(BROKEN if broken else FAULTLESS),
        Anomaly.PACKAGE_PARENTS: parents["package"],
        Anomaly.BUNDLE_PARENTS: parents["bundle"],
        Anomaly.PENDING_EARNINGS_OF_UNDELIVERED_BOOKINGS: len(early),
        Anomaly.BOOKINGS_WITHOUT_ORDER: sum(seat.order_id is None for seat in seats),
        Anomaly.BOOKINGS_WITHOUT_SESSION: sum(seat.service_session_id is None for seat in seats),
    }


async def audited(url: str) -> Audit:
    source = await SqlLegacySource.open(url)
    found = await audit_legacy(source)
    await source.close()
    return found


def without_double_bookings(audit: Audit) -> dict[Anomaly, int]:
    """Chance alone makes those."""
    return {anomaly: count for anomaly, count in audit.counts.items() if anomaly is not Anomaly.DOUBLE_BOOKED}


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("size", SIZES)
async def test_what_is_wrong_is_counted(size: dict[str, int], broken: bool, tmp_path: Path) -> None:
    rows = old_studio(**size, broken=broken)

    found = await audited(write_file(rows, tmp_path / "old.db"))

    assert expected(rows, broken=broken) == without_double_bookings(found)
    assert (set(BROKEN) if broken else set()) == set(found.to_decide)
    assert (not broken) == found.is_clean
    assert (0, await rows.counts()) == (found.strays, found.rows)


async def test_a_server_counts_the_same(postgres_server: PostgresServer) -> None:
    rows = old_studio(broken=True)
    async with database(postgres_server) as url:
        found = await audited(await write_database(rows, url))

    assert expected(rows, broken=True) == without_double_bookings(found)


async def test_the_first_rows_of_each_are_shown(tmp_path: Path) -> None:
    rows = old_studio(broken=True)

    found = await audited(write_file(rows, tmp_path / "old.db"))

    parents = [booking for booking in rows.bookings if booking.is_parent]
    children = Counter(booking.parent_booking_id for booking in rows.bookings)
    assert [(one.id, one.order_id, children[one.id]) for one in parents[:SHOWN]] == [
        (one.booking_id, one.order_id, one.children) for one in found.samples
    ]
    assert [one.id for one in parents if one.order_id is None] == found.examples[
        Anomaly.PACKAGES_WITHOUT_ORDERS
    ]
    assert [rows.people[-1].id] == found.examples[Anomaly.SHARED_EMAILS]
    assert [rows.sessions[-1].id] == found.examples[Anomaly.DUPLICATE_WORKSHOP_TIMES]
    for anomaly, count in found.counts.items():
        assert min(count, SHOWN) == len(found.examples.get(anomaly, ())), anomaly


def test_what_becomes_of_each_is_told() -> None:
    assert set(Anomaly) == set(BECOMES)


@pytest.fixture
def estuary(tmp_path: Path) -> Cli:
    """The command line in an empty directory."""
    return Cli(tmp_path)


@pytest.fixture(scope="module")
def clean_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_file(old_studio(), tmp_path_factory.mktemp("clean") / "old.db")


@pytest.fixture(scope="module")
def broken_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_file(old_studio(broken=True), tmp_path_factory.mktemp("broken") / "old.db")


def test_a_clean_database_needs_no_decision(clean_url: str, estuary: Cli) -> None:
    done = estuary("legacy", "audit", "--source", clean_url, "--json")

    counts: dict[str, Any] = done.document["counts"]
    assert (0, True, []) == (done.status, done.document["ok"], done.document["to_decide"])
    assert (15, 8, 0, 0) == (
        counts["package_parents"],
        counts["bundle_parents"],
        counts["orphaned_children"],
        counts["packages_without_orders"],
    )
    assert [table.value for table in Table] == list(done.document["rows"])
    assert (counts["bookings"], counts["orders"]) == (
        done.document["rows"]["bookings_booking"],
        done.document["rows"]["payments_order"],
    )


def test_a_broken_database_ends_with_1_and_says_what_to_decide(broken_url: str) -> None:
    done = CliRunner().invoke(app, ["legacy", "audit", "--source", broken_url], env={"COLUMNS": "200"})

    assert 1 == done.exit_code
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("to decide: ")]
    assert {anomaly.replace("_", " ") for anomaly in BROKEN} == set(
        line.removeprefix("to decide: ").split(", ")
    )
    assert "The first packages and bundles" in done.stdout


def test_wrong_usage_ends_with_2(estuary: Cli, tmp_path: Path) -> None:
    assert 2 == CliRunner().invoke(app, ["legacy", "audit"]).exit_code

    done = estuary("legacy", "audit", "--source", f"sqlite:///{tmp_path}/none.db")
    assert (2, True) == (done.status, "is not available" in done.refusal)


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("mysql://me:hunter2@h/old", BadSettings),
        ("postgresql://me:hunter2@127.0.0.1:1/old", Unavailable),
        ("sqlite:///estuary.db", Unreadable),
    ],
)
def test_a_source_that_is_none_is_refused_without_secrets(
    url: str, refusal: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "estuary.db").touch()

    done = CliRunner().invoke(app, ["legacy", "audit", "--source", url])

    assert isinstance(done.exception, refusal)
    assert "hunter2" not in f"{done.exception}{done.output}"
