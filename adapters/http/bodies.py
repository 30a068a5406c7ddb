"""Request bodies, read strictly: the type as declared, no unknown or doubled key, no surprise inside.

msgspec decodes and names the field that does not fit; what it lets pass (deep nesting, a key that
stands twice, NUL characters) is refused here. No message repeats a value.
"""

import json
import re
from collections.abc import Generator, Iterator
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.typing import FieldDefinition

from adapters.http.config import HttpConfig
from adapters.http.problems import BadFields, BadRequest, FieldError, plain

T = TypeVar("T")

STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
BRACKETS: Final = re.compile(rb"[\[\]{}]")
PLACE: Final = re.compile(r" - at `\$(.*)`$", re.DOTALL)
STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
FIELD: Final = re.compile(r"^Object (missing required|contains unknown) field `(.*)`$", re.DOTALL)

LONGEST_NAME: Final = 64
"""How much of an unknown key is repeated to its sender."""


class StrictBody(AbstractDTO[T]):
    """Decodes a handler's `data`; the schema stays the declared type's own."""

    _decoders: ClassVar[dict[str, msgspec.json.Decoder[Any]]] = {}

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the handler's type, or a 4xx."""
        connection = self.asgi_connection
        require_json(connection.headers.get("content-type"))
        config: HttpConfig = connection.app.state.config
        return decode(value, self._decoders[connection.route_handler.handler_id], max_depth=config.max_depth)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Keep a decoder for the handler's type."""
        del backend_cls
        cls._decoders[handler_id] = msgspec.json.Decoder(field_definition.annotation)

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Any:
        """The declared type's schema."""
        del handler_id
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        """Every declared type is decoded here."""
        del field_definition
        return True

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        """None: nothing is transferred field by field."""
        del model_type
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """Never: the decoder knows the whole type."""
        del field_definition
        return False


def require_json(content_type: str | None) -> None:
    """415 for a body that does not call itself JSON."""
    kind, _, parameters = (content_type or "").partition(";")
    if kind.strip().lower() != "application/json" or not _says_utf8(parameters):
        raise BadRequest(415, "unsupported_media_type", "the body must be application/json in UTF-8")


def _says_utf8(parameters: str) -> bool:
    name, _, value = parameters.partition("=")
    return name.strip().lower() != "charset" or value.strip(' "').lower() in ("utf-8", "utf8")


def decode(body: bytes, decoder: msgspec.json.Decoder[T], *, max_depth: int) -> T:
    """The body as the decoder's type; BadFields names the field that does not fit."""
    if _depth(body, beyond=max_depth) > max_depth:
        raise BadFields(FieldError(pointer="", detail=f"is nested deeper than {max_depth} levels"))
    try:
        decoded = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadFields(field_error(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadFields(FieldError(pointer="", detail="is not valid JSON in UTF-8")) from None
    _require_plain(body)
    return decoded


def field_error(message: str) -> FieldError:
    """msgspec's message as a pointer and a text that repeats no value."""
    place = PLACE.search(message)
    pointer = _pointer(place.group(1)) if place else ""
    text = message[: place.start()] if place else message
    named = FIELD.match(text)
    if named is None:
        return FieldError(pointer=pointer, detail=plain(text))
    known = named.group(1) == "missing required"
    return FieldError(
        pointer=f"{pointer}/{_escaped(named.group(2))}",
        detail="is required" if known else "is not a field of this request",
    )


def _pointer(path: str) -> str:
    return "".join(f"/{_escaped(name or index)}" for name, index in STEP.findall(path))


def _escaped(name: str) -> str:
    return name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1")


def _depth(body: bytes, *, beyond: int) -> int:
    """How deep arrays and objects nest, counted no further than it takes to be `beyond`."""
    if body.count(b"[") + body.count(b"{") <= beyond:
        return 0
    depth = deepest = 0
    for bracket in BRACKETS.finditer(STRINGS.sub(b"", body)):
        depth += 1 if bracket.group() in b"[{" else -1
        deepest = max(deepest, depth)
        if deepest > beyond:
            break
    return deepest


class _Doubled(dict[str, Any]):
    """An object in which `key` stands more than once."""

    key = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    doubled = _Doubled(found)
    names = [name for name, _ in pairs]
    doubled.key = next(name for name in names if names.count(name) > 1)
    return doubled


def _require_plain(body: bytes) -> None:
    """Refuse doubled keys and NUL characters in a body that is valid otherwise."""
    flaws = list(_flaws(json.loads(body, object_pairs_hook=_object), ""))
    if flaws:
        raise BadFields(*flaws)


def _flaws(node: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(node, str):
        if "\x00" in node:
            yield FieldError(pointer=pointer, detail="must not contain NUL characters")
    elif isinstance(node, dict):
        if isinstance(node, _Doubled):
            yield FieldError(pointer=f"{pointer}/{_escaped(node.key)}", detail="stands more than once")
        for name, value in node.items():
            yield from _flaws(value, f"{pointer}/{_escaped(name)}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _flaws(value, f"{pointer}/{index}")
