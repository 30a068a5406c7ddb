"""The schema's revisions: what the database has, what this release wants, and the way between."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from ports.errors import SchemaOutdated

MIGRATIONS = Path(__file__).parent / "migrations"
REMEDY = "run `estuary store migrate`"


def config(connection: Connection | None = None, **attributes: Any) -> Config:
    """Alembic's configuration, without any file of the user's."""
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    found.set_main_option("path_separator", "os")
    found.attributes.update(attributes, connection=connection)
    return found


@cache
def head() -> str:
    """The revision that this release is written for."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    if found is None:
        raise RuntimeError("there are no revisions")
    return found


def current(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def revisions() -> Sequence[str]:
    """Every revision there ever was, oldest first."""
    return tuple(
        script.revision for script in reversed(list(ScriptDirectory.from_config(config()).walk_revisions()))
    )


def check(connection: Connection, where: str) -> None:
    """Refuse a schema that is missing, older or newer."""
    found = current(connection)
    if found == head():
        return
    if found is None:
        raise SchemaOutdated(f"{where} has no tables yet: {REMEDY}", pending=revisions())
    if found in revisions():
        raise SchemaOutdated(
            f"{where} is at revision {found}, this release needs {head()}: {REMEDY}",
            pending=revisions()[revisions().index(found) + 1 :],
        )
    raise _unknown(found, where)


def upgrade(connection: Connection, where: str, revision: str = "head") -> Sequence[str]:
    """Apply what is missing up to a revision; tells the revisions that were applied, oldest first.

    Raises SchemaOutdated for a newer schema and leaves it as it is.
    """
    found = current(connection)
    if found is not None and found not in revisions():
        raise _unknown(found, where)
    return _moved(connection, lambda alembic: command.upgrade(alembic, revision))


def downgrade(connection: Connection, revision: str = "base") -> Sequence[str]:
    """Take revisions back; tells which, newest first."""
    return _moved(connection, lambda found: command.downgrade(found, revision))


def _unknown(found: str, where: str) -> SchemaOutdated:
    return SchemaOutdated(
        f"{where} is at revision {found}, which this release (of {head()}) does not know: use a newer Estuary"
    )


def _moved(connection: Connection, move: Callable[[Config], None]) -> Sequence[str]:
    steps: list[str] = []
    move(config(connection, steps=steps))
    return tuple(steps)


def analyze(connection: Connection) -> None:
    """Refresh the planner's statistics. Plans made for empty tables would be kept by every connection."""
    connection.execute(text("ANALYZE"))
