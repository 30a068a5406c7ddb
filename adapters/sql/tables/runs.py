"""Runs that bring rows in, and what they brought."""

from collections.abc import Mapping

import sqlalchemy as sa

from adapters.sql.tables.columns import (
    index,
    instant,
    key,
    known,
    metadata,
    nested,
    number,
    text,
    word,
)
from adapters.sql.types import key_text
from core.domain.runs import RunKind
from core.domain.statuses import RunStatus

runs = sa.Table(
    "runs",
    metadata,
    key(),
    word("kind", RunKind),
    text("source"),
    word("status", RunStatus),
    text("place"),
    nested("counts", Mapping[str, int]),
    instant("started_at"),
    instant("updated_at"),
    instant("finished_at", null=True),
    number("version"),
    known("kind", RunKind),
    known("status", RunStatus),
    index("ix_runs_started", "started_at", "id"),
)

brought = sa.Table(
    "brought",
    metadata,
    key("run_id"),
    sa.Column("kind", key_text(), primary_key=True),
    sa.Column("key", key_text(), primary_key=True),
    text("digest"),
    index("ix_brought_row", "kind", "key"),
)
"""What the triggers that protect the journal look into: only what a run brought in is ever deleted."""
