"""The old schema: its rows, and what becomes of them."""
