"""When the gateway is asked again about what is undecided: soon at first, then less and less often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

AGES: Final[Sequence[timedelta]] = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=1),
)
"""The ages at which it is asked, after the first time; from the last on at that interval."""


def next_lookup(created_at: datetime, looked_at: datetime, *, first: timedelta) -> datetime:
    """When to ask about something that was made at `created_at` and last heard of at `looked_at`.

    `first` is its age at the first question.
    """
    age = looked_at - created_at
    steps = (first, *(step for step in AGES if step > first))
    step = next((step for step in steps if step > age), None)
    return looked_at + AGES[-1] if step is None else created_at + step
