"""The way from one revision of the schema to another, as alembic goes it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from adapters.sql.schema import current, refuse_newer

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, where: str, revision: str = "head") -> Sequence[str]:
    """Apply what is missing up to a revision; tells the revisions that were applied, oldest first.

    Raises SchemaOutdated for a newer schema and leaves it as it is.
    """
    refuse_newer(current(connection), where)
    return _moved(connection, lambda alembic: command.upgrade(alembic, revision))


def downgrade(connection: Connection, revision: str = "base") -> Sequence[str]:
    """Take revisions back; tells which, newest first."""
    return _moved(connection, lambda alembic: command.downgrade(alembic, revision))


def _moved(connection: Connection, move: Callable[[Config], None]) -> Sequence[str]:
    """Go that way on a connection, without any file of the user's; tells the steps."""
    steps: list[str] = []
    alembic = Config()
    alembic.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    alembic.set_main_option("path_separator", "os")
    alembic.attributes.update(connection=connection, steps=steps)
    move(alembic)
    return tuple(steps)
