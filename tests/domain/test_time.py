"""Instants: aware UTC, whole milliseconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Invalid
from core.domain.time import instant, optional_instant, require_zone
from tests.builders import NOW

ANYWHERE = st.builds(
    lambda offset, zone: (NOW + timedelta(microseconds=offset)).astimezone(zone),
    st.integers(min_value=-(10**15), max_value=10**15),
    st.timezones(),
)
"""Any moment, as some clock on some wall shows it."""


@given(moment=ANYWHERE)
def test_an_instant_is_the_same_moment_in_utc_cut_to_the_millisecond(moment: datetime) -> None:
    kept = instant(moment)

    assert UTC is kept.tzinfo
    assert 0 == kept.microsecond % 1000
    assert timedelta(0) <= moment.astimezone(UTC) - kept < timedelta(milliseconds=1)


@given(moment=ANYWHERE)
def test_an_instant_stays_as_it_is(moment: datetime) -> None:
    once = instant(moment)

    assert once is instant(once)


def test_another_name_for_utc_becomes_utc() -> None:
    kept = instant(datetime(2026, 3, 2, 11, tzinfo=timezone(timedelta(hours=2))))

    assert datetime(2026, 3, 2, 9, tzinfo=UTC) == kept
    assert UTC is kept.tzinfo


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 3, 2, 9))  # noqa: DTZ001 - this is what must be refused


def test_no_moment_stays_none() -> None:
    assert optional_instant(None) is None


@pytest.mark.parametrize("name", ["Europe/Lisbon", "UTC", "America/Argentina/Buenos_Aires"])
def test_a_zone_of_the_iana_list_is_accepted(name: str) -> None:
    assert name == require_zone(name, pointer="/timezone")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "europe", "A\0B"])
def test_another_zone_names_its_field(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_zone(name, pointer="/timezone")
    assert "/timezone" == refused.value.pointer
