"""Letters out of templates: one folder for each kind of notification, text and HTML.

A template that asks for a fact that it was not given raises; HTML is escaped.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core.domain.ids import DispatchId
from core.domain.money import format_cents
from core.domain.notifications import Contact, NotificationKind, OptionalKind
from ports.mail import Letter

TEMPLATES: Final = Path(__file__).with_name("templates")


def write_letter(
    kind: NotificationKind, facts: Mapping[str, str | int | None], contact: Contact, *, letter_id: DispatchId
) -> Letter:
    """The letter to a contact: times by the contact's clock, amounts as people write them.

    Raises jinja2.UndefinedError for facts that the template misses.
    """
    told = {
        **facts,
        "name": contact.display_name,
        "timezone": contact.timezone,
        "is_optional": kind.value in list(OptionalKind),
    }
    return Letter(
        id=letter_id,
        to=contact.email,
        name=contact.display_name,
        subject=" ".join(_rendered(kind, "subject.txt", told).split()),
        text=_rendered(kind, "body.txt", told),
        html=_rendered(kind, "body.html", told),
    )


def local_time(moment: str, timezone: str) -> str:
    """An instant by the clock of a zone: `Monday 30 March 2026, 09:00 (Europe/Lisbon, UTC+1)`."""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(timezone))
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({timezone}, {_offset(local)})"


def _offset(local: datetime) -> str:
    offset = local.utcoffset()
    if offset is None:
        raise AssertionError("an aware time has an offset")
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def _rendered(kind: NotificationKind, part: str, told: Mapping[str, Any]) -> str:
    return _environment.get_template(f"{kind.value}/{part}").render(told)


def _make_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"at": local_time, "money": format_cents}
    return environment


_environment: Final = _make_environment()
