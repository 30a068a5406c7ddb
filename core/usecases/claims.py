"""Idempotency keys: the record of a key is written with the effect it stands for.

A request that one commit finishes writes its answer in that commit. One that needs the gateway
writes a record without an answer in its first commit and the answer in its last; if the process
dies in between, the answer is told from the truth about the record's subject.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Generic, TypeVar
from uuid import UUID

from attrs import evolve, field, frozen

from core.domain.changes import Changes
from core.domain.errors import Conflict, Rejected
from core.domain.idempotency import IdempotencyRecord, answered

T = TypeVar("T")
U = TypeVar("U")


class IdempotencyKeyReused(Rejected):
    """The key was used before for another request."""

    code = "idempotency_key_reused"


class IdempotencyInProgress(Conflict):
    """The first request with this key is still running."""

    code = "idempotency_in_progress"


@frozen(kw_only=True)
class Answer:
    """What a caller was told: an HTTP status and a body."""

    status_code: int
    body: str


@frozen(kw_only=True)
class Claim(Generic[T]):
    """A caller's key on one request. `render` puts a use case's result into words."""

    actor: str
    key: str
    request_hash: str
    created_at: datetime
    expires_at: datetime
    render: Callable[[T], Answer] = field(repr=False)

    @property
    def digest(self) -> str:
        """What stands for the caller and the key where only a short text may: at a gateway."""
        return sha256(f"{self.actor}\n{self.key}".encode()).hexdigest()[:32]

    def adapted(self, make: Callable[[U], T]) -> "Claim[U]":
        """The same claim for a step whose result is only a part of the whole request's."""
        return Claim(
            actor=self.actor,
            key=self.key,
            request_hash=self.request_hash,
            created_at=self.created_at,
            expires_at=self.expires_at,
            render=lambda part: self.render(make(part)),
        )

    def open_record(self, subject_id: UUID) -> IdempotencyRecord:
        """The record of work under way on a subject."""
        return IdempotencyRecord(
            actor=self.actor,
            key=self.key,
            request_hash=self.request_hash,
            subject_id=subject_id,
            created_at=self.created_at,
            expires_at=self.expires_at,
        )

    def done_record(self, answer: Answer) -> IdempotencyRecord:
        """The record of an answered request."""
        return IdempotencyRecord(
            actor=self.actor,
            key=self.key,
            request_hash=self.request_hash,
            status_code=answer.status_code,
            body=answer.body,
            created_at=self.created_at,
            expires_at=self.expires_at,
        )


def finishing(changes: Changes, claim: Claim[T] | None, result: T) -> Changes:
    """The changes together with the whole answer, for work that this commit finishes."""
    if claim is None:
        return changes
    return evolve(changes, inserts=(claim.done_record(claim.render(result)), *changes.inserts))


def opening(changes: Changes, claim: Claim[T] | None, subject_id: UUID) -> Changes:
    """The changes together with a record that still waits for its answer."""
    if claim is None:
        return changes
    return evolve(changes, inserts=(claim.open_record(subject_id), *changes.inserts))


def closing(changes: Changes, claim: Claim[T] | None, subject_id: UUID, result: T) -> Changes:
    """The changes together with the answer to an opened record."""
    if claim is None:
        return changes
    answer = claim.render(result)
    record = answered(claim.open_record(subject_id), status_code=answer.status_code, body=answer.body)
    return evolve(changes, updates=(record, *changes.updates))


def recalled(record: IdempotencyRecord, request_hash: str) -> Answer | None:
    """The first answer under a key; None while there is none yet.

    Raises IdempotencyKeyReused if the key stood for another request.
    """
    if record.request_hash != request_hash:
        raise IdempotencyKeyReused("this key was used for another request")
    if record.status_code is None:
        return None
    return Answer(status_code=record.status_code, body=record.body or "")
