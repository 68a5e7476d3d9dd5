"""Chat completions as servers really stream them: OpenAI's form, and the liberties that others take."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import ModelError, RetryableError
from llmos.messages import Message, Reply, Text, Thinking, ToolCall, Usage
from llmos.models.base import BrokenReplyError, FailedReplyError, ignore_text
from llmos.models.openai_reply import ChatReply
from tests.support.openai_api import chunk, chunks, counted, fragment, wire


def read(*stream: bytes) -> Reply:
    """The reply that these bytes make."""
    collected = ChatReply("http://server", ignore_text)
    for received in stream:
        collected.feed(received)
    return collected.reply("asked-model", 4)


def calls(*fragments: dict[str, Any], finish: str = "tool_calls") -> tuple[ToolCall, ...]:
    """The tool calls that fragments make, each in a chunk of its own."""
    reply = read(*wire([*(chunk({"tool_calls": [piece]}) for piece in fragments), chunk({}, finish)]))
    assert reply.stop_reason == "tools"
    return reply.tool_calls


RICH = Reply(
    (Thinking("Let me see."), Text("Both."), ToolCall("a", "move", {"x": 1.5}), ToolCall("b", "look", {})),
    "tools",
    Usage(100, 20, 28),
    "served-model",
)


def test_a_rich_reply_arrives_whole() -> None:
    """Reasoning, text, parallel calls in fragments, and usage with what a cache served."""
    assert read(*wire(chunks(RICH))) == RICH


def test_whole_calls_in_one_chunk() -> None:
    """Ollama sends each call at once, some servers all of them in one chunk."""
    both = [fragment(0, "a", "move", '{"x": 1}'), fragment(1, "b", "look", "{}")]
    expected = (ToolCall("a", "move", {"x": 1}), ToolCall("b", "look", {}))
    assert calls(*both) == expected
    assert read(*wire([chunk({"tool_calls": both}, "tool_calls")])).tool_calls == expected


def test_arguments_as_an_object() -> None:
    """Arguments that are an object already need no parsing."""
    assert calls(fragment(0, "a", "move", {"x": 1, "to": {"y": [2]}})) == (
        ToolCall("a", "move", {"x": 1, "to": {"y": [2]}}),
    )


def test_parallel_calls_that_all_say_index_zero() -> None:
    """A new id at an old index is a new call."""
    first = [fragment(0, "a", "move", ""), fragment(0, "", None, '{"x": 1}')]
    second = [fragment(0, "b", "look", ""), fragment(0, "", None, "{}")]
    assert calls(*first, *second) == (ToolCall("a", "move", {"x": 1}), ToolCall("b", "look", {}))


def test_calls_without_id_or_index_get_ids_of_their_own() -> None:
    """Calls that their server does not name are told apart, also from those of other turns."""
    nameless = [{"function": {"name": "look", "arguments": "{}"}}, {"function": {"name": "look", "arguments": "{}"}}]
    assert calls(*nameless) == (ToolCall("call_4_1", "look", {}), ToolCall("call_4_2", "look", {}))


def test_another_name_at_an_old_index() -> None:
    """A new name is a new call, also where the call before has no arguments."""
    assert calls(fragment(0, None, "look"), fragment(0, None, "move", '{"x": 1}')) == (
        ToolCall("call_4_1", "look", {}),
        ToolCall("call_4_2", "move", {"x": 1}),
    )


def test_a_name_in_every_fragment() -> None:
    """A repeated name does not begin a new call while arguments are open."""
    pieces = [fragment(0, "a", "move", '{"x":'), fragment(0, None, "move", " 1"), fragment(0, None, "move", "}")]
    assert calls(*pieces) == (ToolCall("a", "move", {"x": 1}),)


@pytest.mark.parametrize("arguments", ["{}", '{"x": 1}', {"x": 1}])
@pytest.mark.parametrize("again", [None, "", "the same"])
def test_one_id_is_one_call(arguments: Any, again: str | None) -> None:
    """Whoever says name and id once more, with all arguments or without any, calls nothing a second time."""
    repeated = arguments if again == "the same" else again
    (call,) = calls(fragment(0, "a", "move", arguments), fragment(0, "a", "move", repeated))
    assert call == calls(fragment(0, "a", "move", arguments))[0]
    assert call.malformed is None


def test_what_one_id_says_beyond_its_arguments_is_not_thrown_away() -> None:
    """Nobody knows which of the two is meant, so the model is told what it wrote and nothing is called."""
    (call,) = calls(fragment(0, "a", "move", "{}"), fragment(0, "a", "move", '{"x": 1}'))
    assert call.malformed == '{}{"x": 1}'


def test_an_empty_object_first_is_no_whole_call() -> None:
    """A call whose fragments all lack arguments has none."""
    assert calls(fragment(0, "a", "look")) == (ToolCall("a", "look", {}),)


def test_a_call_that_ends_with_stop_is_a_call() -> None:
    """Some servers finish with `stop` although they call a tool."""
    assert calls(fragment(0, "a", "look", "{}"), finish="stop") == (ToolCall("a", "look", {}),)


def test_tool_calls_without_a_call_is_an_end() -> None:
    """A reason that promises calls without any is the end of a text."""
    assert read(*wire([chunk({"content": "hi"}, "tool_calls")])).stop_reason == "end"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("stop", "end"), ("length", "length"), ("content_filter", "refusal"), ("eos", "end"), ("function_call", "end")],
)
def test_finish_reasons_are_mapped(theirs: str, ours: str) -> None:
    """The reasons of the API, and those that servers add."""
    assert read(*wire([chunk({"content": "x"}, theirs)])).stop_reason == ours


def test_a_refusal_is_told() -> None:
    """The words of a refusal stand beside the reply."""
    reply = read(*wire([chunk({"refusal": "I can"}), chunk({"refusal": "not."}), chunk({}, "stop")]))
    assert (reply.stop_reason, reply.stop_detail, reply.parts) == ("refusal", "I cannot.", ())


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content"])
def test_reasoning_is_kept_apart(key: str) -> None:
    """Both names that servers use for reasoning are read."""
    assert read(*wire([chunk({key: "hm"}), chunk({"content": "x"}, "stop")])).parts == (Thinking("hm"), Text("x"))


def test_a_server_that_does_not_count_counts_zero() -> None:
    """Usage is what the server says, never a guess; a missing model is the one that was asked for."""
    reply = read(*wire([{"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}]))
    assert (reply.usage, reply.model) == (Usage(), "asked-model")


def test_usage_in_every_chunk_is_cumulative() -> None:
    """The last count stands."""
    running = [chunk({"content": "x"}, usage={"prompt_tokens": 9, "completion_tokens": n}) for n in (1, 2)]
    assert read(*wire([*running, chunk({}, "stop")])).usage == Usage(9, 2)


def test_a_whole_completion_is_read_as_well() -> None:
    """A server that ignores `stream` sends one message."""
    message = {"role": "assistant", "content": "hi", "tool_calls": None}
    whole = {
        "model": "m",
        "choices": [{"message": message, "finish_reason": "stop"}],
        "usage": counted(Usage(3, 1))["usage"],
    }
    collected = ChatReply("http://server", ignore_text)
    collected.add_chunk(json.dumps(whole).encode())
    assert collected.reply("m", 1) == Reply((Text("hi"),), "end", Usage(3, 1), "m")


def test_comments_and_other_fields_are_skipped() -> None:
    """OpenRouter sends comments to keep a connection open."""
    stream = b": OPENROUTER PROCESSING\n\nevent: x\nid: 3\n\n" + b"".join(wire(chunks(RICH))).replace(b"\n", b"\r\n")
    assert read(stream) == RICH


@given(st.lists(st.integers(0, 4000), max_size=8))
def test_it_does_not_matter_where_the_network_cuts(cuts: list[int]) -> None:
    """Any cut of the bytes gives the same reply, also through letters and marks that look like ends of lines."""
    said = Reply((Text("Ü\u2028\x85 🙂"), ToolCall("a", "move", {"x": "\u2029"})), "tools", Usage(1, 1), "m")
    whole = b"".join(wire(chunks(said, pieces=1)))
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    assert read(*[whole[start:end] for start, end in pairwise(edges)]) == said


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(received: bytes) -> None:
    """Whatever a server sends is a reply or a broken one."""
    found: Reply | str
    try:
        found = read(b"data: " + received, b"\n")
    except ModelError as error:
        found = str(error)
    assert isinstance(found, Reply) or found.startswith("http://server ")


def test_a_stream_that_ends_early_is_broken() -> None:
    """Neither a reason to stop nor the closing mark: the reply is not whole."""
    call = fragment(0, "a", "move_to", '{"x": 1')
    begun = [chunk({"reasoning": "Hm."}), chunk({"content": "he"}), chunk({"tool_calls": [call]})]
    with pytest.raises(BrokenReplyError) as raised:
        read(*wire(begun, done=False))
    assert str(raised.value) == "http://server ended the stream before the reply was complete"
    cut_off = ToolCall("a", "move_to", {}, malformed='{"x": 1')
    assert raised.value.said == Message("assistant", (Thinking("Hm."), Text("he"), cut_off))


def test_a_chunk_that_is_none_is_broken() -> None:
    """Garbage is a broken reply, not a traceback."""
    with pytest.raises(BrokenReplyError) as raised:
        read(b"data: {]\n")
    problem = "JSON is malformed: object keys must be strings (byte 1)"
    assert str(raised.value) == f"http://server sent a chunk that is none: {problem}"


@pytest.mark.parametrize(
    ("error", "words", "passes"),
    [
        ({"message": "Provider disconnected", "code": 502}, "Provider disconnected", True),
        ({"message": "context is full", "code": 400}, "context is full", False),
        ({"message": "odd", "code": "server_error"}, "odd", True),
        ("plain words", "plain words", True),
    ],
)
def test_an_error_amid_the_stream(error: Any, words: str, passes: bool) -> None:
    """Servers report failures as chunks once a stream has begun; llama-server in a field of its own."""
    for field in (b"data", b"error"):
        said = wire([chunk({"content": "he"})], done=False)
        with pytest.raises(FailedReplyError) as raised:
            read(*said, field + b": " + json.dumps({"error": error}).encode() + b"\n")
        assert isinstance(raised.value, RetryableError) == passes
        assert raised.value.said == Message("assistant", (Text("he"),))
        assert str(raised.value) == f"http://server broke off the reply: {words}"
