"""The store on SQLite or PostgreSQL, through SQLAlchemy Core."""

from adapters.sql.store import SqlStore

__all__ = ["SqlStore"]
