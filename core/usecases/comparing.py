"""Two sources of rows side by side, row by row: what differs, and what each adds up to."""

from collections.abc import AsyncIterator, Callable, Mapping
from hashlib import sha256

from attrs import field, frozen

from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.rows import StoredRecord, digest, key_of, place_of, place_parts
from core.usecases.store_state import EVERY_ROWS, KindState
from ports.rows import Rows

Progress = Callable[[str, int, int], None]
"""Is told, now and then, what is being done, how many rows are through, and of how many."""

DIFFERENCES_NAMED = 100
"""So many differences are named; the others are only counted."""


def in_silence(what: str, done: int, total: int) -> None:
    """The progress that nobody wants to hear of."""


@frozen(kw_only=True)
class Difference:
    """A row that is not the same on both sides. `flaw`, of the right one: missing, unexpected or changed."""

    kind: Kind
    key: str
    flaw: str


@frozen(kw_only=True)
class Compared:
    """What both sides hold, by kind, and where they differ: `different` rows, the first of them named."""

    left: Mapping[Kind, KindState]
    right: Mapping[Kind, KindState]
    different: int
    differences: tuple[Difference, ...]


class _Side:
    """One source of rows of a kind, one row ahead."""

    def __init__(self, rows: AsyncIterator[StoredRecord]) -> None:
        self._rows = rows
        self._total = sha256()
        self.count = 0
        self.row: StoredRecord | None = None
        self.digest = ""

    async def advance(self) -> None:
        """Go on to the next row."""
        self.row = await anext(self._rows, None)
        if self.row is not None:
            self.digest = digest(self.row)
            self.count += 1
            self._total.update(self.digest.encode())

    def state(self) -> KindState:
        return KindState(rows=self.count, hash=self._total.hexdigest())


class _Findings:
    """What was found so far."""

    def __init__(self) -> None:
        self.count = 0
        self.named: list[Difference] = []

    def add(self, kind: Kind, row: StoredRecord, flaw: str) -> None:
        self.count += 1
        if len(self.named) < DIFFERENCES_NAMED:
            self.named.append(Difference(kind=kind, key=key_of(row), flaw=flaw))


async def compare(left: Rows, right: Rows, *, batch: int = 500, progress: Progress = in_silence) -> Compared:
    """Read both sides to their end, in step and in bounded memory."""
    total = sum([await left.count(kind) for kind in PARENTS_FIRST])
    findings, done = _Findings(), 0
    states: list[tuple[KindState, KindState]] = []
    for kind in PARENTS_FIRST:
        sides = _Side(left.scan(kind, batch=batch)), _Side(right.scan(kind, batch=batch))
        done = await _compare(kind, *sides, findings=findings, told=_Told(progress, done, total))
        states.append((sides[0].state(), sides[1].state()))
    return Compared(
        left={kind: state for kind, (state, _) in zip(PARENTS_FIRST, states, strict=True)},
        right={kind: state for kind, (_, state) in zip(PARENTS_FIRST, states, strict=True)},
        different=findings.count,
        differences=tuple(findings.named),
    )


@frozen
class _Told:
    progress: Progress
    before: int
    total: int
    what: str = field(default="comparing")

    def at(self, done: int) -> None:
        if done % EVERY_ROWS == 0:
            self.progress(self.what, self.before + done, self.total)


async def _compare(kind: Kind, left: _Side, right: _Side, *, findings: _Findings, told: _Told) -> int:
    await left.advance()
    await right.advance()
    while left.row is not None or right.row is not None:
        flaw = _flaw(kind, left, right)
        if flaw is not None:
            row = right.row if flaw == "unexpected" else left.row
            if row is not None:
                findings.add(kind, row, flaw)
        told.at(left.count)
        if flaw != "missing":
            await right.advance()
        if flaw != "unexpected":
            await left.advance()
    return told.before + left.count


def _flaw(kind: Kind, left: _Side, right: _Side) -> str | None:
    """What is wrong with the two rows; None if they are one."""
    if left.row is None or right.row is None:
        return "unexpected" if left.row is None else "missing"
    if left.digest == right.digest:
        return None
    here, there = (place_parts(kind, place_of(side.row)) for side in (left, right) if side.row is not None)
    if here == there:
        return "changed"
    return "missing" if here < there else "unexpected"
