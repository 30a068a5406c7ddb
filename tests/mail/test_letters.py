"""What people read: every kind of letter, by the reader's clock, with nothing that a name could break."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from adapters.mail.letters import TEMPLATES, local_time, write_letter
from adapters.memory.testing.contacts import make_contact
from core.domain.ids import DispatchId
from core.domain.notifications import NotificationKind, OptionalKind
from ports.mail import Letter
from tests.builders import new_id

Facts = Mapping[str, str | int | None]

START, END = "2026-03-30T08:00:00.000+00:00", "2026-03-30T09:00:00.000+00:00"
SEAT: Facts = {
    "booking_id": "0195566d-3000-7000-8000-000000000007",
    "service_name": "Breathing",
    "practitioner_name": "Ana Reis",
    "start_time": START,
    "end_time": END,
}
REFUND: Facts = {
    "sessions": 3,
    "refund_cents": 24_000,
    "credits_cents": 6000,
    "card_cents": 18_000,
    "currency": "usd",
}
PACKAGE: Facts = {"service_name": "Five hours", "order_id": "0195566d-3000-7000-8000-000000000008"}
LETTERS: Mapping[NotificationKind, tuple[Facts, str, tuple[str, ...]]] = {
    NotificationKind.BOOKING_CONFIRMED: (
        SEAT,
        "Booked: Breathing",
        (
            "Your seat in Breathing with Ana Reis is confirmed.",
            "From  Monday 30 March 2026, 09:00 (Europe/Lisbon, UTC+1)",
            "until Monday 30 March 2026, 10:00 (Europe/Lisbon, UTC+1)",
        ),
    ),
    NotificationKind.BOOKING_RESCHEDULED: (
        SEAT,
        "New time: Breathing",
        ("Breathing with Ana Reis has moved. The new time:", "Monday 30 March 2026, 09:00"),
    ),
    NotificationKind.BOOKING_CANCELED: (
        {**SEAT, **REFUND},
        "Canceled: Breathing",
        (
            "3 sessions with Ana Reis, Breathing among them, are canceled.",
            "You get back $240.00 for 3 sessions:\n- as credits: $60.00\n- to your card: $180.00\n",
        ),
    ),
    NotificationKind.SESSION_CANCELED: (
        {**SEAT, **REFUND, "sessions": 1, "credits_cents": 0, "card_cents": 24_000},
        "Ana Reis has canceled Breathing",
        (
            "Ana Reis has canceled Breathing, which was to begin\nMonday 30 March 2026, 09:00",
            "You get back $240.00:\n- to your card: $240.00\n",
        ),
    ),
    NotificationKind.SESSION_REMINDER: (
        {**SEAT, "hours": 24, "until": START},
        "In 24 hours: Breathing",
        ("Breathing with Ana Reis begins soon.", "From  Monday 30 March 2026, 09:00"),
    ),
    NotificationKind.REVIEW_REQUEST: (
        SEAT,
        "How was Breathing?",
        ("Breathing with Ana Reis is over. How was it?",),
    ),
    NotificationKind.PACKAGE_EXPIRING: (
        {**PACKAGE, "expires_at": START, "days_left": 14, "sessions": 2, "until": START},
        "14 days left: Five hours",
        (
            "Five hours ends on Monday 30 March 2026, 09:00 (Europe/Lisbon, UTC+1).",
            "2 sessions have no time yet: choose one before then.",
        ),
    ),
    NotificationKind.PACKAGE_TRANSFERRED: (
        {**PACKAGE, "sessions": 1},
        "Five hours is yours",
        ("One session of Five hours was given to you.",),
    ),
    NotificationKind.WAITLIST_OFFERED: (
        {**SEAT, "session_id": "x", "offer_expires_at": "2026-03-28T12:30:00.000+00:00", "until": START},
        "A seat is free: Breathing",
        (
            "A seat in Breathing has come free.",
            "It is held for you until Saturday 28 March 2026, 12:30 (Europe/Lisbon, UTC+0).",
        ),
    ),
    NotificationKind.EARNINGS_RELEASED: (
        {**SEAT, "net_amount_cents": 6800, "currency": "usd"},
        "$68.00 available: Breathing",
        ("$68.00 for Breathing of Monday 30 March 2026, 09:00 (Europe/Lisbon, UTC+1) can be paid out now.",),
    ),
    NotificationKind.PAYOUT_SENT: (
        {"payout_id": "0195566d", "amount_cents": 123_456_700, "currency": "eur", "earnings_count": 2},
        "Paid out: 1,234,567.00 EUR",
        ("1,234,567.00 EUR for 2 delivered seats is on its way to your bank.\nPayout 0195566d.",),
    ),
    NotificationKind.SEAT_BOOKED: (
        {**SEAT, "sessions": 1, "taken": 3, "seats": 8},
        "New booking: Breathing",
        ("Breathing was booked.\n\nFrom  Monday 30 March 2026, 09:00", "3 of 8 seats are taken."),
    ),
    NotificationKind.SEAT_MOVED: (
        {**SEAT, "sessions": 1, "taken": 1, "seats": 1},
        "Booking moved: Breathing",
        ("A booking of Breathing was moved. It is now:\n\nFrom  Monday 30 March 2026, 09:00",),
    ),
    NotificationKind.SEAT_CANCELED: (
        {**SEAT, "sessions": 3, "taken": 2, "seats": 8},
        "Booking canceled: Breathing",
        (
            "3 sessions were canceled, Breathing among them, of\nMonday 30 March",
            "2 of 8 seats are still taken.",
        ),
    ),
    NotificationKind.SESSION_REVIEW: (
        {"service_name": "Breathing", "session_id": "x", "start_time": START, "seats": 2},
        "Please explain: Breathing",
        ("Customers came to Breathing of\nMonday 30 March 2026, 09:00", "which refunds all 2 seats."),
    ),
}
"""The facts of each kind, its subject, and what its text says."""


def written(kind: NotificationKind, facts: Facts | None = None, **fields: object) -> Letter:
    """A letter of the kind to Eva in Lisbon."""
    contact = make_contact(**({"display_name": "Eva"} | fields))
    told = LETTERS[kind][0] if facts is None else facts
    return write_letter(kind, told, contact, letter_id=DispatchId(new_id()))


def test_a_refund_that_waits_for_a_bank_is_not_said_to_be_nothing() -> None:
    facts = {**SEAT, "sessions": 1, "refund_cents": 0, "credits_cents": 0, "card_cents": 0, "currency": None}

    for kind in (NotificationKind.BOOKING_CANCELED, NotificationKind.SESSION_CANCELED):
        waits, nothing = (
            written(kind, facts | {"refund_waits": 1}),
            written(kind, facts | {"refund_waits": 0}),
        )

        assert "Your bank still decides on this payment." in waits.text
        assert "Your bank still decides on this payment." in waits.html
        assert "Nothing is refunded." not in waits.text
        assert "Nothing is refunded." in nothing.text


@pytest.mark.parametrize("kind", NotificationKind)
def test_every_kind_says_what_it_has_to(kind: NotificationKind) -> None:
    _, subject, fragments = LETTERS[kind]
    letter = written(kind)

    assert (subject, "eva@example.org", "Eva") == (letter.subject, letter.to, letter.name)
    assert letter.text.startswith("Hello Eva,\n\n")
    for fragment in fragments:
        assert fragment in letter.text
    assert "<p>Hello Eva,</p>" in letter.html
    assert "{{" not in letter.text + letter.html


@pytest.mark.parametrize("kind", NotificationKind)
def test_what_can_be_turned_off_says_so(kind: NotificationKind) -> None:
    letter = written(kind)

    expected = kind.value in list(OptionalKind)
    assert expected == ("You can turn these messages off" in letter.text)
    assert expected == ("You can turn these messages off" in letter.html)


@pytest.mark.parametrize("kind", NotificationKind)
def test_a_hostile_name_is_only_a_name(kind: NotificationKind) -> None:
    evil = '<script src="x">&\r\nBcc: all@example.org'
    facts = {
        name: evil if name in ("service_name", "practitioner_name") else fact
        for name, fact in LETTERS[kind][0].items()
    }
    letter = written(kind, facts, display_name=evil)

    assert "<script" not in letter.html
    assert "Hello &lt;script src=&#34;x&#34;&gt;&amp;" in letter.html
    assert 1 == len(letter.subject.splitlines())


@pytest.mark.parametrize("kind", NotificationKind)
def test_a_template_without_its_facts_is_refused(kind: NotificationKind) -> None:
    with pytest.raises(UndefinedError):
        written(kind, {})


def test_somebody_without_a_name_is_greeted_all_the_same() -> None:
    letter = written(NotificationKind.REVIEW_REQUEST, display_name=None)

    assert letter.text.startswith("Hello,\n\n")
    assert "<p>Hello,</p>" in letter.html


@pytest.mark.parametrize(
    ("moment", "timezone", "expected"),
    [
        ("2026-03-29T00:59:00+00:00", "Europe/Lisbon", "Sunday 29 March 2026, 00:59 (Europe/Lisbon, UTC+0)"),
        ("2026-03-29T01:00:00+00:00", "Europe/Lisbon", "Sunday 29 March 2026, 02:00 (Europe/Lisbon, UTC+1)"),
        (
            "2026-10-25T00:30:00+00:00",
            "Europe/Lisbon",
            "Sunday 25 October 2026, 01:30 (Europe/Lisbon, UTC+1)",
        ),
        (
            "2026-10-25T01:30:00+00:00",
            "Europe/Lisbon",
            "Sunday 25 October 2026, 01:30 (Europe/Lisbon, UTC+0)",
        ),
        (START, "Asia/Kathmandu", "Monday 30 March 2026, 13:45 (Asia/Kathmandu, UTC+5:45)"),
        (START, "America/St_Johns", "Monday 30 March 2026, 05:30 (America/St_Johns, UTC-2:30)"),
        ("2026-03-30T23:00:00Z", "Asia/Tokyo", "Tuesday 31 March 2026, 08:00 (Asia/Tokyo, UTC+9)"),
    ],
)
def test_times_are_by_the_readers_clock(moment: str, timezone: str, expected: str) -> None:
    assert expected == local_time(moment, timezone)


@pytest.mark.parametrize(
    ("facts", "expected", "unexpected"),
    [
        ({"sessions": 1, "refund_cents": 0}, "Nothing is refunded.", "You get back"),
        ({"sessions": 1, "refund_cents": None}, "Your seat in Breathing", "refunded"),
        ({**REFUND, "sessions": 1, "card_cents": 0}, "- as credits: $60.00", "to your card"),
        ({**REFUND, "start_time": None, "sessions": 1}, "Your session Breathing with Ana Reis", "It was for"),
    ],
)
def test_a_cancellation_tells_only_what_is_so(facts: Facts, expected: str, unexpected: str) -> None:
    figures = {"credits_cents": 0, "card_cents": 0, "currency": None}
    letter = written(NotificationKind.BOOKING_CANCELED, {**SEAT, **figures, **facts})

    assert expected in letter.text
    assert unexpected not in letter.text


def test_every_kind_has_a_folder_and_every_folder_is_a_kind() -> None:
    expected = {
        f"{kind}/{part}" for kind in NotificationKind for part in ("subject.txt", "body.txt", "body.html")
    }

    found = {path.relative_to(TEMPLATES).as_posix() for path in Path(TEMPLATES).glob("*/*")}
    assert expected == found
