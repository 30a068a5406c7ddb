"""The schema's revisions, applied in-process by `adapters.sql.revising`."""
