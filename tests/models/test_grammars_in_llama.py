"""llama.cpp obeys our grammars: random weights write nothing else, and without a grammar they write nonsense."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.messages import Message, Request, Text, ToolSpec
from llmos.models.backend import load
from llmos.models.chat_template import Prompt
from llmos.models.completion import Backend, Decoding, Loading
from llmos.models.dialect_hermes import Hermes
from llmos.models.gbnf import COMPACT, SPACED, hermes_grammar, pocket_grammar, schema_grammar
from llmos.models.schema import mismatch
from tests.support.llama import BACKENDS, need_backend
from tests.support.tiny_gguf import write_text_model

NUMBER = {"type": "number"}
POINT = {"type": "object", "properties": {"x": NUMBER, "y": NUMBER}, "required": ["x"]}
SCHEMAS: list[dict[str, Any]] = [
    {"type": "integer"},
    NUMBER,
    {"type": "boolean"},
    {"enum": ["left", 'a "quoted" word', 3, None]},
    {"anyOf": [NUMBER, {"type": "null"}]},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 1},
    {"type": "array", "prefixItems": [NUMBER, {"type": "boolean"}], "minItems": 2, "items": False},
    {"type": "object", "properties": {"ü": POINT, "b": {"type": "boolean"}}, "required": ["b"]},
    {"type": "object", "properties": {}, "additionalProperties": False},
    {"type": "object", "additionalProperties": {"type": "boolean"}},
    {"$ref": "#/$defs/P", "$defs": {"P": POINT}},
]
TOOLS = (
    ToolSpec("move_to", "", {**POINT, "additionalProperties": False}),
    ToolSpec("grip", "", {"type": "object", "properties": {"on": {"type": "boolean"}}}),
)
SEEDS = range(8)


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A tiny model in each of the two packages."""
    name = need_backend(request.param)
    path = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    write_text_model(path)
    loaded = load(Loading(path, None, 2048, 1), name)
    yield loaded
    loaded.close()


def write(backend: Backend, seed: int, grammar: str | None, max_tokens: int = 300) -> tuple[str, bool]:
    """What the model writes, and whether it ended by itself."""
    decoding = Decoding(max_tokens, grammar, temperature=2.0, seed=seed)
    completion = backend.complete(Prompt("anything", ()), decoding, lambda _: None)
    return completion.text, completion.stop == "end"


@pytest.mark.parametrize("spacing", [COMPACT, SPACED])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schemas_grammar_writes_values_of_the_schema(backend: Backend, schema: dict[str, Any], spacing: Any) -> None:
    """Any seed, in the one spacing."""
    ended = 0
    for seed in SEEDS:
        text, whole = write(backend, seed, schema_grammar(schema, spacing))
        if not whole:
            continue
        ended += 1
        value = msgspec.json.decode(text)
        assert mismatch(value, schema) is None
        assert "\n" not in text
    assert ended > len(SEEDS) // 2


def test_any_value_and_any_text_is_json(backend: Backend) -> None:
    """Unbounded values that ended are JSON, escapes included."""
    for schema in ({}, {"type": "string"}):
        texts = [write(backend, seed, schema_grammar(schema)) for seed in range(20)]
        assert [msgspec.json.decode(text) for text, whole in texts if whole]


LEAVES = st.sampled_from(
    [NUMBER, {"type": "integer"}, {"type": "boolean"}, {"enum": ["a b", 'q"', 2]}, {"type": ["boolean", "null"]}]
)
NAMES = st.sampled_from(["x", "dx", "is-on", "größe", 'a"b', "a\\b"])


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Any] = LEAVES) -> dict[str, Any]:
    """An object with required and optional properties in any order."""
    properties = draw(st.dictionaries(NAMES, inner, max_size=4))
    required = [name for name in properties if draw(st.booleans())]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": not properties}


@settings(max_examples=40, deadline=None)
@given(
    schema=objects(LEAVES | objects() | LEAVES.map(lambda leaf: {"type": "array", "items": leaf})),
    seed=st.integers(0, 99),
)
def test_any_object_schema_has_a_grammar_that_llama_cpp_keeps(
    backend: Backend, schema: dict[str, Any], seed: int
) -> None:
    """Names with quotes, backslashes and letters outside ASCII, nested, optional or required."""
    text, whole = write(backend, seed, schema_grammar(schema))
    assert not whole or mismatch(msgspec.json.decode(text), schema) is None


def test_pocket_writes_one_call_of_the_list(backend: Backend) -> None:
    """No other name, no other shape, nothing around it."""
    names = set()
    for seed in range(20):
        text, whole = write(backend, seed, pocket_grammar(TOOLS))
        assert whole
        call = msgspec.json.decode(text)
        assert list(call) == ["name", "arguments"]
        names.add(call["name"])
        for tool in TOOLS:
            assert call["name"] != tool.name or mismatch(call["arguments"], tool.input_schema) is None
    assert len(names) > 1
    assert names <= {"move_to", "grip", "finish"}


def test_hermes_writes_text_and_whole_calls(backend: Backend) -> None:
    """After the tag there is a call of the list; the tag is unlikely, so the grammar is made to begin with it."""
    grammar = hermes_grammar(TOOLS).replace(
        "root ::= text-0", 'root ::= "<tool_call>" "\\n" call "\\n</tool_call>" text-0'
    )
    request = Request("", (Message("user", (Text("go"),)),), TOOLS)
    for seed in SEEDS:
        text, whole = write(backend, seed, grammar, max_tokens=120)
        assert text.startswith("<tool_call>\n{")
        if "</tool_call>" in text:
            call = Hermes().answer(text, request, cut=not whole).parts[0]
            assert call.malformed is None  # type: ignore[union-attr]


def test_without_a_grammar_the_same_model_writes_none_of_this(backend: Backend) -> None:
    """The control: the checks above can fail."""
    for seed in SEEDS:
        text, _ = write(backend, seed, None, max_tokens=40)
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(text)
