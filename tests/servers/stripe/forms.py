"""Stripe's form encoding, `card[number]=…&types[0]=card`, and its texts as the types that are asked for."""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from tests.servers.stripe.description import Json

PART: Final = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")
INTEGER: Final = re.compile(r"-?\d+")
TRUTHS: Final = {"true": True, "false": False}


def parsed(text: str) -> Json:
    """The form as nested objects of texts; lists are objects whose keys are indexes or empty."""
    form: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *outer, last = PART.findall(name) or [name]
        place = form
        for part in outer:
            inside = place.setdefault(part or str(len(place)), {})
            place = inside if isinstance(inside, dict) else place
        place[last or str(len(place))] = value
    return form


def typed(value: Any, schema: Json) -> Any:
    """The value with numbers, truths and lists where the schema wants them; what does not fit stays."""
    if "anyOf" in schema:
        return _first_fitting(value, schema["anyOf"])
    match schema.get("type"):
        case "integer" if isinstance(value, str) and INTEGER.fullmatch(value):
            return int(value)
        case "boolean" if isinstance(value, str):
            return TRUTHS.get(value, value)
        case "array" if isinstance(value, dict):
            return [typed(item, schema.get("items", {})) for item in value.values()]
        case "object" if isinstance(value, dict):
            return {name: typed(item, _property(schema, name)) for name, item in value.items()}
    return value


def _property(schema: Json, name: str) -> Json:
    listed: Json = schema.get("properties", {})
    more = schema.get("additionalProperties")
    found: Json = listed.get(name) or (more if isinstance(more, dict) else {})
    return found


def _first_fitting(value: Any, choices: list[Json]) -> Any:
    """The first reading that changes the value, for `anyOf` lists the more particular types first."""
    for choice in choices:
        read = typed(value, choice)
        if read != value:
            return read
    return value
