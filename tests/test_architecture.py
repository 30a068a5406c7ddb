"""What no linter proves of core/: no float, no wall clock, no chance, statuses moved by `transition` alone.

Which ring may import which is import-linter's to say (`make check`). Every check here is also shown
the code that it must find: a rule that finds nothing proves nothing.
"""

import ast
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from core.domain.statuses import TABLES
from docs import generate_states

ROOT = Path(__file__).parents[1]
CORE = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "core").rglob("*.py"))
}
STATUS_TYPES = {kind.__name__ for kind in TABLES}
MOVES = {move for _, table in TABLES.values() for moves in table.values() for move in moves}

Check = Callable[[ast.AST], bool]


def dotted(node: ast.AST) -> str:
    """`datetime.now` for the expression of that name, "" for anything that is not a plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else f".{node.attr}"
    return ""


def called(node: ast.AST) -> str:
    return dotted(node.func) if isinstance(node, ast.Call) else ""


def is_float(node: ast.AST) -> bool:
    """True division, a float literal, or a call that makes or returns one."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        return True
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
        return True
    return called(node) in ("float", "round") or called(node).endswith(
        (".total_seconds", ".timestamp", ".as_integer_ratio", ".fromtimestamp")
    )


def reads_the_clock(node: ast.AST) -> bool:
    """The machine's time; decisions are handed `now`."""
    clocks = ("now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp", "localtime", "monotonic")
    owner, _, name = called(node).rpartition(".")
    return owner in ("datetime", "date", "time", "datetime.datetime") and name in (*clocks, "time", "sleep")


def is_naive(node: ast.AST) -> bool:
    """A datetime without a zone, built or made so."""
    if called(node) in ("datetime", "datetime.datetime", "datetime.combine"):
        assert isinstance(node, ast.Call)
        return not any(keyword.arg == "tzinfo" for keyword in node.keywords)
    if called(node).endswith((".replace", ".astimezone", ".strptime", ".now")):
        assert isinstance(node, ast.Call)
        removes = any(
            keyword.arg == "tzinfo" and isinstance(keyword.value, ast.Constant) for keyword in node.keywords
        )
        return removes or called(node).endswith(".strptime")
    return False


def is_chance(node: ast.AST) -> bool:
    """Randomness and identifiers out of nowhere; decisions are handed a source of ids."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
        return not {"random", "secrets", "uuid1", "uuid4", "numpy.random"}.isdisjoint(names)
    return called(node).rpartition(".")[2] in ("uuid1", "uuid4", "randint", "shuffle", "token_hex", "urandom")


def touches_the_machine(node: ast.AST) -> bool:
    """The environment, files, the console."""
    if isinstance(node, ast.Attribute) and dotted(node) in ("os.environ", "sys.argv", "sys.stdout"):
        return True
    return called(node) in ("print", "input", "open", "os.getenv", "breakpoint", "exec", "eval")


def is_shared_state(node: ast.AST) -> bool:
    """Names that outlive a call and change."""
    return isinstance(node, ast.Global | ast.Nonlocal)


def sets_a_status(node: ast.AST) -> bool:
    """`evolve(…, status=…)` to anything but what `transition` says, or the status it had."""
    if called(node) not in ("evolve", "attrs.evolve"):
        return False
    assert isinstance(node, ast.Call)
    return any(keyword.arg == "status" and not _is_moved(keyword.value) for keyword in node.keywords)


def _is_moved(value: ast.expr) -> bool:
    if isinstance(value, ast.IfExp):
        return _is_moved(value.body) and _is_moved(value.orelse)
    kept = isinstance(value, ast.Attribute) and value.attr == "status"
    return kept or called(value) == "transition"


def makes_an_unknown_move(node: ast.AST) -> bool:
    """`transition(…, "move")` or `moved(…, "move")` with a word that no table has."""
    if called(node).rpartition(".")[2] not in ("transition", "moved"):
        return False
    assert isinstance(node, ast.Call)
    words = [
        word.value
        for argument in node.args[1:]
        for word in ast.walk(argument)
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    ]
    return not MOVES.issuperset(words)


RULES: dict[Check, list[str]] = {
    is_float: [
        "a = b / 2",
        "a /= 2",
        "a = 0.15",
        "a = float(b)",
        "a = round(b)",
        "a = (end - start).total_seconds()",
        "a = moment.timestamp()",
    ],
    reads_the_clock: [
        "datetime.now(UTC)",
        "datetime.utcnow()",
        "date.today()",
        "time.time()",
        "time.monotonic()",
        "datetime.datetime.now()",
    ],
    is_naive: [
        "datetime(2026, 3, 2)",
        "datetime.datetime(2026, 3, 2, 9)",
        "datetime.combine(day, hour)",
        "moment.replace(tzinfo=None)",
        "datetime.strptime(text, '%Y')",
    ],
    is_chance: [
        "import random",
        "from uuid import UUID, uuid4",
        "from secrets import token_hex",
        "uuid.uuid4()",
        "import secrets",
    ],
    touches_the_machine: ["os.environ['HOME']", "os.getenv('HOME')", "print('hello')", "open('file')"],
    is_shared_state: ["def f():\n    global a\n    a = 1"],
    sets_a_status: [
        "evolve(order, status=OrderStatus.PAID)",
        "evolve(order, version=2, status=status)",
        "evolve(order, status=OrderStatus.PAID if paid else order.status)",
    ],
    makes_an_unknown_move: [
        "transition(order.status, 'payed')",
        "orders.moved(order, 'refunded')",
        "orders.moved(order, 'refund' if full else 'refund_party')",
    ],
}

FINE = """
half = total // 2
moment = datetime(2026, 3, 2, tzinfo=UTC)
utc = moment.astimezone(UTC).replace(microsecond=0)
now = clock.now()
order = evolve(order, status=transition(order.status, "pay"))
payout = evolve(payout, status=transition(payout.status, "send") if sent else payout.status)
order = orders.moved(order, "refund" if full else "refund_partly")
key = UUID(int=1)
"""


def found(check: Check, tree: ast.AST) -> list[int]:
    """The lines of what a check finds."""
    return [getattr(node, "lineno", 0) for node in ast.walk(tree) if check(node)]


@pytest.mark.parametrize("check", RULES, ids=lambda check: check.__name__)
def test_the_core_is_free_of_it(check: Check) -> None:
    assert [] == [f"{path}:{line}" for path, tree in CORE.items() for line in found(check, tree)]


@pytest.mark.parametrize(
    ("check", "source"), [(check, source) for check, sources in RULES.items() for source in sources]
)
def test_each_rule_finds_what_it_forbids(check: Check, source: str) -> None:
    assert found(check, ast.parse(source))


@pytest.mark.parametrize("check", RULES, ids=lambda check: check.__name__)
def test_no_rule_finds_what_is_right(check: Check) -> None:
    assert [] == found(check, ast.parse(FINE))


def test_the_core_was_read() -> None:
    assert {"core/domain/money.py", "core/domain/statuses.py", "core/usecases/checkout.py"} <= set(CORE)


def first_statuses() -> Iterator[tuple[str, str]]:
    """Every status that a constructor in core/domain names literally, with its type."""
    for tree in CORE.values():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or called(node) == "evolve":
                continue
            for keyword in node.keywords:
                for value in ast.walk(keyword.value) if keyword.arg == "status" else ():
                    kind, _, status = dotted(value).partition(".")
                    if kind in STATUS_TYPES and status:
                        yield kind, status


BORN = {
    "BookingStatus": {"DRAFT", "PENDING_PAYMENT"},
    "SessionStatus": {"DRAFT", "SCHEDULED"},
    "OrderStatus": {"PENDING_PAYMENT"},
    "PaymentStatus": {"CREATED"},
    "RefundStatus": {"PENDING", "SUCCEEDED"},
    "EarningsStatus": {"PROJECTED", "PENDING"},
    "PayoutStatus": {"PENDING"},
    "DispatchStatus": {"WAITING"},
    "DisputeStatus": {"OPEN"},
}
"""The statuses in which a record may begin its life; all others are reached by a move."""


def test_records_begin_where_a_life_begins() -> None:
    begun = set(first_statuses())

    assert {(kind, status) for kind, born in BORN.items() for status in born} == begun


def test_only_one_file_knows_the_tables() -> None:
    knowing = {
        path
        for path, tree in CORE.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and (node.id.endswith("_MOVES") or node.id == "TABLES")
    }

    assert {"core/domain/statuses.py"} == knowing


@pytest.mark.parametrize("kind", TABLES)
def test_every_move_has_a_sentence(kind: type[StrEnum]) -> None:
    _, table = TABLES[kind]

    assert set(generate_states.moves_of(table)) == set(generate_states.SENTENCES[kind])


def test_the_page_of_states_is_current() -> None:
    assert generate_states.page() == generate_states.PAGE.read_text(encoding="utf-8")
