"""Where users are reached."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.migrations.first.columns import instant, json, number, text, uid


def create() -> None:
    """Create the table."""
    op.create_table(
        "contacts",
        uid("user_id"),
        text("email"),
        text("display_name", null=True),
        text("timezone"),
        json("unwanted"),
        instant("updated_at"),
        number("version"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_contacts")),
    )
