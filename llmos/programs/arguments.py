"""Compares what is known of an argument with the JSON Schema of the tool that takes it (draft 2020-12).

Knows no program. What cannot be known before it runs passes: the toolbox checks every call again.
"""

from collections.abc import Mapping, Sequence

from llmos.errors import nearest
from llmos.messages import JSON, ToolSpec
from llmos.programs.form import Expression, Record
from llmos.programs.kinds import DIMENSIONS, Known, Sort

_JSON_TYPES: Mapping[Sort, str] = {
    "number": "number", "length": "number", "angle": "number", "duration": "number", "whole number": "integer",
    "boolean": "boolean", "text": "string", "path": "string", "point": "array", "list": "array", "object": "object",
    "none": "null",
}  # fmt: skip
_WORDS = {
    "number": "a number", "integer": "a whole number", "boolean": "true or false", "string": "a text",
    "array": "a list", "object": "an object", "null": "none",
}  # fmt: skip
_UNITS: Mapping[str, Sort] = {"_deg": "angle", "_m": "length", "_s": "duration"}
"""What the end of an argument's name says of its unit."""


def missing(spec: ToolSpec, given: Sequence[str]) -> str:
    """What is wrong with the names of the arguments; empty if nothing is."""
    properties: Mapping[str, JSON] = spec.input_schema.get("properties", {})
    if not spec.input_schema.get("additionalProperties", False):
        for name in given:
            if name not in properties:
                return f"{spec.name} has no argument '{name[:40]}'; {nearest(name, properties)}"
    for name in spec.input_schema.get("required", ()):
        if name not in given:
            return f"{spec.name} needs the argument '{name}'"
    return ""


def misfit(spec: ToolSpec, name: str, known: Known, expression: Expression) -> str:
    """What is wrong with the value of an argument; empty if nothing is, or if nobody can know yet."""
    schema: JSON = spec.input_schema.get("properties", {}).get(name, {})
    if known.sort == "none" and name not in spec.input_schema.get("required", ()):
        return ""
    meant = next((sort for end, sort in _UNITS.items() if name.endswith(end)), None)
    if meant is not None and known.sort in DIMENSIONS and known.sort != meant:
        return f"{spec.name}: argument '{name}' is {Known(meant).words}, not {known.words}"
    why = _misfit(known, expression, schema)
    return why and f"{spec.name}: argument '{name}' {why}"


def _misfit(known: Known, expression: Expression | None, schema: JSON) -> str:
    if known.sort == "anything" or not isinstance(schema, dict):
        return ""
    if known.sort == "result":
        return "takes no result; write its .text or a field of it"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            every = [_misfit(known, expression, each) for each in schema[key]]
            return every[0] if every and all(every) else ""
    return (
        _other_type(known, schema)
        or _other_choice(known, schema)
        or _out_of_range(known, schema)
        or _wrong_length(known, schema)
        or _wrong_inside(known, expression, schema)
    )


def _other_type(known: Known, schema: Mapping[str, JSON]) -> str:
    wanted = schema.get("type")
    types = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(types, list):
        return ""
    has = _JSON_TYPES[known.sort]
    whole = known.low == known.high and known.low == int(known.low) if known.is_numeric and has == "number" else False
    if has in types or (has == "integer" and "number" in types) or (whole and "integer" in types):
        return ""
    return f"must be {' or '.join(_WORDS.get(each, str(each)) for each in types)}, not {known.words}"


def _other_choice(known: Known, schema: Mapping[str, JSON]) -> str:
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(choices, list) or not known.is_texty:
        return ""
    listed = ", ".join(map(repr, choices))
    if known.choices is None:
        return f"must be one of {listed}, and this may be any text"
    wrong = [each for each in known.choices if each not in choices]
    return f"must be one of {listed}, not '{wrong[0][:40]}'" if wrong else ""


def _out_of_range(known: Known, schema: Mapping[str, JSON]) -> str:
    """Whether it may leave the range of the schema; nothing is said of ends that nobody knows."""
    if not known.is_numeric:
        return ""
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    low_known, high_known = known.low != float("-inf"), known.high != float("inf")
    if low_known and low is not None and known.low < low:
        return f"must be at least {low:g}, and may be {known.low:g}"
    if low_known and above is not None and known.low <= above:
        return f"must be above {above:g}, and may be {known.low:g}"
    if high_known and high is not None and known.high > high:
        return f"must be at most {high:g}, and may be {known.high:g}"
    if high_known and below is not None and known.high >= below:
        return f"must be below {below:g}, and may be {known.high:g}"
    return ""


def _wrong_length(known: Known, schema: Mapping[str, JSON]) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems", float("inf"))
    if known.sort == "list" and (known.low < least or known.high > most):
        return f"has {known.low:g} to {known.high:g} items, and may have {least:g} to {most:g}"
    if known.sort == "point" and not least <= 3 <= most:
        return "is a point, which has 3 items"
    if known.choices is None or not known.is_texty:
        return ""
    shortest, longest = min(map(len, known.choices)), max(map(len, known.choices))
    if shortest < schema.get("minLength", 0) or longest > schema.get("maxLength", longest):
        return "has a text of the wrong length"
    return ""


def _wrong_inside(known: Known, expression: Expression | None, schema: Mapping[str, JSON]) -> str:
    if known.sort == "list" and known.of is not None:
        why = _misfit(known.of, None, schema.get("items"))
        return why and f"has items, each of which {why}"
    if known.sort == "point":
        return _misfit(Known("length"), None, schema.get("items"))
    if isinstance(expression, Record) and schema.get("type") == "object":
        keys = [key for key, _ in expression.items]
        inside = ToolSpec("it", "", schema)
        why = missing(inside, keys) if "properties" in schema else ""
        return why and f"is wrong: {why}"
    return ""
