"""What alembic runs: on the connection that it is handed, telling which steps it took."""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationInfo
from sqlalchemy import Connection

from adapters.sql.tables import metadata

config = context.config
connection: Connection = config.attributes["connection"]
steps: list[str] = config.attributes.get("steps", [])


def note(*, step: MigrationInfo, **_: Any) -> None:
    """Remember an applied step."""
    steps.extend(step.up_revision_ids)


context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    on_version_apply=note,  # type: ignore[arg-type] # alembic calls it with keywords, and promises more of them
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
