"""Calendars: how far they reach, and what opens their feeds."""

from datetime import timedelta, timezone

import pytest

from core.domain.calendar import Span, calendar_span, feed_span, token_hash, with_feed, without_feed
from core.domain.errors import Invalid
from tests.builders import NOW, make_practitioner

DAY = timedelta(days=1)


def test_a_calendar_reaches_62_days_at_most() -> None:
    assert Span(start=NOW, end=NOW + 62 * DAY) == calendar_span(NOW, NOW + 62 * DAY)

    with pytest.raises(Invalid, match="at most 62 days") as refused:
        calendar_span(NOW, NOW + 62 * DAY + timedelta(milliseconds=1))
    assert "/to" == refused.value.pointer


@pytest.mark.parametrize("length", [timedelta(0), -DAY, timedelta(microseconds=1)])
def test_a_calendar_ends_after_its_start(length: timedelta) -> None:
    with pytest.raises(Invalid, match="after `from`"):
        calendar_span(NOW, NOW + length)


def test_a_span_is_the_same_wherever_it_is_said() -> None:
    there = timezone(timedelta(hours=9))

    assert calendar_span(NOW, NOW + DAY) == calendar_span(NOW.astimezone(there), NOW + DAY)


def test_a_feed_reaches_a_quarter_back_and_a_year_ahead() -> None:
    assert Span(start=NOW - 90 * DAY, end=NOW + 365 * DAY) == feed_span(NOW)


def test_a_new_token_takes_the_place_of_the_old_one_and_is_not_kept() -> None:
    first = with_feed(make_practitioner(), "one")
    second = with_feed(first, "two")

    assert token_hash("two") == second.calendar_token_hash != first.calendar_token_hash
    assert "two" not in repr(second)
    assert (3, None) == (second.version, without_feed(second).calendar_token_hash)
