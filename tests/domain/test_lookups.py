"""The gateway is asked soon at first, then less and less often."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.lookups import next_lookup
from tests.builders import NOW

FIRST = timedelta(seconds=15)


@pytest.mark.parametrize(
    ("looked_at", "asked_at"),
    [
        (timedelta(0), timedelta(seconds=15)),
        (timedelta(seconds=14, milliseconds=999), timedelta(seconds=15)),
        (timedelta(seconds=15), timedelta(minutes=1)),
        (timedelta(seconds=61), timedelta(minutes=5)),
        (timedelta(minutes=5), timedelta(minutes=30)),
        (timedelta(minutes=59), timedelta(hours=1)),
        (timedelta(hours=1), timedelta(hours=2)),
        (timedelta(hours=30), timedelta(hours=31)),
    ],
)
def test_the_ages_at_which_it_is_asked(looked_at: timedelta, asked_at: timedelta) -> None:
    assert NOW + asked_at == next_lookup(NOW, NOW + looked_at, first=FIRST)


@given(age=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_it_is_always_asked_again_and_within_an_hour(age: timedelta) -> None:
    wait = next_lookup(NOW, NOW + age, first=FIRST) - (NOW + age)
    assert timedelta(0) < wait <= timedelta(hours=1)


def test_a_long_first_wait_is_kept() -> None:
    assert NOW + timedelta(minutes=45) == next_lookup(NOW, NOW, first=timedelta(minutes=45))
