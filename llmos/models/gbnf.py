"""Writes GBNF grammars that a model cannot leave: one JSON text of a schema, or calls of the given tools.

Knows no model. Blanks are fixed, never chosen, so that a weak model cannot spend its tokens on them; ranges, patterns
and lengths are not part of the grammar and are checked by `schema.mismatch` afterwards.
Syntax: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from llmos.messages import JSON, Claim, ToolSpec

FINISH = "finish"
CLAIMS: tuple[tuple[Claim, str], ...] = (
    ("done", "result"),
    ("failed", "refusal"),
    ("failed", "result"),
    ("abstained", "goal"),
    ("abstained", "tools"),
    ("abstained", "names"),
)
"""What a reply that finishes may claim, and what the host is to quote for it."""


@dataclass(frozen=True, slots=True)
class Spacing:
    """What stands between items and after keys: the one way in which a grammar writes JSON."""

    comma: str
    colon: str


COMPACT = Spacing(",", ":")
SPACED = Spacing(", ", ": ")
"""As Python and the chat templates of the hub write JSON, hence what general models were trained on."""

_CHARACTERS = r"""
char ::= [^"\\\x7F\x00-\x1F] | "\\" ["\\nrt]
string ::= "\"" char* "\""
integer ::= "-"? ("0" | [1-9] [0-9]{0,14})
number ::= integer ("." [0-9]{1,6})?
boolean ::= "true" | "false"
"""
_SCALARS = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean", "null": '"null"'}
_ANY = "value"


def literal(text: str) -> str:
    r"""`text` as a quoted GBNF terminal.

    >>> literal('say "hi"')
    '"say \\"hi\\""'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def schema_grammar(schema: Mapping[str, JSON], spacing: Spacing = COMPACT) -> str:
    """A grammar whose only sentences are JSON texts of `schema`."""
    return _cached_schema(json.dumps(schema), spacing)


def pocket_grammar(tools: Sequence[ToolSpec]) -> str:
    """A grammar of exactly one compact call, of a tool or of `finish`; a tool named `finish` cannot be offered."""
    return _cached_pocket(_frozen(tools))


def hermes_grammar(tools: Sequence[ToolSpec]) -> str:
    """A grammar of free text in which every `<tool_call>` block holds a well-formed call of one of the tools.

    Without tools there are no blocks.
    """
    return _cached_hermes(_frozen(tools))


def _frozen(tools: Sequence[ToolSpec]) -> tuple[tuple[str, str], ...]:
    return tuple((tool.name, json.dumps(tool.input_schema)) for tool in tools)


@lru_cache(maxsize=64)
def _cached_schema(schema: str, spacing: Spacing) -> str:
    rules = _Rules(spacing)
    return rules.text(rules.document(json.loads(schema), ""))


@lru_cache(maxsize=64)
def _cached_pocket(tools: tuple[tuple[str, str], ...]) -> str:
    rules = _Rules(COMPACT)
    claims = [{"status": {"const": status}, "quote": {"const": quote}} for status, quote in CLAIMS]
    finish = {"anyOf": [{"type": "object", "properties": each, "required": list(each)} for each in claims]}
    offered = [(name, json.loads(schema)) for name, schema in tools if name != FINISH]
    return rules.text(rules.calls([*offered, (FINISH, finish)]))


@lru_cache(maxsize=64)
def _cached_hermes(tools: tuple[tuple[str, str], ...]) -> str:
    rules = _Rules(SPACED)
    if tools:
        rules.add("call", rules.calls([(name, json.loads(schema)) for name, schema in tools]))
    _add_text_around(rules, "<tool_call>", r'"\n" call "\n</tool_call>" text-0' if tools else None)
    return rules.text("text-0")


def _add_text_around(rules: "_Rules", tag: str, after: str | None) -> None:
    """Rules `text-N`, one per matched character of `tag` (Knuth-Morris-Pratt; only the first character can restart).

    `after` is what must follow the tag; None forbids the tag.
    """
    restart, last = tag[0], len(tag) - 1
    for state, letter in enumerate(tag):
        following = after if state == last else f"text-{state + 1}"
        onward = [f"{literal(letter)} {following}"] if following else []
        again = [] if letter == restart else [f"{literal(restart)} text-1"]
        others = "[^" + "".join(sorted({letter, restart})) + "] text-0"
        rules.add(f"text-{state}", " | ".join([*onward, *again, others, '""']))


class _Rules:
    """The rules written so far; every method returns an expression that may stand inside another rule."""

    def __init__(self, spacing: Spacing) -> None:
        self._spacing = spacing
        self._rules: dict[str, str] = {}
        self._definitions: Mapping[str, JSON] = {}
        self._prefix = ""

    def add(self, name: str, body: str) -> None:
        self._rules[name] = body

    def text(self, root: str) -> str:
        """The whole grammar; the rules for any value are there only when something needs them."""
        own = "".join(f"{name} ::= {body}\n" for name, body in self._rules.items())
        return f"root ::= {root}\n{own}{_CHARACTERS.lstrip()}"

    def calls(self, tools: Sequence[tuple[str, Mapping[str, JSON]]]) -> str:
        """One object with `name` and `arguments`, a rule per tool."""
        for number, (name, schema) in enumerate(tools):
            called = self._key("name") + json.dumps(name, ensure_ascii=False) + self._spacing.comma
            head = "{" + called + self._key("arguments")
            arguments = self.document({**schema, "type": "object"}, f"call-{number}-")
            self.add(f"call-{number}", f'{literal(head)} {arguments} "}}"')
        return " | ".join(f"call-{number}" for number in range(len(tools)))

    def document(self, schema: Mapping[str, JSON], prefix: str) -> str:
        """A whole schema with its own `$defs`; `prefix` keeps their rule names apart."""
        self._definitions, self._prefix = schema.get("$defs") or {}, prefix
        return self._value(schema)

    def _value(self, schema: JSON) -> str:
        if not isinstance(schema, Mapping):
            return self._anything()
        if "$ref" in schema:
            return self._reference(str(schema["$ref"]))
        if "const" in schema:
            return self._constant(schema["const"])
        if "enum" in schema:
            return _either([self._constant(value) for value in schema["enum"]])
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return _either([self._value(option) for option in schema[union]])
        kind = schema.get("type")
        if isinstance(kind, list):
            return _either([self._value({**schema, "type": one}) for one in kind])
        if kind == "array" or (kind is None and "items" in schema):
            return self._array(schema)
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema)
        return _SCALARS.get(str(kind)) or self._anything()

    def _key(self, name: str) -> str:
        return json.dumps(name, ensure_ascii=False) + self._spacing.colon

    def _constant(self, value: JSON) -> str:
        separators = (self._spacing.comma, self._spacing.colon)
        return literal(json.dumps(value, ensure_ascii=False, separators=separators))

    def _reference(self, reference: str) -> str:
        name = reference.rpartition("/")[2]
        if name not in self._definitions:
            return self._anything()
        rule = f"{self._prefix}def-{list(self._definitions).index(name)}"
        if rule not in self._rules:
            self.add(rule, "")  # a placeholder first, so that a recursive definition ends here
            self.add(rule, self._value(self._definitions[name]))
        return rule

    def _object(self, schema: Mapping[str, JSON]) -> str:
        properties: Mapping[str, JSON] = schema.get("properties") or {}
        if not properties:
            extra = schema.get("additionalProperties", True)
            return '"{}"' if extra is False else self._map(self._value(extra))
        required = set(schema.get("required") or ())
        pairs = [
            (
                f"{literal(self._key(name))} {self._value(one if name in required else _without_null(one))}",
                name in required,
            )
            for name, one in properties.items()
        ]
        return f'"{{" {self._members(pairs)} "}}"'

    def _members(self, pairs: Sequence[tuple[str, bool]]) -> str:
        """Pairs in their order, optional ones left out at will, commas only between."""
        comma = literal(self._spacing.comma)
        after = ""  # what may follow once a pair has been written
        first = ""  # what may follow while nothing has been written
        for pair, is_required in reversed(pairs):
            here = f"{pair} {after}".strip()
            first = here if is_required else f"({here} | {first})" if first else f"({here})?"
            after = f"{comma} {here}" if is_required else f"({comma} {pair})? {after}".strip()
        return first

    def _map(self, value: str) -> str:
        pair = f"string {literal(self._spacing.colon)} {value}"
        return f'"{{" ({pair} ({literal(self._spacing.comma)} {pair})*)? "}}"'

    def _array(self, schema: Mapping[str, JSON]) -> str:
        comma = literal(self._spacing.comma)
        if "prefixItems" in schema:
            return f'"[" {f" {comma} ".join(self._value(one) for one in schema["prefixItems"])} "]"'
        item = self._value(schema.get("items", True))
        many = f"{item} ({comma} {item})*"
        return f'"[" {many} "]"' if schema.get("minItems") else f'"[" ({many})? "]"'

    def _anything(self) -> str:
        if _ANY not in self._rules:
            self.add(_ANY, "")
            self.add(_ANY, f'string | number | boolean | "null" | {self._map(_ANY)} | {self._array({})}')
        return _ANY


def _either(options: Sequence[str]) -> str:
    return options[0] if len(options) == 1 else f"({' | '.join(dict.fromkeys(options))})"


def _without_null(schema: JSON) -> JSON:
    """An optional value whose default is null is left out rather than written as null."""
    if not isinstance(schema, Mapping) or schema.get("default", 0) is not None or "anyOf" not in schema:
        return schema
    kept = [option for option in schema["anyOf"] if option != {"type": "null"}]
    return {**schema, "anyOf": kept} if kept else schema
