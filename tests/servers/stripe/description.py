"""Stripe's own description of its API: what a request may say and what an answer must look like.

The OpenAPI document comes with a wheel that `make setup` puts beside the environment, as data.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

FILE: Final = Path(sys.prefix, "description", "seahaven_stripe_world", "spec", "spec3.json")
URN: Final = "urn:stripe"
FORM: Final = "application/x-www-form-urlencoded"

Json = dict[str, Any]


@frozen(kw_only=True)
class Operation:
    """One method of one path. `template` is the path as the description writes it."""

    method: str
    template: str
    path_names: tuple[str, ...]
    pattern: re.Pattern[str]
    parameters: Json = field(repr=False)
    """The schema of the form or query, as one object."""
    answer: Json = field(repr=False)
    refusal: Json = field(repr=False)


class Description:
    """The document, read once."""

    def __init__(self, document: Json) -> None:
        strict = _strict(document)
        self.version: str = strict["info"]["version"]
        self._paths: Json = strict["paths"]
        self._schemas: Json = strict["components"]["schemas"]
        self._registry: Registry[Any] = Registry().with_resource(
            URN, Resource.from_contents(strict, default_specification=DRAFT4)
        )

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation; a path of fixed words comes before one with a name in the same place."""
        made = (
            _operation(method, template, described)
            for template, methods in self._paths.items()
            for method, described in methods.items()
        )
        return tuple(sorted(made, key=lambda operation: operation.template.replace("{", "~")))

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a request means."""
        for operation in self.operations:
            if operation.method == method.lower() and operation.pattern.fullmatch(path):
                return operation
        return None

    def problems(self, schema: Json, value: object) -> list[str]:
        """What is wrong with a value, in one line each; empty if nothing is."""
        found = OAS30Validator(_anchored(schema), registry=self._registry).iter_errors(value)
        return [
            f"{'.'.join(map(str, problem.absolute_path)) or 'it'}: {problem.message}" for problem in found
        ]

    def required(self, kind: str) -> list[str]:
        """The fields that every object of a kind has."""
        fields: list[str] = self._schemas[kind]["required"]
        return fields

    def object_problems(self, value: Json) -> list[str]:
        """What is wrong with an object, by the kind that it says it is."""
        return self.problems({"$ref": f"#/components/schemas/{value['object']}"}, value)


@cache
def description() -> Description:
    """The description, or a reason that names the remedy."""
    if not FILE.exists():
        raise FileNotFoundError(f"{FILE} is missing: run `make setup`")
    return Description(json.loads(FILE.read_bytes()))


def _operation(method: str, template: str, described: Json) -> Operation:
    names = re.findall(r"{(\w+)}", template)
    pattern = re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(template))
    answers = described["responses"]
    return Operation(
        method=method,
        template=template,
        path_names=tuple(names),
        pattern=re.compile(pattern),
        parameters=_form(described) if method == "post" else _query(described),
        answer=_body(answers.get("200", {})),
        refusal=_body(answers["default"]),
    )


def _form(described: Json) -> Json:
    form: Json = described.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
    return form


def _query(described: Json) -> Json:
    listed = [parameter for parameter in described.get("parameters", ()) if parameter["in"] == "query"]
    return {
        "type": "object",
        "properties": {parameter["name"]: parameter["schema"] for parameter in listed},
        "required": [parameter["name"] for parameter in listed if parameter["required"]],
        "additionalProperties": False,
    }


def _body(answer: Json) -> Json:
    body: Json = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return body


def _strict(node: Any) -> Any:
    """The description in plain JSON Schema and taken at its word.

    `nullable` allows null whatever stands beside it. An object whose properties are listed has no others.
    """
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _strict(value) for name, value in node.items() if name != "nullable" or _is_schema(value)}
    listed = node.get("properties")
    if node.get("type") == "object" and isinstance(listed, Mapping) and listed:
        kept.setdefault("additionalProperties", False)
    if node.get("nullable") is True:
        return {"anyOf": [{"enum": [None]}, kept]}
    return kept


def _is_schema(value: object) -> bool:
    """A property may be named `nullable` too."""
    return isinstance(value, Mapping)


def _anchored(schema: Json) -> Json:
    """The schema with references that lead into the document."""
    return dict(_anchor(schema))


def _anchor(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        if name == "$ref" and isinstance(value, str) and value.startswith("#"):
            yield name, URN + value
        elif isinstance(value, Mapping):
            yield name, dict(_anchor(value))
        elif isinstance(value, list):
            yield name, [dict(_anchor(item)) if isinstance(item, Mapping) else item for item in value]
        else:
            yield name, value
