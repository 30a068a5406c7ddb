"""Names of things: every identifier is a UUID with a type of its own."""

from collections.abc import Callable
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
"""A person. A practitioner is a user, so a practitioner's id is a `UserId` too."""
ServiceId = NewType("ServiceId", UUID)
SessionId = NewType("SessionId", UUID)
BookingId = NewType("BookingId", UUID)
OrderId = NewType("OrderId", UUID)
PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
EarningsId = NewType("EarningsId", UUID)
PayoutId = NewType("PayoutId", UUID)
DisputeId = NewType("DisputeId", UUID)
WaitlistId = NewType("WaitlistId", UUID)
EntryId = NewType("EntryId", UUID)
PostingId = NewType("PostingId", UUID)
EventId = NewType("EventId", UUID)
DispatchId = NewType("DispatchId", UUID)
InboxId = NewType("InboxId", UUID)
SubscriptionId = NewType("SubscriptionId", UUID)
RunId = NewType("RunId", UUID)

IdSource = Callable[[], UUID]
"""Hands out a fresh identifier at each call; decisions take one, so they stay repeatable."""
