"""Values of the old database are read as what they are, in whichever kind of column."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from adapters.legacy.values import reader_of

AT = datetime(2025, 11, 14, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-11-14 10:00:00", AT),
        ("2025-11-14T10:00:00Z", AT),
        ("2025-11-14 10:00:00+00", AT),
        ("2025-11-14 11:00:00+01:00", AT),
        ("2025-11-14 10:00:00.123456", AT + timedelta(milliseconds=123)),
        ("2025-11-14", AT.replace(hour=0)),
        (AT.replace(tzinfo=None), AT),
        (AT.astimezone(timezone(timedelta(hours=5))), AT),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(value: object, expected: datetime) -> None:
    assert expected == reader_of(datetime)(value)


@pytest.mark.parametrize(
    ("hint", "value", "expected"),
    [
        (int, 7, 7),
        (int, "7", 7),
        (int, 7.0, 7),
        (int, Decimal("7.00"), 7),
        (int | None, None, None),
        (Decimal, "12.50", Decimal("12.50")),
        (Decimal, 12.5, Decimal("12.5")),
        (Decimal, 15, Decimal(15)),
        (bool, True, True),
        (bool, 1, True),
        (bool, "f", False),
        (bool, "TRUE", True),
        (str, "x", "x"),
        (str, None, ""),
        (str | None, None, None),
    ],
)
def test_a_value_is_read_from_text_and_typed_columns(hint: Any, value: object, expected: object) -> None:
    found = reader_of(hint)(value)
    assert (type(expected), expected) == (type(found), found)


@pytest.mark.parametrize(
    ("hint", "value", "wanted"),
    [
        (int, "seven", "a whole number"),
        (int, 7.5, "a whole number"),
        (int, True, "a whole number"),
        (int, None, "a whole number"),
        (Decimal, "NaN", "a number"),
        (bool, 2, "yes or no"),
        (bool, None, "yes or no"),
        (str, 7, "a text"),
        (datetime, "soon", "a time"),
        (datetime, 1763114400, "a time"),
        (datetime, None, "a time"),
    ],
)
def test_a_value_of_another_kind_is_refused(hint: Any, value: object, wanted: str) -> None:
    with pytest.raises(ValueError, match=f"^{wanted}$"):
        reader_of(hint)(value)
