"""What callers can do: thin asynchronous shells that load, decide and commit."""
