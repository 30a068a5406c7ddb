"""The schema's revisions: what the database has, and what this release wants.

Every command asks this first, so it is asked without alembic, which takes long to load; the way from one
revision to another is alembic's (`adapters.sql.revising`).
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from ports.errors import SchemaOutdated

REVISIONS: Final[tuple[str, ...]] = (
    "0001_first_tables",
    "0002_runs",
    "0003_migrated_orders",
    "0004_connected_accounts",
)
"""Every revision there ever was, oldest first."""

HEAD: Final = REVISIONS[-1]
"""The revision that this release is written for."""

REMEDY: Final = "run `estuary store migrate`"

_VERSION: Final = sa.table("alembic_version", sa.column("version_num", sa.String()))
_CURRENT: Final = sa.select(_VERSION.c.version_num)


def current(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty database."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(_CURRENT).scalar_one_or_none()


def check(connection: Connection, where: str) -> None:
    """Refuse a schema that is missing, older or newer."""
    found = current(connection)
    if found == HEAD:
        return
    if found is None:
        raise SchemaOutdated(f"{where} has no tables yet: {REMEDY}", pending=REVISIONS)
    refuse_newer(found, where)
    raise SchemaOutdated(
        f"{where} is at revision {found}, this release needs {HEAD}: {REMEDY}",
        pending=REVISIONS[REVISIONS.index(found) + 1 :],
    )


def refuse_newer(found: str | None, where: str) -> None:
    """Raise SchemaOutdated for a revision of a later release."""
    if found is not None and found not in REVISIONS:
        raise SchemaOutdated(
            f"{where} is at revision {found}, which this release (of {HEAD}) does not know: "
            "use a newer Estuary"
        )


def analyze(connection: Connection) -> None:
    """Refresh the planner's statistics. Plans made for empty tables would be kept by every connection."""
    connection.execute(sa.text("ANALYZE"))
