"""A grammar followed letter by letter allows what it says, and what our own grammars are made for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import ToolSpec
from llmos.models.gbnf import COMPACT, SPACED, hermes_grammar, literal, pocket_grammar, schema_grammar
from llmos.models.grammar_walk import GrammarWalk, grammar_walk

TOOLS = (
    ToolSpec("grip", "", {"type": "object", "properties": {"on": {"type": "boolean"}}, "additionalProperties": False}),
    ToolSpec("say", "", {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}),
)


def whole(source: str, text: str) -> bool:
    """Whether the text is a sentence of the grammar."""
    walk = grammar_walk(source)
    return walk.may_end(walk.after(walk.start, text))


def begun(source: str, text: str) -> bool:
    """Whether a sentence of the grammar begins with the text."""
    walk = grammar_walk(source)
    return bool(walk.after(walk.start, text))


@pytest.mark.parametrize(
    ("source", "sentences", "others"),
    [
        ('root ::= "ab"', ["ab"], ["", "a", "abb", "b"]),
        (r'root ::= "\"\\\n\x41\r\t"', ['"\\\nA\r\t'], ['"']),
        ('root ::= "a" | "b" "c"', ["a", "bc"], ["b", "ac", "abc"]),
        ("root ::= [a-c\\x30-9_]", ["a", "0", "9", "_"], ["d", "", "ab"]),
        (r'root ::= [^"\\\x7F\x00-\x1F]', ["ü", "🙂", "'"], ['"', "\\", "\n", "\x7f"]),
        ('root ::= "a"*', ["", "a", "aaaa"], ["b", "ab"]),
        ('root ::= "a"+ "b"?', ["a", "aab"], ["", "b", "abb"]),
        ('root ::= ("a" | "b"){2}', ["ab", "bb"], ["a", "aba"]),
        ('root ::= "a"{1,3} "b"{0,1}', ["a", "aaab"], ["", "aaaa", "b"]),
        ('root ::= "a"{2,}', ["aa", "aaaaa"], ["a"]),
        ('root ::= ("a" ("b" | )) # why\nother ::= "c"\n', ["a", "ab"], ["c"]),
        ('root ::= item ("," item)*\nitem ::= "(" root? ")"', ["()", "(),()", "((),())"], ["(", "(,)", "())"]),
    ],
)
def test_a_grammar_has_its_sentences_and_no_others(source: str, sentences: list[str], others: list[str]) -> None:
    """Every form of the syntax that our grammars use."""
    assert [text for text in sentences if not whole(source, text)] == []
    assert [text for text in others if whole(source, text)] == []
    assert all(begun(source, text[:end]) for text in sentences for end in range(len(text) + 1))


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(st.characters(min_codepoint=32)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
        max_leaves=8,
    )
)
def test_json_is_json(value: Any) -> None:
    """The grammar of any value takes every value, spaced as it says and not otherwise."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if "\x7f" not in text:
        assert whole(schema_grammar({}, COMPACT), text)
        assert not whole(schema_grammar({}, COMPACT), text + " ")


def test_a_call_may_begin_with_any_tool_and_with_no_other() -> None:
    """As the model meets it, token by token."""
    source = pocket_grammar(TOOLS)
    for name in ("grip", "say", "finish"):
        assert begun(source, f'{{"name":"{name}","arguments":{{')
    assert not begun(source, '{"name":"gras')
    assert whole(source, '{"name":"grip","arguments":{"on":true}}')
    assert not whole(source, '{"name":"grip","arguments":{"on":1}}')
    assert whole(source, '{"name":"say","arguments":{"text":"Küche \\"1\\""}}')


def test_free_text_holds_calls_of_the_tools_only() -> None:
    """The grammar of the Hermes family, whose text can go on for ever."""
    source = hermes_grammar(TOOLS)
    call = '<tool_call>\n{"name": "grip", "arguments": {"on": true}}\n</tool_call>'
    assert whole(source, "well < then " * 200 + call + " so")
    assert not begun(source, '<tool_call>\n{"name": "gras')
    assert not begun(hermes_grammar(()), "<tool_call>")
    assert whole(schema_grammar({"enum": ["a b"]}, SPACED), '"a b"')


@given(text=st.text(max_size=30))
def test_a_literal_is_itself(text: str) -> None:
    """However it is written."""
    assert whole(f"root ::= {literal(text)}", text)
    assert not begun(f"root ::= {literal(text)}", text + "x")


def test_what_leads_nowhere_stays_nowhere() -> None:
    """No text brings a reply back into its grammar, and the same text leads to the same place."""
    walk = GrammarWalk('root ::= "ab" | "ac"')
    lost = walk.after(walk.start, "x")
    assert not lost
    assert not walk.after(lost, "ab")
    assert not walk.may_end(lost)
    assert walk.after(walk.start, "a") is walk.after(walk.after(walk.start, ""), "a")
