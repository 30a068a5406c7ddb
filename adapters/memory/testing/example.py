"""What an example of a kind of record is."""

from datetime import timedelta

from attrs import frozen

from adapters.memory.testing.ids import NOW
from core.domain.changes import Record

LATER = NOW + timedelta(days=30, milliseconds=999)
TEXT = "Zoë, 深呼吸, 🧘🏽‍♀️\n\t\"quoted\" 'single' \\ %s {} $1 " + "x" * 20_000
"""Long, and with everything that a careless store would mangle. NUL is refused at the edge."""


@frozen(kw_only=True)
class Example:
    """A full record, the records it needs, and its own next version."""

    needs: tuple[Record, ...] = ()
    first: Record
    second: Record
