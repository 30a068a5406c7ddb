"""Runs that bring rows in, what they brought, and taking it back: the journal's entries too."""

import sqlalchemy as sa
from alembic import op

revision = "0002_runs"
down_revision = "0001_first_tables"
branch_labels = None
depends_on = None

JOURNAL = {"journal_entries": "id", "journal_postings": "entry_id"}
"""The tables that only grow, and the column that holds the entry's id."""

INDEXES = (
    ("ix_disputes_payment", "disputes", "payment_id"),
    ("ix_orders_service", "orders", "service_id"),
    ("ix_waitlist_session", "waitlist", "session_id"),
)
"""What tells whether a row that is to be taken back is still named."""


def upgrade() -> None:
    """Create the tables, and let the journal give back what a run brought in."""
    _create_runs()
    _create_brought()
    for name, table, column in INDEXES:
        op.create_index(name, table, [column])
    if _is_postgresql():
        _give_back_on_postgresql()
    else:
        _give_back_on_sqlite()


def downgrade() -> None:
    """Let the journal only grow again, and drop the tables."""
    if _is_postgresql():
        op.execute("DROP FUNCTION journal_gives_back CASCADE")
        for table in JOURNAL:
            _protect_on_postgresql(table, "UPDATE OR DELETE OR TRUNCATE")
    else:
        for table in JOURNAL:
            _refuse_on_sqlite(table, "SELECT RAISE(ABORT, 'the journal only grows')")
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
    op.drop_table("brought")
    op.drop_table("runs")


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _create_runs() -> None:
    moment = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.CheckConstraint("kind IN ('legacy_migrate', 'copy', 'import')", name=op.f("ck_runs_kind")),
        sa.CheckConstraint(
            "status IN ('running', 'finished', 'rolling_back', 'rolled_back')", name=op.f("ck_runs_status")
        ),
    )
    op.create_index("ix_runs_started", "runs", ["started_at", "id"])


def _create_brought() -> None:
    by_bytes = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "brought",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("kind", by_bytes, nullable=False),
        sa.Column("key", by_bytes, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "kind", "key", name=op.f("pk_brought")),
    )
    op.create_index("ix_brought_row", "brought", ["kind", "key"])


def _give_back_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION journal_gives_back() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT 1 FROM brought WHERE kind = 'entry' AND key = to_jsonb(OLD) ->> TG_ARGV[0]
            ) THEN
                RAISE EXCEPTION 'the journal only grows' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN OLD;
        END $$
        """
    )
    for table, column in JOURNAL.items():
        _protect_on_postgresql(table, "UPDATE OR TRUNCATE")
        op.execute(
            f"CREATE TRIGGER {table}_gives_back BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION journal_gives_back('{column}')"
        )


def _protect_on_postgresql(table: str, deeds: str) -> None:
    op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_only_grows BEFORE {deeds} ON {table} EXECUTE FUNCTION journal_only_grows()"
    )


def _give_back_on_sqlite() -> None:
    for table, column in JOURNAL.items():
        lengths = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        key = " || '-' || ".join(f"substr(OLD.{column}, {start}, {length})" for start, length in lengths)
        found = f"SELECT 1 FROM brought WHERE kind = 'entry' AND key = {key}"  # noqa: S608 - names of ours
        _refuse_on_sqlite(table, f"SELECT RAISE(ABORT, 'the journal only grows') WHERE NOT EXISTS ({found})")


def _refuse_on_sqlite(table: str, refusal: str) -> None:
    op.execute(f"DROP TRIGGER {table}_no_delete")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refusal}; END")
