"""The grammars, letter by letter; tests/models/test_grammars_in_llama.py shows that llama.cpp obeys them."""

from llmos.messages import ToolSpec
from llmos.models.gbnf import CLAIMS, SPACED, hermes_grammar, literal, pocket_grammar, schema_grammar

NUMBER = {"type": "number"}


def rules(grammar: str) -> dict[str, str]:
    """The rules by name."""
    return dict(line.split(" ::= ", 1) for line in grammar.strip().splitlines())


def tool(name: str, required: tuple[str, ...] = (), **properties: object) -> ToolSpec:
    """A tool with these arguments."""
    return ToolSpec(name, "", {"type": "object", "properties": properties, "required": list(required)})


def root(schema: dict[str, object]) -> str:
    """The root rule of a schema's grammar."""
    return rules(schema_grammar(schema))["root"]


def test_a_literal_escapes_quotes_backslashes_and_newlines() -> None:
    """A terminal says exactly the text."""
    assert literal('a"b\\c\nd') == r'"a\"b\\c\nd"'


def test_a_pocket_grammar_writes_one_compact_call_or_finish() -> None:
    """No blank is a choice, and `finish` says what the host is to quote for its status."""
    grammar = rules(pocket_grammar([tool("move_to", ("x",), x=NUMBER, theta=NUMBER)]))
    assert grammar["root"] == "call-0 | call-1"
    assert grammar["call-0"] == (
        r'"{\"name\":\"move_to\",\"arguments\":" "{" "\"x\":" number ("," "\"theta\":" number)? "}" "}"'
    )
    claims = " | ".join(
        rf'''"{{" "\"status\":" "\"{status}\"" "," "\"quote\":" "\"{quote}\"" "}}"''' for status, quote in CLAIMS
    )
    assert grammar["call-1"] == r'"{\"name\":\"finish\",\"arguments\":" ' + f'({claims}) "}}"'


def test_a_pocket_grammar_without_tools_can_only_finish() -> None:
    """A reply is possible even then."""
    assert rules(pocket_grammar([]))["root"] == "call-0"


def test_a_tool_named_finish_is_not_offered_to_pocket() -> None:
    """The word is taken by the host."""
    assert pocket_grammar([tool("finish", ("x",), x=NUMBER)]) == pocket_grammar([])


def test_optional_arguments_are_left_out_at_will_with_commas_only_between() -> None:
    """Each subset in order, and never a leading or doubled comma."""
    assert root({"type": "object", "properties": {"a": NUMBER, "b": NUMBER}}) == (
        r'"{" ("\"a\":" number ("," "\"b\":" number)? | ("\"b\":" number)?) "}"'
    )
    assert root({"type": "object", "properties": {"a": NUMBER, "b": NUMBER}, "required": ["b"]}) == (
        r'"{" ("\"a\":" number "," "\"b\":" number | "\"b\":" number) "}"'
    )


def test_an_optional_argument_whose_default_is_null_is_left_out_and_never_null() -> None:
    """One way to say nothing."""
    nullable = {"anyOf": [NUMBER, {"type": "null"}], "default": None}
    assert root({"type": "object", "properties": {"a": nullable}}) == r'"{" ("\"a\":" number)? "}"'
    assert root({"type": "object", "properties": {"a": nullable}, "required": ["a"]}) == (
        r'"{" "\"a\":" (number | "null") "}"'
    )


def test_every_kind_of_schema_has_a_form() -> None:
    """Scalars, constants, unions, lists, tuples, maps and the empty object."""
    assert root({"type": "integer"}) == "integer"
    assert root({"type": ["string", "null"]}) == '(string | "null")'
    assert root({"enum": ["a", 1, True]}) == r'("\"a\"" | "1" | "true")'
    assert root({"const": {"k": [1, 2]}}) == r'"{\"k\":[1,2]}"'
    assert root({"type": "array", "items": NUMBER}) == '"[" (number ("," number)*)? "]"'
    assert root({"type": "array", "items": NUMBER, "minItems": 1}) == '"[" number ("," number)* "]"'
    assert root({"type": "array", "prefixItems": [NUMBER, {"type": "boolean"}]}) == '"[" number "," boolean "]"'
    assert root({"type": "object", "additionalProperties": False}) == '"{}"'
    assert root({"type": "object", "additionalProperties": NUMBER}) == (
        '"{" (string ":" number ("," string ":" number)*)? "}"'
    )
    assert root({}) == "value"


def test_definitions_become_rules_and_may_be_recursive() -> None:
    """A local reference, also to itself."""
    grammar = rules(
        schema_grammar(
            {
                "$ref": "#/$defs/Node",
                "$defs": {
                    "Node": {
                        "type": "object",
                        "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
                        "required": ["next"],
                    }
                },
            }
        )
    )
    assert grammar["root"] == "def-0"
    assert grammar["def-0"] == r'"{" "\"next\":" (def-0 | "null") "}"'


def test_an_unknown_reference_is_any_value() -> None:
    """What cannot be resolved is left to the check afterwards."""
    assert root({"$ref": "https://example.org/schema"}) == "value"


def test_two_tools_keep_their_definitions_apart() -> None:
    """Equal names of definitions in two tools do not meet."""
    first, second = (
        ToolSpec(
            name,
            "",
            {
                "type": "object",
                "properties": {"p": {"$ref": "#/$defs/P"}},
                "required": ["p"],
                "$defs": {"P": {"type": kind}},
            },
        )
        for name, kind in (("a", "string"), ("b", "integer"))
    )
    grammar = rules(pocket_grammar([first, second]))
    assert (grammar["call-0-def-0"], grammar["call-1-def-0"]) == ("string", "integer")


def test_a_hermes_grammar_lets_text_run_until_a_tag_and_then_demands_a_call() -> None:
    """Every proper start of the tag is text as well; the whole tag is followed by a call."""
    grammar = rules(hermes_grammar([tool("go")]))
    assert grammar["root"] == "text-0"
    assert grammar["text-0"] == '"<" text-1 | [^<] text-0 | ""'
    assert grammar["text-1"] == '"t" text-2 | "<" text-1 | [^<t] text-0 | ""'
    assert grammar["text-10"] == r'">" "\n" call "\n</tool_call>" text-0 | "<" text-1 | [^<>] text-0 | ""'
    assert grammar["call-0"].startswith(r'"{\"name\": \"go\", \"arguments\": "')


def test_a_hermes_grammar_without_tools_has_no_blocks() -> None:
    """The tag cannot be completed."""
    assert rules(hermes_grammar([]))["text-10"] == '"<" text-1 | [^<>] text-0 | ""'


def test_spacing_is_fixed() -> None:
    """The hub's way to write JSON has one blank after comma and colon."""
    schema = {"type": "object", "properties": {"a": NUMBER, "b": NUMBER}, "required": ["a", "b"]}
    assert rules(schema_grammar(schema, SPACED))["root"] == r'"{" "\"a\": " number ", " "\"b\": " number "}"'
