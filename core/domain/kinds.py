"""The kinds of rows that a store holds."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The kinds of rows a store holds, for scans."""

    PRACTITIONER = "practitioner"
    SERVICE = "service"
    SESSION = "session"
    ACCOUNT = "account"
    ORDER = "order"
    BOOKING = "booking"
    PAYMENT = "payment"
    REFUND = "refund"
    EARNINGS = "earnings"
    PAYOUT = "payout"
    ENTRY = "entry"
    EVENT = "event"
    ROOM_EVENT = "room_event"
    DISPATCH = "dispatch"
    IDEMPOTENCY = "idempotency"
    WAITLIST = "waitlist"
    DISPUTE = "dispute"
    INBOX = "inbox"
    CONTACT = "contact"
    SUBSCRIPTION = "subscription"
    RUN = "run"
    BROUGHT = "brought"


PARENTS_FIRST: Final = (
    Kind.IDEMPOTENCY,
    Kind.PRACTITIONER,
    Kind.ACCOUNT,
    Kind.SERVICE,
    Kind.ORDER,
    Kind.SESSION,
    Kind.BOOKING,
    Kind.PAYMENT,
    Kind.REFUND,
    Kind.DISPUTE,
    Kind.PAYOUT,
    Kind.EARNINGS,
    Kind.ENTRY,
    Kind.WAITLIST,
    Kind.INBOX,
    Kind.CONTACT,
    Kind.EVENT,
    Kind.ROOM_EVENT,
    Kind.DISPATCH,
    Kind.SUBSCRIPTION,
)
"""What a marketplace consists of, each kind after those that its rows name. What runs keep about
themselves (RUN, BROUGHT) is no part of it: neither copied nor counted in a store's state.
"""
