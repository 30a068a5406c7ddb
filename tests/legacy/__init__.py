"""The old system's data, made up, and what becomes of it."""
