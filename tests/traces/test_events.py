"""The events are a closed set whose lines can be told apart and read back."""

from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Effect, Message, Reply, Text, ToolResult, ToolSpec, Usage
from llmos.traces import events
from llmos.traces.events import (
    JOURNALED,
    TRANSIENT,
    Event,
    ModelReplied,
    PromptSet,
    ToolReturned,
    UnknownEvent,
    tools_hash,
)
from llmos.traces.parts import ResultRefPart, from_wire, plain, snake_case, to_wire
from tests.support.messages import calls, images, results, texts, thoughts, tool_specs


def test_every_event_is_either_journaled_or_transient() -> None:
    """A new event that nobody listed could be written and never be read."""
    assert set(Event.__subclasses__()) - {UnknownEvent} == set(JOURNALED) | set(TRANSIENT)
    assert not set(JOURNALED) & set(TRANSIENT)


@pytest.mark.parametrize("kind", JOURNALED)
def test_no_event_uses_a_field_of_the_envelope(kind: type[Event]) -> None:
    """The envelope and the event share one JSON object."""
    assert not {"v", "seq", "at", "run", "type"} & set(kind.__struct_fields__)


def test_tags_are_the_names_in_snake_case() -> None:
    """A reader of the file finds the class by its tag."""
    assert snake_case("RunStarted") == "run_started"
    assert [kind.__struct_config__.tag for kind in JOURNALED] == [snake_case(kind.__name__) for kind in JOURNALED]


@given(st.builds(Text, texts) | images | thoughts | calls | results)
def test_a_part_comes_back_from_the_wire_as_it_was(part: Text) -> None:
    """What the model saw is what is kept."""
    assert from_wire(to_wire(part)) == part


def test_an_unresolved_reference_is_our_bug() -> None:
    """References exist on disk only; one in memory was forgotten by the reader."""
    with pytest.raises(ValueError, match="the result of call c1 was not resolved"):
        from_wire(ResultRefPart("c1"))


def test_a_returned_tool_gives_back_its_result() -> None:
    """Result and event say the same in both directions."""
    result = ToolResult("c1", (Text("a"), Text("b")), is_error=True)
    event = ToolReturned.of(result, "Read", 0.5, step=2)
    assert (event.result, event.text, event.ok, event.step) == (result, "a\nb", False, 2)


def test_a_reply_says_how_likely_it_was_where_that_is_known() -> None:
    """Lines of before, and of models that do not tell, are read as ever and written as ever."""
    said = Reply((Text("so"),), "end", Usage(1, 1), "local:pocket.gguf")
    plain, sure = (ModelReplied.of(1, reply, 0.0, 0.1) for reply in (said, replace(said, probability=0.97)))
    lines = [msgspec.json.encode(event) for event in (plain, sure)]
    assert [b"probability" in line for line in lines] == [False, True]
    assert [msgspec.json.decode(line, type=ModelReplied) for line in lines] == [plain, sure]


@given(st.lists(tool_specs, max_size=3))
def test_the_hash_of_tools_does_not_depend_on_the_order_of_schema_keys(specs: list[ToolSpec]) -> None:
    """Two processes that build the same schema in another order have the same tools."""
    turned = [ToolSpec(s.name, s.description, dict(reversed(s.input_schema.items()))) for s in specs]
    assert tools_hash(specs) == tools_hash(turned)


def test_the_prompt_carries_its_hashes() -> None:
    """Hashes are filled in by the event itself, never by its writer."""
    prompt = PromptSet.of("be brief", [ToolSpec("Read", "reads", {}, Effect.PURE)])
    assert prompt.system_hash == "sha256:b0d336336bae9756708102764ccc977778d8c408df38d7050d69f9e4d22c9a43"
    assert prompt.tools_hash != PromptSet.of("be brief", []).tools_hash


def test_what_json_cannot_hold_is_our_bug() -> None:
    """Only mappings and paths are turned into plain values; anything else must not be guessed at."""
    assert (
        msgspec.json.encode({"a": MappingProxyType({"b": PurePosixPath("/x")})}, enc_hook=plain) == b'{"a":{"b":"/x"}}'
    )
    with pytest.raises(TypeError, match="a journal cannot hold a value of type object"):
        msgspec.json.encode(object(), enc_hook=plain)


def test_a_message_event_gives_back_its_message() -> None:
    """The history is made of these."""
    message = Message("user", (Text("hello"),))
    assert events.MessageAdded.of(message).message == message
