"""The old database, read and never written: SQLite or PostgreSQL, with text or typed columns."""
