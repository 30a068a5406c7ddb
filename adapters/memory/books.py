"""The fake gateway's memory, as a port of its own, and the one that lives in this process alone."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from adapters.memory.movements import Fault, Movement, MovementKind, Operation


class Book(Protocol):
    """The gateway's memory. Every method is a step that no other process can see half done."""

    def find(self, kind: MovementKind, *, key: str | None, ref: str | None) -> Movement | None:
        """The movement with the ref if one is given, else with the key."""
        ...

    def write(self, movement: Movement) -> None:
        """Remember a movement, or what became of it."""
        ...

    def movements(self, kind: MovementKind, *, target: str | None = None) -> tuple[Movement, ...]:
        """All of a kind, or those with the target, in the order they were first asked for."""
        ...

    def queue(self, operation: Operation, faults: Iterable[Fault]) -> None: ...
    def next_fault(self, operation: Operation) -> Fault: ...
    def hang(self, operation: Operation) -> int:
        """Note that a call hangs; tells its number."""
        ...

    def is_hanging(self, number: int) -> bool: ...
    def hanging(self) -> int:
        """How many calls were told to hang and not released since."""
        ...

    def release(self) -> None: ...
    def at_once(self) -> AbstractContextManager[None]:
        """A context in which several steps are one."""
        ...

    def close(self) -> None: ...


class MemoryBook:
    """A book of this process alone."""

    def __init__(self) -> None:
        self._by_ref: dict[str, Movement] = {}
        self._ref_of_key: dict[tuple[MovementKind, str], str] = {}
        self._targeting: defaultdict[tuple[MovementKind, str | None], list[str]] = defaultdict(list)
        self._faults: defaultdict[Operation, deque[Fault]] = defaultdict(deque)
        self._hung = 0
        self._released = 0

    def find(self, kind: MovementKind, *, key: str | None, ref: str | None) -> Movement | None:
        known = self._by_ref.get(ref if ref is not None else self._ref_of_key.get((kind, key or ""), ""))
        return known if known is not None and known.kind is kind else None

    def write(self, movement: Movement) -> None:
        if movement.ref not in self._by_ref:
            self._ref_of_key[movement.kind, movement.idempotency_key] = movement.ref
            self._targeting[movement.kind, movement.target].append(movement.ref)
        self._by_ref[movement.ref] = movement

    def movements(self, kind: MovementKind, *, target: str | None = None) -> tuple[Movement, ...]:
        refs = self._targeting[kind, target] if target is not None else list(self._by_ref)
        return tuple(self._by_ref[ref] for ref in refs if self._by_ref[ref].kind is kind)

    def queue(self, operation: Operation, faults: Iterable[Fault]) -> None:
        self._faults[operation].extend(faults)

    def next_fault(self, operation: Operation) -> Fault:
        waiting = self._faults.get(operation)
        return waiting.popleft() if waiting else Fault.NONE

    def hang(self, operation: Operation) -> int:  # noqa: ARG002 - only a file tells which call it was
        self._hung += 1
        return self._hung

    def is_hanging(self, number: int) -> bool:
        return number > self._released

    def hanging(self) -> int:
        return self._hung - self._released

    def release(self) -> None:
        self._released = self._hung

    @contextmanager
    def at_once(self) -> Iterator[None]:
        yield  # one event loop, and no await in between

    def close(self) -> None:
        pass
