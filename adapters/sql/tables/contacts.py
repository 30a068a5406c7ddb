"""Where users are reached."""

import sqlalchemy as sa

from adapters.sql.tables.columns import instant, key, metadata, nested, number, text
from core.domain.notifications import OptionalKind

contacts = sa.Table(
    "contacts",
    metadata,
    key("user_id"),
    text("email"),
    text("display_name", null=True),
    text("timezone"),
    nested("unwanted", tuple[OptionalKind, ...]),
    instant("updated_at"),
    number("version"),
)
