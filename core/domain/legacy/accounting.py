"""The account of a migration: every old row is mapped or quarantined, and what else was counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from attrs import frozen

from core.domain.legacy.findings import Finding, Outcome, Reason, left_out
from core.domain.legacy.pieces import Lost, Piece, Tally
from core.domain.legacy.rows import Stray, Table


@frozen(kw_only=True)
class TableAccount:
    """What became of a table's rows. In = mapped + quarantined, or rows are `unaccounted`."""

    read: int
    mapped: int
    quarantined: int

    @property
    def unaccounted(self) -> int:
        """Rows that nothing was said about: none, unless there is a defect, or the source has changed."""
        return self.read - self.mapped - self.quarantined


@frozen(kw_only=True)
class Account:
    """The figures of a whole migration."""

    tables: Mapping[Table, TableAccount]
    quarantined: Mapping[Reason, int]
    adjusted: Mapping[Reason, int]
    tally: Mapping[Tally, int]

    @property
    def is_complete(self) -> bool:
        """Whether every old row is accounted for."""
        return all(table.unaccounted == 0 for table in self.tables.values())

    @property
    def quarantined_rows(self) -> int:
        """All rows that were left out."""
        return sum(self.quarantined.values())

    def figures(self) -> Mapping[str, int]:
        """The same, flat: what a run keeps."""
        found: dict[str, int] = {}
        for table, one in self.tables.items():
            found |= {
                f"read.{table}": one.read,
                f"mapped.{table}": one.mapped,
                f"quarantined.{table}": one.quarantined,
            }
        found |= {f"reason.{reason}": count for reason, count in self.quarantined.items()}
        found |= {f"adjusted.{reason}": count for reason, count in self.adjusted.items()}
        return found | {f"tally.{tally}": count for tally, count in self.tally.items()}


def account_of(figures: Mapping[str, int]) -> Account:
    """The account that a run keeps."""
    return Account(
        tables={
            table: TableAccount(
                read=figures.get(f"read.{table}", 0),
                mapped=figures.get(f"mapped.{table}", 0),
                quarantined=figures.get(f"quarantined.{table}", 0),
            )
            for table in Table
        },
        quarantined=_some(Reason, "reason", figures),
        adjusted=_some(Reason, "adjusted", figures),
        tally={tally: figures.get(f"tally.{tally}", 0) for tally in Tally},
    )


def _some(words: type[Reason], group: str, figures: Mapping[str, int]) -> Mapping[Reason, int]:
    return {word: figures[f"{group}.{word}"] for word in words if f"{group}.{word}" in figures}


class Book:
    """Adds up pieces. It keeps figures, and ids only of what is out of the ordinary."""

    def __init__(self) -> None:
        self.lost: dict[int, list[Lost]] = defaultdict(list)
        self.seat_shifts: Counter[int] = Counter()
        self._mapped: Counter[Table] = Counter()
        self._gone: Counter[Table] = Counter()
        self._quarantined: Counter[Reason] = Counter()
        self._adjusted: Counter[Reason] = Counter()
        self._tally: Counter[Tally] = Counter()

    def add(self, pieces: Iterable[Piece]) -> None:
        """What a group has become."""
        for piece in pieces:
            self._mapped.update(table for table, _ in piece.mapped)
            self._tally.update(piece.tally)
            for found in piece.findings:
                self._note(found)
            for lost in piece.lost:
                self.lost[lost.payout_id].append(lost)
            for session, shift in piece.seat_shifts:
                self.seat_shifts[session] += shift

    def _note(self, found: Finding) -> None:
        if found.outcome is Outcome.QUARANTINED:
            self._gone[found.table] += 1
            self._quarantined[found.reason] += 1
        else:
            self._adjusted[found.reason] += 1

    def closed(self, read: Mapping[Table, int]) -> Account:
        """The account, beside the rows that the source says it has."""
        return Account(
            tables={
                table: TableAccount(
                    read=read.get(table, 0), mapped=self._mapped[table], quarantined=self._gone[table]
                )
                for table in Table
            },
            quarantined=dict(sorted(self._quarantined.items())),
            adjusted=dict(sorted(self._adjusted.items())),
            tally={tally: self._tally[tally] for tally in Tally},
        )


def strayed(stray: Stray) -> Piece:
    """A row that belongs to nothing that is there."""
    found = left_out(stray.table, stray.id, Reason.ROW_MISSING, f"{stray.names} is missing")
    return Piece(findings=(found,))
