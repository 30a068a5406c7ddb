"""What Stripe remembers, by its own clock."""

import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from tests.servers.stripe.description import Json
from tests.servers.stripe.refusals import invalid, missing

PREFIXES: Final = {
    "payment_intent": "pi",
    "payment_method": "pm",
    "charge": "ch",
    "refund": "re",
    "transfer": "tr",
    "transfer_reversal": "trr",
    "dispute": "dp",
    "event": "evt",
    "account": "acct",
}

WORDS: Final = {"payment_method": "PaymentMethod", "account": "destination"}
"""Stripe's messages call some things by other names."""

MOST: Final = 100


class Books:
    """Every object, by its kind and id, in the order it was made. Hold `lock` while reading or changing."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.lock = threading.RLock()
        self.available_cents = 10**15
        """The platform's balance, from which transfers are paid."""
        self.slow_payments = 0
        """So many of the next payments stay with the bank until a test says how they end."""
        self._objects: dict[str, dict[str, Json]] = {kind: {} for kind in PREFIXES}
        self._made = 0
        self._ahead_seconds = 0

    def now(self) -> int:
        """Stripe's time, in Unix seconds."""
        return int(time.time()) + self._ahead_seconds

    def advance(self, seconds: int) -> None:
        """Let time pass on Stripe's side alone."""
        self._ahead_seconds += seconds

    def written(self) -> Json:
        """All of it, as JSON has it."""
        return {"objects": self._objects, "made": self._made, "available_cents": self.available_cents}

    def recall(self, written: Json) -> None:
        """Go on from what was written."""
        self._objects, self._made = written["objects"], written["made"]
        self.available_cents = written["available_cents"]

    def add(self, kind: str, **fields: Any) -> Json:
        """A new object. Its id may be given, which only tests can."""
        self._made += 1
        identity = fields.pop("id", None) or f"{PREFIXES[kind]}_{self._made:024d}"
        made: Json = {"id": identity, "object": kind, "created": self.now(), **fields}
        self._objects[kind][identity] = made
        return made

    def get(self, kind: str, identity: str, *, param: str | None = None) -> Json:
        """The object, or Stripe's refusal: 404 for a path, 400 for a parameter."""
        found = self._objects[kind].get(identity)
        if found is None:
            status = 404 if param is None else 400
            raise missing(WORDS.get(kind, kind), identity, param=param or "id", status=status)
        return found

    def all(self, kind: str, **values: Any) -> Iterator[Json]:
        """The objects of a kind with these values, oldest first."""
        return (
            made
            for made in self._objects[kind].values()
            if all(made.get(name) == value for name, value in values.items())
        )

    def listed(self, kind: str, form: Json, *filters: str, url: str) -> Json:
        """A page, newest first, as Stripe's lists are."""
        wanted = {name: form[name] for name in filters if name in form}
        chosen = [made for made in self.all(kind, **wanted) if _created_within(made, form.get("created", {}))]
        chosen.reverse()
        if "starting_after" in form:
            self.get(kind, form["starting_after"], param="starting_after")
            ids = [made["id"] for made in chosen]
            chosen = chosen[ids.index(form["starting_after"]) + 1 :]
        limit = form.get("limit", 10)
        if not 1 <= limit <= MOST:
            raise invalid(f"limit must be between 1 and {MOST}", param="limit", executed=False)
        return {"object": "list", "data": chosen[:limit], "has_more": len(chosen) > limit, "url": url}

    def emit(self, kind: str, subject: Json, *, before: Json | None = None) -> None:
        """Note what happened, as it looks now. `before`: the values that changed."""
        data: Json = {"object": _copied(subject)}
        if before is not None:
            data["previous_attributes"] = before
        self.add(
            "event",
            type=kind,
            api_version=self.version,
            data=data,
            livemode=False,
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
        )


def _created_within(made: Json, bounds: Json | int) -> bool:
    created: int = made["created"]
    if isinstance(bounds, int):
        return created == bounds
    lowest: int = max(bounds.get("gte", created), bounds.get("gt", created - 1) + 1)
    highest: int = min(bounds.get("lte", created), bounds.get("lt", created + 1) - 1)
    return lowest <= created <= highest


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(inside) for name, inside in value.items()}
    return [_copied(inside) for inside in value] if isinstance(value, list) else value
