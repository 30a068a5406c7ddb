"""What tables alone cannot say: a practitioner is in one place at a time, the journal grows and adds up."""

from alembic import op

JOURNAL = ("journal_entries", "journal_postings")


def create() -> None:
    """Create the triggers, and on PostgreSQL the exclusion constraint."""
    if op.get_context().dialect.name == "postgresql":
        _create_on_postgresql()
    else:
        _create_on_sqlite()


def drop() -> None:
    """Drop what `create` created outside of the tables."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION journal_only_grows, journal_adds_up CASCADE")


def _create_on_postgresql() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(
        """
        ALTER TABLE sessions ADD CONSTRAINT ex_sessions_busy
        EXCLUDE USING gist (practitioner_id WITH =, tstzrange(start_time, end_time) WITH &&)
        WHERE (session_type = 'individual' AND status IN ('scheduled', 'in_progress'))
        DEFERRABLE INITIALLY DEFERRED
        """
    )
    op.execute(
        """
        CREATE FUNCTION journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the journal only grows' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in JOURNAL:
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "EXECUTE FUNCTION journal_only_grows()"
        )
    op.execute(
        """
        CREATE FUNCTION journal_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT coalesce(sum(amount_cents), 0) FROM journal_postings WHERE entry_id = NEW.id) <> 0 THEN
                RAISE EXCEPTION 'the postings of entry % do not sum to zero', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_adds_up';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER journal_entries_add_up AFTER INSERT ON journal_entries "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_adds_up()"
    )


def _create_on_sqlite() -> None:
    for table in JOURNAL:
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END"
            )
