"""Whether what a migration brought over is what there was, and adds up.

The source is judged again and turned into rows once more. What they come to is held against the run's notes
and these against the store's rows, in sums as long as nothing differs, so that memory does not grow with
the data; where something does, row by row.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256

from attrs import frozen

from core.domain.audit import Violation
from core.domain.errors import Conflict
from core.domain.ids import RunId
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.legacy.accounting import Account, account_of
from core.domain.legacy.rows import Customer, Payee
from core.domain.legacy.verifying import Difference, MoneyCheck
from core.domain.rows import KINDS, digest, key_of
from core.domain.runs import Run
from core.domain.statuses import RunStatus
from core.usecases.context import Ports
from core.usecases.import_legacy import ROWS, last_run, rows_in
from core.usecases.import_legacy_judging import (
    Group,
    Judgement,
    Progress,
    Stage,
    groups,
    judge,
    unheard,
)
from core.usecases.import_legacy_notes import beside, notes_of
from core.usecases.ledger import check_ledger
from ports.legacy_source import LegacySource


@frozen(kw_only=True)
class Verified:
    """What was compared, and everything that is not as it should be."""

    run_id: RunId
    account: Account
    rows: int
    differences: tuple[Difference, ...]
    violations: tuple[Violation, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.differences and not self.violations


async def verify_migration(source: LegacySource, *, ports: Ports, progress: Progress = unheard) -> Verified:
    """Compare a finished migration with its source. Raises Conflict if there is none."""
    run = await _finished(source.name, ports=ports)
    known = await judge(source, rules=ports.rules, at=run.started_at, progress=progress)
    differences = [*_accounted(run, known.account)]
    expected = _Expected()
    money = MoneyCheck()
    for stage in Stage:
        async for group in groups(source, stage, known):
            expected.add(group)
            _check_money(money, group)
            progress(f"comparing {stage}", 1)
    money.totals(await source.totals())
    differences += money.found
    for kind in PARENTS_FIRST:
        differences += await _compared(run, kind, expected, source, known, ports=ports)
        progress(f"comparing {kind}", 1)
    ledger = await check_ledger(ports=ports)
    return Verified(
        run_id=run.id,
        account=known.account,
        rows=run.counts[ROWS],
        differences=tuple(sorted(set(differences))),
        violations=ledger.violations,
    )


async def _finished(source: str, *, ports: Ports) -> Run:
    run = await last_run(source, ports=ports)
    if run is None or run.status is not RunStatus.FINISHED:
        state = "there is none" if run is None else f"run {run.id} is {run.status}"
        raise Conflict(f"no migration of {source} is finished: {state}")
    return run


def _accounted(run: Run, account: Account) -> Iterator[Difference]:
    """In = mapped + quarantined, now and when it was migrated."""
    before = account_of(run.counts).tables
    for table, one in account.tables.items():
        if one.unaccounted != 0:
            detail = f"{one.read} read, {one.mapped} mapped, {one.quarantined} quarantined"
            yield Difference(rule="rows in = mapped + quarantined", subject=table, detail=detail)
        if one != before[table]:
            detail = f"{before[table].read} rows then, {one.read} now"
            yield Difference(rule="the source is as it was", subject=table, detail=detail)


def _check_money(money: MoneyCheck, group: Group) -> None:
    if isinstance(group.old, Customer):
        money.customer(group.old, group.pieces)
    if isinstance(group.old, Payee):
        money.payee(group.old, group.pieces[0])


class _Expected:
    """What the source's rows come to, in one sum for each kind: equal whatever the order."""

    def __init__(self) -> None:
        self.sums: Counter[Kind] = Counter()

    def add(self, group: Group) -> None:
        """The rows of one group."""
        for piece in group.pieces:
            for row in rows_in(piece.changes):
                self.sums[KINDS[type(row)]] += _weight(key_of(row), digest(row))


def _weight(key: str, content: str) -> int:
    """A row as a number: sums of equal rows are equal, and sums of others as good as never."""
    return int.from_bytes(sha256(f"{key} {content}".encode()).digest())


async def _compared(
    run: Run, kind: Kind, expected: _Expected, source: LegacySource, known: Judgement, *, ports: Ports
) -> list[Difference]:
    found: list[Difference] = []
    noted = 0
    if kind is Kind.ENTRY:  # Their chains end at heads that other rows keep: the ledger check proves them.
        async for one in notes_of(run.id, kind, ports=ports):
            noted += _weight(one.key, one.digest)
    else:
        async for row, note in beside(run.id, kind, ports=ports):
            if note is None:
                continue
            noted += _weight(note.key, note.digest)
            if row is None or digest(row) != note.digest:
                detail = "is gone" if row is None else "has changed since"
                subject = f"{kind} {note.key}"
                found.append(Difference(rule="rows are as they came", subject=subject, detail=detail))
    if noted != expected.sums[kind]:
        found += await _named(run, kind, source, known, ports=ports)
    return found


async def _named(
    run: Run, kind: Kind, source: LegacySource, known: Judgement, *, ports: Ports
) -> list[Difference]:
    """Which rows of a kind came otherwise than the source has them. Only now are they all held."""
    wanted: dict[str, str] = {}
    for stage in Stage:
        async for group in groups(source, stage, known):
            for piece in group.pieces:
                own = (row for row in rows_in(piece.changes) if KINDS[type(row)] is kind)
                wanted |= {key_of(row): digest(row) for row in own}
    noted: Mapping[str, str] = {note.key: note.digest async for note in notes_of(run.id, kind, ports=ports)}
    rule = "rows are what the source has"
    return [
        Difference(rule=rule, subject=f"{kind} {key}", detail=_how(wanted.get(key), noted.get(key)))
        for key in sorted(wanted.keys() | noted.keys())
        if wanted.get(key) != noted.get(key)
    ]


def _how(wanted: str | None, noted: str | None) -> str:
    if noted is None:
        return "did not come"
    return "the source does not have it" if wanted is None else "came otherwise"
