"""Idempotency records: what was asked under a key, and what was answered."""

from datetime import datetime
from uuid import UUID

from attrs import evolve, field, frozen

from core.domain.time import instant


@frozen(kw_only=True)
class IdempotencyRecord:
    """A caller's key, the digest of the request and, once there is one, the answer.

    Written in the same commit as the effect. `subject_id` names the order, refund or payout
    that the request made, so that an answer lost in a crash can be told again from the truth.
    """

    actor: str
    key: str
    request_hash: str
    subject_id: UUID | None = None
    status_code: int | None = None
    body: str | None = None
    created_at: datetime = field(converter=instant)
    expires_at: datetime = field(converter=instant)
    version: int = 1

    @property
    def answered(self) -> bool:
        """Whether the first answer is known."""
        return self.status_code is not None


def answered(record: IdempotencyRecord, *, status_code: int, body: str) -> IdempotencyRecord:
    """The record's next version, with the answer."""
    return evolve(record, status_code=status_code, body=body, version=record.version + 1)
