"""Reads a function's signature as a JSON Schema, and checks a model's arguments against it.

Knows no tool: a name, a signature and a docstring in, a schema and a checked mapping out.
"""

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from llmos.errors import LLMosError, nearest
from llmos.messages import JSON

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what the Messages API and OpenAI both accept
_SECTION = re.compile(r"(args|arguments|parameters|returns|raises|yields|examples?|notes?):", re.IGNORECASE)
_ARGUMENT = re.compile(r"(?P<name>\*{0,2}[\w-]+)\s*(\([^)]*\))?:\s*(?P<text>.*)")
_COMPLAINT = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<where>.*)`)?", re.DOTALL)
_WORDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "null": "null"}


@dataclass(frozen=True, slots=True)
class Named:
    """The name a model uses for an argument that no Python name can have: `Annotated[bool, Named("-i")]`."""

    name: str


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes: `schema` is for the model, `struct` checks, `parameters` maps schema names to Python's."""

    name: str
    description: str
    schema: Mapping[str, JSON]
    struct: type[msgspec.Struct]
    parameters: Mapping[str, str]
    marks: Mapping[str, object]

    def prepare(self, args: Mapping[str, JSON], *, lenient: bool = False) -> Mapping[str, JSON]:
        """The arguments with the schema's types; raises LLMosError naming the one that is wrong.

        `null` for an argument that may be left out counts as left out, and 3.0 as the whole number 3. With `lenient`,
        a number or truth value written as text is read as one.
        """
        properties: Mapping[str, JSON] = self.schema["properties"]
        given = {each: value for each, value in args.items() if value is not None or each in self.schema["required"]}
        for each in given:
            if each not in properties:
                raise LLMosError(f"{self.name} has no argument '{each[:100]}'; {nearest(each, properties)}")
        for each in self.schema["required"]:
            if each not in given:
                raise LLMosError(f"{self.name} needs the argument '{each}'")
        if lenient:
            given = {each: _unquoted(value, properties[each]) for each, value in given.items()}
        given = {each: self._plain(each, value) for each, value in given.items()}
        self._convert(given)
        return given

    def bind(self, args: Mapping[str, JSON]) -> dict[str, Any]:
        """Prepared arguments as the function's keyword arguments, defaults included."""
        values = self._convert(args)
        return {python: getattr(values, python) for python in self.parameters.values()}

    def _convert(self, args: Mapping[str, JSON]) -> msgspec.Struct:
        try:
            return msgspec.convert(dict(args), self.struct)
        except msgspec.ValidationError as error:
            raise LLMosError(_sentence(self.name, str(error), self.schema["properties"])) from error

    def _plain(self, argument: str, value: JSON) -> JSON:
        """The value without floats that are whole, all the way down; raises LLMosError for what no JSON number is."""
        if isinstance(value, float):
            if not math.isfinite(value):
                raise LLMosError(f"{self.name}: argument '{argument}' must be a finite number, not {value}")
            return int(value) if value.is_integer() and abs(value) < 2**53 else value
        if isinstance(value, dict):
            return {key: self._plain(argument, each) for key, each in value.items()}
        return [self._plain(argument, each) for each in value] if isinstance(value, list) else value


def read_signature(function: Callable[..., Any], name: str) -> Signature:
    """What a tool of this name takes; raises LLMosError with the reason when a model could not call the function."""
    if not _NAME.fullmatch(name):
        raise LLMosError(f"'{name}' cannot be a tool's name: use 1 to 64 letters, digits, '_' or '-'")
    summary, described = read_docstring(inspect.getdoc(function) or "")
    if not summary:
        raise LLMosError(f"the tool '{name}' needs a docstring: its first paragraph is what a model reads of it")
    fields: list[Any] = []
    parameters: dict[str, str] = {}
    marks: dict[str, object] = {}
    hints = _hints(function, name)
    for parameter in inspect.signature(function).parameters.values():
        hint = _hint(parameter, hints, name)
        outside, mark = _names(parameter.name, hint)
        parameters[outside] = parameter.name
        if mark is not None:
            marks[outside] = mark
        text = described.get(parameter.name) or described.get(outside)
        typed = Annotated[hint, msgspec.Meta(description=text)] if text else hint
        default = parameter.default
        fields.append((parameter.name, typed) if default is parameter.empty else (parameter.name, typed, default))
    try:
        struct = msgspec.defstruct(
            name,
            fields,
            rename={python: outside for outside, python in parameters.items()},
            kw_only=True,
            forbid_unknown_fields=True,
        )
        schema = _schema(struct)
    except (TypeError, ValueError) as error:
        raise LLMosError(f"the tool '{name}' cannot be described to a model: {error}") from error
    return Signature(name, summary, schema, struct, parameters, marks)


def read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """The first paragraph in one line, and what the section `Args:` says of each argument."""
    lines = inspect.cleandoc(text).splitlines()
    paragraph = [line.strip() for line in lines[: lines.index("") if "" in lines else len(lines)]]
    if paragraph and _SECTION.fullmatch(paragraph[0]):
        paragraph = []
    described: dict[str, str] = {}
    section, current, depth = "", "", 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if indent == 0:
            section, depth = line.strip().lower(), 0
        elif section in {"args:", "arguments:", "parameters:"}:
            depth = depth or indent
            found = _ARGUMENT.fullmatch(line.strip()) if indent == depth else None
            if found:
                current = found["name"]
            if current:
                more = found["text"] if found else line.strip()
                described[current] = f"{described.get(current, '')} {more}".strip()
    return " ".join(paragraph), described


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise LLMosError(f"the tool '{name}' has an annotation that cannot be read: {error}") from error


def _hint(parameter: inspect.Parameter, hints: Mapping[str, Any], name: str) -> object:
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY}:
        raise LLMosError(f"the tool '{name}' takes '{parameter}', but a model gives arguments by name only")
    if parameter.name not in hints:
        raise LLMosError(f"the tool '{name}' does not say what type its argument '{parameter.name}' has")
    return hints[parameter.name]


def _names(python: str, hint: object) -> tuple[str, object]:
    """The argument's name outside, and the mark that its annotation carries beside msgspec's own."""
    outside, mark = python, None
    if get_origin(hint) is Annotated:
        for each in get_args(hint)[1:]:
            if isinstance(each, Named):
                outside = each.name
            elif not isinstance(each, msgspec.Meta):
                mark = each
    return outside, mark


def _schema(struct: type[msgspec.Struct]) -> dict[str, JSON]:
    """The struct's JSON Schema without references, titles and defaults of null, as providers like it."""
    (root,), components = msgspec.json.schema_components([struct], ref_template="{name}")
    schema: dict[str, JSON] = _inlined(root, components, ())
    schema.setdefault("required", [])
    return schema


def _inlined(node: JSON, components: Mapping[str, JSON], inside: tuple[str, ...]) -> JSON:
    if isinstance(node, list):
        return [_inlined(each, components, inside) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = node["$ref"]
        if target in inside:
            raise TypeError(f"the type '{target}' contains itself")
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return {**_inlined(components[target], components, (*inside, target)), **rest}
    return {key: _keyword(key, value, components, inside) for key, value in node.items() if key != "title"}


def _keyword(key: str, value: JSON, components: Mapping[str, JSON], inside: tuple[str, ...]) -> JSON:
    if key == "properties":
        return {name: _without_null(_inlined(each, components, inside)) for name, each in value.items()}
    return value if key in {"default", "enum", "const", "required"} else _inlined(value, components, inside)


def _without_null(node: dict[str, JSON]) -> dict[str, JSON]:
    """An argument that may be left out need not be null as well; this keeps the schema short."""
    if "default" not in node or node["default"] is not None:
        return node
    plain = {key: value for key, value in node.items() if key != "default"}
    kinds = [each for each in plain.get("anyOf", []) if each != {"type": "null"}]
    if len(kinds) == 1:
        return {**kinds[0], **{key: value for key, value in plain.items() if key != "anyOf"}}
    return {**plain, "anyOf": kinds} if kinds else plain


def _unquoted(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    """A number or truth value that was written as text; anything else as it is."""
    if not isinstance(value, str) or schema.get("type") not in {"integer", "number", "boolean"}:
        return value
    try:
        meant = msgspec.json.decode(value.strip().lower())
    except msgspec.DecodeError:
        return value
    return meant if isinstance(meant, int | float) else value


def _sentence(name: str, complaint: str, properties: Mapping[str, JSON]) -> str:
    """The complaint in our words: "Expected `int`, got `str` - at `$.limit`" names the argument 'limit'."""
    found = _COMPLAINT.fullmatch(complaint)
    what, where = (found["what"], (found["where"] or "").lstrip(".")) if found else (complaint, "")
    kinds = re.fullmatch(r"Expected `(.+)`, got `(.+)`", what)
    choices = properties.get(where, {}).get("enum")
    if kinds:
        wanted = " or ".join(_WORDS.get(each, each) for each in kinds[1].split(" | ") if each != "null")
        what = f"must be {wanted}, not {_WORDS.get(kinds[2], kinds[2])}"
    elif choices:
        what = f"must be one of {', '.join(map(repr, choices))}"
    else:
        what = f"is wrong: {what[:1].lower()}{what[1:]}"
    return f"{name}: argument '{where}' {what}" if where else f"{name}: {what.removeprefix('is wrong: ')}"
