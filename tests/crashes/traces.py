"""What was recorded, and that it is what it was recorded of."""

from collections.abc import Sequence


def require(trace: Sequence[str], of: str, *, at_least: int, through: str) -> None:
    """Raises AssertionError unless a trace has so many boundaries and a step among them.

    Points are enumerated from traces: without this they could dwindle to nothing, and every test be green.
    """
    assert at_least <= len(trace), f"{of} has shrunk to {trace}"
    assert f"after {through}" in trace, f"{of} never came through {through}: {trace}"
