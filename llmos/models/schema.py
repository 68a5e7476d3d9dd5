"""Says where a JSON value departs from a JSON Schema: the host's own check of what a model wrote.

Covers what tool signatures and answers use: types, properties, enums, unions, ranges, lengths, items, local references.
Knows no model, no grammar, and no other keyword: those are not judged.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from llmos.messages import JSON

Schema = Mapping[str, Any]

_LIMITS: tuple[tuple[str, Callable[[float, float], bool], str], ...] = (
    ("minimum", lambda value, limit: value >= limit, "at least"),
    ("exclusiveMinimum", lambda value, limit: value > limit, "more than"),
    ("maximum", lambda value, limit: value <= limit, "at most"),
    ("exclusiveMaximum", lambda value, limit: value < limit, "less than"),
)
_NAMES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def mismatch(value: JSON, schema: Schema) -> str | None:
    """The first departure of `value` from `schema` as a clause, such as `"$.x" is "a", not number`; None when it fits.

    >>> mismatch({"x": -1}, {"properties": {"x": {"type": "integer", "minimum": 0}}})
    '"$.x" is -1, not at least 0'
    """
    return next(_departures(value, schema, "$", schema.get("$defs") or {}), None)


def _departures(value: JSON, schema: JSON, where: str, definitions: Schema) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        if schema is False:
            yield f'"{where}" is not allowed'
        return
    if "$ref" in schema:
        target = definitions.get(str(schema["$ref"]).rpartition("/")[2], True)
        yield from _departures(value, target, where, definitions)
        return
    for union in ("anyOf", "oneOf"):
        options = schema.get(union)
        if options and all(next(_departures(value, one, where, definitions), None) for one in options):
            yield f'"{where}" is {_shown(value)}, which none of its {len(options)} forms allows'
    yield from _plain_departures(value, schema, where)
    if isinstance(value, Mapping):
        yield from _member_departures(value, schema, where, definitions)
    if isinstance(value, list):
        yield from _item_departures(value, schema, where, definitions)


def _plain_departures(value: JSON, schema: Schema, where: str) -> Iterator[str]:
    kinds = schema.get("type")
    wanted = [kinds] if isinstance(kinds, str) else kinds or []
    if wanted and not any(_is_kind(value, kind) for kind in wanted):
        yield f'"{where}" is {_shown(value)}, not {" or ".join(wanted)}'
        return
    if "const" in schema and not _same(value, schema["const"]):
        yield f'"{where}" is {_shown(value)}, not {_shown(schema["const"])}'
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        yield f'"{where}" is {_shown(value)}, not one of {", ".join(map(_shown, schema["enum"]))}'
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from (
            f'"{where}" is {_shown(value)}, not {words} {schema[keyword]}'
            for keyword, holds, words in _LIMITS
            if keyword in schema and not holds(value, schema[keyword])
        )
    if isinstance(value, str):
        yield from _length_departures(len(value), schema, where, "Length", "characters")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f'"{where}" is {_shown(value)}, which does not match {schema["pattern"]}'


def _member_departures(value: Schema, schema: Schema, where: str, definitions: Schema) -> Iterator[str]:
    properties: Schema = schema.get("properties") or {}
    yield from (f'"{where}.{name}" is missing' for name in schema.get("required") or () if name not in value)
    extra = schema.get("additionalProperties", True)
    for name, one in value.items():
        yield from _departures(one, properties.get(name, extra), f"{where}.{name}", definitions)


def _item_departures(value: list[JSON], schema: Schema, where: str, definitions: Schema) -> Iterator[str]:
    yield from _length_departures(len(value), schema, where, "Items", "items")
    first = schema.get("prefixItems") or []
    for number, one in enumerate(value):
        rule = first[number] if number < len(first) else schema.get("items", True)
        yield from _departures(one, rule, f"{where}[{number}]", definitions)


def _length_departures(length: int, schema: Schema, where: str, keyword: str, unit: str) -> Iterator[str]:
    if length < (low := schema.get(f"min{keyword}", 0)):
        yield f'"{where}" has {length} {unit}, fewer than {low}'
    if length > (high := schema.get(f"max{keyword}", length)):
        yield f'"{where}" has {length} {unit}, more than {high}'


def _is_kind(value: JSON, kind: str) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return _NAMES.get(type(value)) == kind


def _same(value: JSON, other: JSON) -> bool:
    """Equal as JSON: true is not 1."""
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)


def _shown(value: JSON) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
