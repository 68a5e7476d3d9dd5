"""Requests in the form of the Messages API: what the vendor accepts, and a prompt cache that really hits."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Image, Message, Reply, Request, Text, Thinking, ToolCall, ToolResult, ToolSpec, Usage
from llmos.models.base import ignore_text
from llmos.models.claude import ClaudeModel
from llmos.models.claude_request import message_params, message_turns, thinking_params
from tests.support.loopback import Received
from tests.support.messages_api import MessagesAPI
from tests.support.messages_rules import PromptCache, complaint

LOOK = ToolSpec("look", "Look around.", {"type": "object", "properties": {}})
MOVE = ToolSpec("move", "Move the arm.", {"type": "object", "properties": {"x": {"type": "number"}}})
GO = Message("user", (Text("go"),))
BOUND = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}


def params(request: Request, **changes: Any) -> dict[str, Any]:
    """The arguments for a request, as JSON."""
    arguments = {"thinking": None, "effort": None, **changes}
    encoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(message_params(request, "claude-x", **arguments)))
    return encoded


def marked(body: dict[str, Any]) -> list[str]:
    """Where the breakpoints stand, e.g. `tools.0`, `system.0`, `messages.2.1`."""
    found = [f"tools.{n}" for n, tool in enumerate(body.get("tools", ())) if "cache_control" in tool]
    found += [f"system.{n}" for n, block in enumerate(body.get("system", ())) if "cache_control" in block]
    for n, turn in enumerate(body["messages"]):
        found += [f"messages.{n}.{m}" for m, block in enumerate(turn["content"]) if "cache_control" in block]
    return found


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("claude-opus-5-5", BOUND),
        ("claude-haiku-5-5", BOUND),
        ("claude-fable-5-1", BOUND),
        ("claude-sonnet-5", {"type": "adaptive"}),
        ("claude-opus-5-20260901", {"type": "adaptive"}),
        ("claude-opus-4-6", {"type": "adaptive"}),
        ("claude-haiku-4-5-20251001", None),
        ("claude-opus-4-5", None),
        ("claude-opus-4-20250514", None),
        ("claude-3-7-sonnet-20250219", None),
        ("my-gateway-model", None),
    ],
)
def test_adaptive_thinking_is_asked_of_models_that_have_it(model: str, thinking: dict[str, Any] | None) -> None:
    """Since 4.6 models take it, others refuse the whole request; since 5.1 reasoning is bound to its conversation."""
    assert thinking_params(model) == thinking


def test_a_last_turn_keeps_the_tools_and_forbids_them() -> None:
    """The prefix stays as it was, for the sake of cache and reasoning; the reply must be an answer."""
    body = params(Request("", (GO,), (LOOK,), may_call_tools=False))
    assert body["tool_choice"] == {"type": "none"}
    assert [tool["name"] for tool in body["tools"]] == ["look"]
    assert "tool_choice" not in params(Request("", (GO,), may_call_tools=False))


def test_nothing_is_sent_that_newer_models_refuse() -> None:
    """No temperature, no prefill, no field without need."""
    body = params(Request("Be brief.", (GO,), max_output_tokens=7))
    assert body == {
        "model": "claude-x",
        "max_tokens": 7,
        "stream": True,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "go", "cache_control": {"type": "ephemeral"}}]}
        ],
    }


def test_thinking_and_effort_are_sent_when_chosen() -> None:
    """Reasoning is adaptive; effort stands in the output's configuration."""
    body = params(Request("", (GO,)), thinking=BOUND, effort="high")
    assert body["thinking"] == BOUND
    assert body["extra_headers"] == {"anthropic-beta": "thinking-binding-controls-2026-08-01"}
    assert body["output_config"] == {"effort": "high"}


def test_breakpoints_stand_where_the_last_request_ended_and_where_this_one_ends() -> None:
    """Tools, system, the end of the request before, the end of this one: four, the vendor's limit."""
    answer = Message("assistant", (Text("Looking."), ToolCall("1", "look", {})))
    result = Message("user", (ToolResult("1", (Text("a cube"),)), Text("go on")))
    assert marked(params(Request("S", (GO,), (LOOK, MOVE)))) == ["tools.1", "system.0", "messages.0.0"]
    four = ["tools.1", "system.0", "messages.0.0", "messages.2.1"]
    assert marked(params(Request("S", (GO, answer, result), (LOOK, MOVE)))) == four


def test_reasoning_is_never_marked() -> None:
    """A paused reply goes back as the last message; its breakpoint stands on the last block that may have one."""
    paused = Message("assistant", (Text("Hm."), Thinking("more", "sig")))
    assert marked(params(Request("", (GO, paused)))) == ["messages.0.0", "messages.1.0"]
    only = Message("assistant", (Thinking("more", "sig"),))
    assert marked(params(Request("", (GO, only)))) == ["messages.0.0"]


def test_what_the_vendor_refuses_is_left_out() -> None:
    """Empty text, reasoning of other providers, pictures in failed results, and turns that hold nothing else."""
    turns = message_turns(
        (
            Message("user", (Text("look"), Text(" \n"))),
            Message("assistant", (Thinking("a local model's", ""), Text(""))),
            Message("user", (ToolResult("1", (Text("no camera"), Image(b"png")), is_error=True),)),
        )
    )
    cached = {"cache_control": {"type": "ephemeral"}}
    failed = {
        "type": "tool_result",
        "tool_use_id": "1",
        "content": [{"type": "text", "text": "no camera"}],
        "is_error": True,
    }
    assert turns == [
        {"role": "user", "content": [{"type": "text", "text": "look"}]},
        {"role": "user", "content": [{**failed, **cached}]},
    ]


def test_images_travel_as_base64() -> None:
    """A picture keeps its bytes and its media type."""
    [turn] = message_turns((Message("user", (Image(b"\xff\xd8", "image/jpeg"),)),))
    source = {"type": "base64", "media_type": "image/jpeg", "data": b64encode(b"\xff\xd8").decode()}
    assert turn["content"][0]["source"] == source


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SPOKEN = st.one_of(st.builds(Text, TEXTS), st.builds(Thinking, TEXTS, TEXTS, st.just(False)))
SHOWN = st.one_of(st.builds(Text, TEXTS), st.builds(Image, st.binary(max_size=4)))


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """A goal, then steps of any text, reasoning, calls and results."""
    messages = [Message("user", (Text("go"), *draw(st.lists(SHOWN, max_size=2))))]
    for step in range(draw(st.integers(0, 5))):
        calls = [ToolCall(f"t{step}_{n}", "look", {}) for n in range(draw(st.integers(1, 12)))]
        results = [ToolResult(call.id, tuple(draw(st.lists(SHOWN, max_size=2))), draw(st.booleans())) for call in calls]
        messages.append(Message("assistant", (*draw(st.lists(SPOKEN, max_size=2)), *calls)))
        messages.append(Message("user", (*draw(st.lists(st.builds(Text, TEXTS), max_size=1)), *results)))
    return tuple(messages)


@given(conversations(), TEXTS)
def test_every_conversation_obeys_the_vendors_rules(messages: tuple[Message, ...], system: str) -> None:
    """Whatever was said and shown, the request is one that the API accepts."""
    body = msgspec.json.encode(params(Request(system, messages, (LOOK, MOVE)), thinking={"type": "adaptive"}))
    assert complaint(Received("POST", "/v1/messages", {"authorization": "Bearer k"}, body)) is None


@given(conversations())
def test_a_longer_conversation_begins_like_the_shorter_one(messages: tuple[Message, ...]) -> None:
    """The prefix is byte-stable: but for moving breakpoints, no block ever changes once it was sent."""

    def bare(body: dict[str, Any]) -> list[Any]:
        blocks = [block for turn in body["messages"] for block in turn["content"]]
        return [{key: value for key, value in block.items() if key != "cache_control"} for block in blocks]

    whole = bare(params(Request("S", messages)))
    for length in range(1, len(messages), 2):
        shorter = bare(params(Request("S", messages[:length])))
        assert whole[: len(shorter)] == shorter


@pytest.mark.anyio
@pytest.mark.parametrize("parallel", [1, 30])
async def test_each_step_reads_all_of_the_step_before_from_the_cache(parallel: int) -> None:
    """By the vendor's rules of lookback, a run pays for each token once, also with thirty calls in a step."""
    cache = PromptCache()
    history: list[Message] = [GO]
    totals: list[int] = []
    async with MessagesAPI(cache) as api:
        model = ClaudeModel("claude-opus-5-5", "k", api.url)
        for step in range(8):
            calls = tuple(ToolCall(f"t{step}_{n}", "look", {}) for n in range(parallel))
            api.say(Reply((Thinking("Hm.", "sig"), *calls), "tools", Usage(0, 20), "m"))
            request = Request("You are careful. " * 300, tuple(history), (LOOK, MOVE))
            reply = await model.reply(request, ignore_text)
            assert reply.usage.cache_read_tokens == (totals[-1] if totals else 0)
            assert reply.usage.input_tokens == 0
            totals.append(reply.usage.cache_read_tokens + reply.usage.cache_write_tokens)
            history.append(reply.message)
            history.append(Message("user", tuple(ToolResult(call.id, (Text("a cube"),)) for call in reply.tool_calls)))
        await model.aclose()
    assert totals == sorted(totals)


def test_a_longer_cache_lifetime_is_asked_for_at_every_breakpoint() -> None:
    """An hour is priced otherwise than five minutes, so it is said wherever a prefix may be stored."""
    asked = Request("You are a test.", (Message("user", (Text("go"),)),), (ToolSpec("a", "A.", {"type": "object"}),))
    params = message_params(asked, "claude-x", thinking=None, effort=None, lifetime="1h")
    marks = [params["tools"][-1], params["system"][0], params["messages"][-1]["content"][-1]]
    assert [mark["cache_control"] for mark in marks] == [{"type": "ephemeral", "ttl": "1h"}] * 3
