"""Idempotency keys: the first answer is kept for a day, and told again."""

from collections.abc import Callable
from typing import Final

from attrs import asdict, field, frozen

from tests.servers.stripe.description import Json
from tests.servers.stripe.refusals import invalid, key_in_use, key_reused

KEPT_SECONDS: Final = 24 * 3600
LONGEST: Final = 255


@frozen(kw_only=True)
class Answer:
    """A status and a body as they went out."""

    status: int
    body: Json
    headers: dict[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Kept:
    """What came under a key, and what was answered: None while the work is under way."""

    asked: tuple[str, Json]
    at: int
    answer: Answer | None


class Keys:
    """The keys of the last day, by the server's own clock."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._kept: dict[str, Kept] = {}

    def written(self) -> Json:
        """The answers, as JSON has them. What is under way is forgotten with the process."""
        return {
            key: {"asked": kept.asked, "at": kept.at, "answer": asdict(kept.answer)}
            for key, kept in self._kept.items()
            if kept.answer is not None
        }

    def recall(self, written: Json) -> None:
        """Go on from what was written."""
        for key, kept in written.items():
            path, form = kept["asked"]
            self._kept[key] = Kept(asked=(path, form), at=kept["at"], answer=Answer(**kept["answer"]))

    def claim(self, key: str, path: str, form: Json) -> Answer | None:
        """The answer to the first request with this key, or None: then the work is the caller's.

        Raises Refused while that request is under way, and for one that asked for something else.
        """
        if len(key) > LONGEST:
            raise invalid(f"Idempotency keys may be at most {LONGEST} characters.", executed=False)
        kept = self._kept.get(key)
        if kept is None or self._now() - kept.at >= KEPT_SECONDS:
            self._kept[key] = Kept(asked=(path, form), at=self._now(), answer=None)
            return None
        if kept.asked != (path, form):
            raise key_reused(key)
        if kept.answer is None:
            raise key_in_use(key)
        return kept.answer

    def keep(self, key: str, answer: Answer) -> None:
        """Remember the answer to the request that claimed the key."""
        kept = self._kept[key]
        self._kept[key] = Kept(asked=kept.asked, at=kept.at, answer=answer)

    def release(self, key: str) -> None:
        """Forget a request that never began its work."""
        self._kept.pop(key, None)
