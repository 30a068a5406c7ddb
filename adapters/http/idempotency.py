"""`Idempotency-Key`: the same request again gets the first answer again, and nothing happens twice.

A key is looked up before the work and claimed by the commit that does it, so that of many twins
one works and the others read its answer. What the core refuses is remembered as well.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Final, Generic, TypeVar
from uuid import UUID

from attrs import frozen
from litestar.response import Response

from adapters.http.problems import PROBLEM_JSON, BadFields, FieldError, encode, refusal
from adapters.http.requests import ApiRequest
from core.domain.changes import Changes
from core.domain.errors import DomainError
from core.usecases.claims import Answer, Claim, IdempotencyInProgress, finishing, recalled
from core.usecases.context import Ports
from ports.errors import IDEMPOTENCY, AlreadyExists

T = TypeVar("T")

HEADER: Final = "idempotency-key"
REPLAYED: Final = "idempotency-replayed"
LONGEST_KEY: Final = 255

TRY_AGAIN: Final = "conflict"
"""The code of refusals that ask to try again: a repetition must not get them from memory."""


@frozen(kw_only=True)
class Work(Generic[T]):
    """What a POST does. `render` answers with its result.

    `retell` finds the result of work that was cut off before its answer was kept, by the id of its
    order, refund or payout: None while that is undecided. Work of a single commit needs none.
    """

    act: Callable[[Claim[T] | None], Awaitable[T]]
    render: Callable[[T], Answer]
    retell: Callable[[UUID], Awaitable[T | None]] | None = None


def told(status_code: int, view: object) -> Answer:
    """An answer with a view as its JSON body."""
    return Answer(status_code=status_code, body=encode(view).decode())


async def perform(request: ApiRequest, work: Work[T]) -> Response[bytes]:
    """Do the work, or answer as before if its key was used."""
    key = request.headers.get(HEADER)
    if key is None:
        return respond(work.render(await work.act(None)))
    claim, rendered = await _claim(request, key, work)
    known = await _recall(request.ports, claim, work)
    if known is not None:
        return respond(known, replayed=True)
    try:
        result = await work.act(claim)
    except AlreadyExists as error:
        if error.constraint != IDEMPOTENCY:
            raise
        return await _twin(request.ports, claim, work)
    except DomainError as error:
        return await _refused(request, claim, work, error)
    return respond(rendered[-1] if rendered else work.render(result))


async def noting(claim: Claim[T] | None, result: T, *, ports: Ports) -> T:
    """Keep the answer of work that commits nothing of its own under the claim."""
    if claim is not None:
        await ports.store.commit(finishing(Changes(), claim, result))
    return result


def respond(answer: Answer, *, replayed: bool = False) -> Response[bytes]:
    """An answer as a response."""
    return Response(
        answer.body.encode(),
        status_code=answer.status_code,
        media_type=PROBLEM_JSON if answer.status_code >= 400 else "application/json",
        headers={REPLAYED: "true"} if replayed else None,
    )


async def _claim(request: ApiRequest, key: str, work: Work[T]) -> tuple[Claim[T], list[Answer]]:
    """The claim on a key, and the list that will hold what is rendered under it."""
    if not 1 <= len(key) <= LONGEST_KEY or not all("!" <= character <= "~" for character in key):
        raise BadFields(
            FieldError(pointer="/Idempotency-Key", detail=f"must have 1 to {LONGEST_KEY} visible characters")
        )
    digest = sha256(f"{request.method}\n{request.scope['path']}\n".encode())
    digest.update(await request.body())
    rendered: list[Answer] = []

    def render(result: T) -> Answer:
        rendered.append(work.render(result))
        return rendered[-1]

    now = request.ports.clock.now()
    claim = Claim(
        actor=str(request.actor.user_id),
        key=key,
        request_hash=digest.hexdigest(),
        created_at=now,
        expires_at=now + timedelta(hours=request.config.idempotency_hours),
        render=render,
    )
    return claim, rendered


async def _recall(ports: Ports, claim: Claim[T], work: Work[T]) -> Answer | None:
    """What was answered under the key; None if it is new. IdempotencyInProgress if nothing is yet."""
    record = await ports.store.find_idempotency(claim.actor, claim.key)
    if record is None:
        return None
    answer = recalled(record, claim.request_hash)
    if answer is not None:
        return answer
    if work.retell is not None and record.subject_id is not None:
        result = await work.retell(record.subject_id)
        if result is not None:
            return work.render(result)
    raise IdempotencyInProgress("the first request with this key is still being worked on")


async def _twin(ports: Ports, claim: Claim[T], work: Work[T]) -> Response[bytes]:
    """A twin claimed the key first: answer as it does."""
    known = await _recall(ports, claim, work)
    if known is None:
        raise IdempotencyInProgress("the first request with this key is still being worked on")
    return respond(known, replayed=True)


async def _refused(
    request: ApiRequest, claim: Claim[T], work: Work[T], error: DomainError
) -> Response[bytes]:
    """Keep a refusal under its key and answer with it."""
    found = refusal(error, request.scope["path"])
    if found is None or error.code == TRY_AGAIN:
        raise error
    answer = told(found.status, found)
    try:
        await request.ports.store.commit(Changes(inserts=(claim.done_record(answer),)))
    except AlreadyExists:
        return await _twin(request.ports, claim, work)
    return respond(answer)
