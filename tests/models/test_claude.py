"""The Claude adapter before a loopback Messages API: streams, failures, connections, and what it never does."""

import json
import subprocess
import sys
from typing import Any, Literal

import anyio
import pytest
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from llmos.errors import LLMosError, ModelError, RetryableError
from llmos.messages import Message, Reply, Request, Text, Thinking, ToolCall, ToolResult, Usage
from llmos.models.base import BrokenReplyError, FailedReplyError, ignore_text
from llmos.models.claude import ClaudeModel
from tests.support.loopback import Answer
from tests.support.messages_api import HEADERS, MessagesAPI, error_body, events, sse

pytestmark = pytest.mark.anyio

RICH = Reply(
    (
        Thinking("Let me see.", "sig-1=="),
        Thinking("", "encrypted-blob", redacted=True),
        Text("On my way."),
        ToolCall("toolu_1", "move_to", {"x": 1.5, "note": "ünï"}),
        ToolCall("toolu_2", "look", {}),
    ),
    "tools",
    Usage(120, 34, 5000, 700),
    "claude-opus-5-5",
)


def asked(text: str = "go", **changes: Any) -> Request:
    """A request with one message."""
    return Request("You move an arm.", (Message("user", (Text(text),)),), **changes)


def claude(api: MessagesAPI, model: str = "claude-opus-5-5", **changes: Any) -> ClaudeModel:
    """The adapter, pointed at the loopback server."""
    return ClaudeModel(model, "test-key", api.url, **changes)


def test_the_loopback_server_speaks_as_the_vendor_declares() -> None:
    """Each event that the tests feed to the adapter is valid by the SDK's own types."""
    declared: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    refusal = Reply((), "refusal", Usage(1, 1), "claude-opus-5-5", stop_detail="No.")
    fed = [event for event in [*events(RICH), *events(refusal)] if event["type"] != "ping"]
    assert [declared.validate_python(event, strict=True).type for event in fed] == [event["type"] for event in fed]


async def test_a_rich_reply_arrives_whole() -> None:
    """Reasoning with signatures, text, parallel calls and all four counts of tokens."""
    async with MessagesAPI() as api:
        api.say(RICH)
        model = claude(api)
        assert await model.reply(asked(), ignore_text) == RICH
        await model.aclose()


@pytest.mark.parametrize(
    ("vendors", "ours", "detail"),
    [
        ("end_turn", "end", ""),
        ("max_tokens", "length", ""),
        ("stop_sequence", "stop_sequence", ""),
        ("tool_use", "tools", ""),
        ("pause_turn", "pause", ""),
        ("refusal", "refusal", ""),
        ("model_context_window_exceeded", "length", "the model's context window is full"),
        ("brand_new_reason", "end", "brand_new_reason"),
    ],
)
async def test_every_stop_reason_is_mapped(vendors: str, ours: str, detail: str) -> None:
    """Each reason of the vendor has one of ours, and an unknown one is passed on in words."""
    async with MessagesAPI() as api:
        api.stream(events(Reply((Text("x"),), "end", Usage(1, 1), "m"), stop_reason=vendors))
        model = claude(api)
        reply = await model.reply(asked(), ignore_text)
        await model.aclose()
    assert (reply.stop_reason, reply.stop_detail) == (ours, detail)


async def test_a_stop_without_a_reason_has_no_detail() -> None:
    """As gateways send it."""
    sent = [*events(Reply((Text("x"),), "end", Usage(1, 1), "m"))]
    for event in sent:
        if event["type"] == "message_delta":
            event["delta"]["stop_reason"] = None
    async with MessagesAPI() as api:
        api.stream(iter(sent))
        model = claude(api)
        reply = await model.reply(asked(), ignore_text)
        await model.aclose()
    assert (reply.stop_reason, reply.stop_detail) == ("end", "")


async def test_a_refusal_carries_the_vendors_explanation() -> None:
    """Why the vendor stopped the model is told."""
    async with MessagesAPI() as api:
        api.say(Reply((), "refusal", Usage(1, 1), "m", stop_detail="This touches on biology."))
        model = claude(api)
        reply = await model.reply(asked(), ignore_text)
        await model.aclose()
    assert (reply.stop_reason, reply.stop_detail) == ("refusal", "This touches on biology.")


async def raised_by(api: MessagesAPI, model: ClaudeModel | None = None) -> ModelError:
    """The error that one request ends with."""
    model = model or claude(api)
    with pytest.raises(ModelError) as raised:
        await model.reply(asked(), ignore_text)
    await model.aclose()
    return raised.value


@pytest.mark.parametrize(
    ("status", "kind", "headers", "retryable", "wait_s"),
    [
        (429, "rate_limit_error", (("retry-after", "7"),), True, 7.0),
        (529, "overloaded_error", (), True, None),
        (500, "api_error", (), True, None),
        (504, "timeout_error", (("retry-after-ms", "250"),), True, 0.25),
        (408, "timeout_error", (), True, None),
        (400, "invalid_request_error", (), False, None),
        (402, "billing_error", (), False, None),
        (403, "permission_error", (), False, None),
        (413, "invalid_request_error", (), False, None),
        (429, "rate_limit_error", (("x-should-retry", "false"),), False, None),
    ],
)
async def test_what_may_pass_is_retryable_and_is_asked_once(
    status: int, kind: str, headers: tuple[tuple[str, str], ...], retryable: bool, wait_s: float | None
) -> None:
    """Status and headers decide; the adapter itself never asks twice."""
    async with MessagesAPI() as api:
        api.fail(status, kind, "The vendor's words.", headers)
        error = await raised_by(api)
        assert len(api.requests) == 1
    assert isinstance(error, RetryableError) == retryable
    if isinstance(error, RetryableError):
        assert error.retry_after_s == wait_s
        assert str(error) == f"the Anthropic API cannot answer now ({status} {kind}): The vendor's words."
    else:
        assert str(error) == f"the Anthropic API refused the request ({status} {kind}): The vendor's words."


async def test_a_bad_key_is_named() -> None:
    """The sentence says which variable to set."""
    async with MessagesAPI() as api:
        api.fail(401, "authentication_error", "invalid x-api-key")
        sentence = "the Anthropic API refused the key, set ANTHROPIC_API_KEY to a valid one: invalid x-api-key"
        assert str(await raised_by(api)) == sentence


def test_a_missing_key_is_the_users_mistake() -> None:
    """Without a key there is no model, and the alternatives are named."""
    with pytest.raises(LLMosError) as raised:
        ClaudeModel("claude-opus-5-5", None)
    sentence = (
        "claude-opus-5-5 needs a key: set ANTHROPIC_API_KEY, or choose another model with --model, such as pocket"
    )
    assert str(raised.value) == sentence
    assert raised.value.exit_code == 2


async def test_an_unknown_model_names_the_nearest() -> None:
    """A typo in a model's id is answered with the id that was meant."""
    async with MessagesAPI() as api:
        api.fail(404, "not_found_error", "model: claude-opus-55")
        error = await raised_by(api, claude(api, "claude-opus-55"))
    assert str(error) == "the Anthropic API has no model 'claude-opus-55', did you mean 'claude-opus-5-5'?"


async def test_a_server_that_is_not_there_may_come_back(free_port: int) -> None:
    """A refused connection is retryable and names the address."""
    model = ClaudeModel("claude-opus-5-5", "test-key", f"http://127.0.0.1:{free_port}/")
    with pytest.raises(RetryableError) as raised:
        await model.reply(asked(), ignore_text)
    await model.aclose()
    assert str(raised.value) == f"http://127.0.0.1:{free_port} cannot be reached: All connection attempts failed"


async def test_a_web_page_is_no_messages_api() -> None:
    """A wrong base URL that answers with something else is not asked again."""
    async with MessagesAPI() as api:
        api.answer(Answer((b"<html>",), headers=(("content-type", "text/html"),)))
        error = await raised_by(api)
        assert str(error) == f"{api.url} does not stream: it answered with text/html"
    assert not isinstance(error, RetryableError)


async def test_a_connection_that_drops_is_retryable_and_says_what_was_billed() -> None:
    """The SDK does not retry a broken stream; the router may, and the tokens counted so far are known."""
    pieces: list[str] = []
    async with MessagesAPI() as api:
        api.stream(list(events(Reply((Text("one two three"),), "end", Usage(900, 9), "m")))[:5], then="drop")
        model = claude(api)
        with pytest.raises(BrokenReplyError) as raised:
            await model.reply(asked(), pieces.append)
        await model.aclose()
        assert str(raised.value) == (
            f"{api.url} broke off while the reply came in: "
            "peer closed connection without sending complete message body (incomplete chunked read)"
        )
    assert raised.value.usage == Usage(900, 1)
    assert pieces
    assert raised.value.said == Message("assistant", (Text("".join(pieces)),))


async def test_a_stream_that_ends_early_is_retryable() -> None:
    """A proxy that closes a stream politely does not make half a reply a whole one."""
    async with MessagesAPI() as api:
        api.stream(list(events(RICH))[:-1])
        error = await raised_by(api)
    assert isinstance(error, BrokenReplyError)
    assert str(error) == "the Anthropic API ended the stream before the reply was complete"


@pytest.mark.parametrize(("kind", "retryable"), [("overloaded_error", True), ("invalid_request_error", False)])
async def test_an_error_amid_the_stream(kind: str, retryable: bool) -> None:
    """The vendor reports failures as events once a stream has begun; only those that pass are retryable."""
    async with MessagesAPI() as api:
        api.stream([*list(events(RICH))[:4], error_body(kind, "Overloaded")])
        error = await raised_by(api)
    assert isinstance(error, FailedReplyError)
    assert isinstance(error, RetryableError) == retryable
    assert error.usage.total
    assert error.said is not None
    assert str(error) == f"the Anthropic API broke off the reply with {kind}: Overloaded"


async def test_an_event_that_is_none_is_retryable() -> None:
    """Garbage in a stream is a broken reply, not a traceback."""
    async with MessagesAPI() as api:
        api.answer(Answer((b"event: message_start\ndata: {oops\n\n",), headers=HEADERS))
        error = await raised_by(api)
    assert isinstance(error, BrokenReplyError)
    sentence = "the Anthropic API sent an event that is none: JSON is malformed: object keys must be strings (byte 1)"
    assert str(error) == sentence


DONE = b"data: [DONE]\n\n"
"""What gateways to models of several vendors close every stream with."""


@pytest.mark.parametrize("then", ["end", "drop", "hang"])
async def test_what_follows_the_end_of_a_reply_does_not_void_it(then: Literal["end", "drop", "hang"]) -> None:
    """A whole reply has been paid for: neither garbage behind it nor the way the connection ends costs it."""
    async with MessagesAPI() as api:
        behind = (DONE, b"event: odd\ndata: {oops\n\n")
        api.answer(Answer((*(sse(event) for event in events(RICH)), *behind), headers=HEADERS, then=then))
        model = claude(api)
        assert await model.reply(asked(), ignore_text) == RICH
        await model.aclose()


async def test_a_record_without_a_name_is_no_event() -> None:
    """As the vendor's own client has it."""
    first, *rest = (sse(event) for event in events(RICH))
    async with MessagesAPI() as api:
        api.answer(Answer((first, DONE, *rest), headers=HEADERS))
        model = claude(api)
        assert await model.reply(asked(), ignore_text) == RICH
        await model.aclose()


async def test_a_connection_serves_one_reply_after_another() -> None:
    """What stands behind the end of a reply is read, so that the next one needs no new connection."""
    async with MessagesAPI() as api:
        api.say(RICH, RICH)
        model = claude(api)
        for _ in range(2):
            await model.reply(asked(), ignore_text)
            await api.server.wait_for_connections(1)
        assert api.server.opened == 1
        await model.aclose()


async def test_unknown_events_blocks_and_deltas_are_skipped() -> None:
    """A newer server does not break an older client."""
    stream = list(events(Reply((Text("hi"),), "end", Usage(1, 1), "m")))
    unknown = [
        {"type": "brand_new_event", "what": 1},
        {
            "type": "content_block_start",
            "index": 7,
            "content_block": {"type": "server_tool_use", "id": "x", "name": "y"},
        },
        {"type": "content_block_delta", "index": 7, "delta": {"type": "brand_new_delta"}},
        {"type": "content_block_delta", "index": 9, "delta": {"type": "text_delta", "text": "to nowhere"}},
    ]
    async with MessagesAPI() as api:
        api.stream([stream[0], *unknown, *stream[1:]])
        model = claude(api)
        assert (await model.reply(asked(), ignore_text)).parts == (Text("hi"),)
        await model.aclose()


async def test_a_call_without_streamed_arguments_takes_them_from_its_block() -> None:
    """Compatible servers send the input of a call at once."""
    stream = list(events(Reply((ToolCall("t", "go", {}),), "tools", Usage(1, 1), "m")))
    whole = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "tool_use", "id": "t", "name": "go", "input": {"x": 1}},
    }
    async with MessagesAPI() as api:
        api.stream([stream[0], whole, *stream[-3:]])
        model = claude(api)
        assert (await model.reply(asked(), ignore_text)).tool_calls == (ToolCall("t", "go", {"x": 1}),)
        await model.aclose()


async def test_text_that_is_not_unicode_is_a_sentence() -> None:
    """A lone surrogate, as it comes from a file name, cannot be sent."""
    async with MessagesAPI() as api:
        model = claude(api)
        with pytest.raises(ModelError) as raised:
            await model.reply(asked("caf\udce9"), ignore_text)
        await model.aclose()
    assert str(raised.value) == "the request holds text that is not valid Unicode: surrogates not allowed"


async def test_models_share_a_client_until_the_last_is_closed() -> None:
    """Two models of one key use one pool of connections, and closing one does not close it for the other."""
    async with MessagesAPI() as api:
        api.say(RICH, RICH, RICH)
        first, second = claude(api), claude(api, "claude-haiku-5-5")
        await first.reply(asked(), ignore_text)
        await second.reply(asked(), ignore_text)
        await api.server.wait_for_connections(1)
        await first.aclose()
        await second.reply(asked(), ignore_text)
        await api.server.wait_for_connections(1)
        await second.aclose()
        await api.server.wait_for_connections(0)
        assert len(api.requests) == 3


async def test_a_request_that_is_cancelled_before_any_answer_closes_its_connection() -> None:
    """A budget that runs out while the provider is still silent leaves nothing open."""
    async with MessagesAPI() as api:
        api.answer(Answer(then="silence"))
        model = claude(api)
        async with anyio.create_task_group() as group:
            group.start_soon(model.reply, asked(), ignore_text)
            await api.server.wait_for_connections(1)
            while not api.requests:
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        await api.server.wait_for_connections(0)
        await model.aclose()


async def test_many_replies_at_once() -> None:
    """A hundred requests in flight do not disturb each other."""
    async with MessagesAPI() as api:
        api.say(*[Reply((Text(f"answer {n}"),), "end", Usage(1, 1), "m") for n in range(100)])
        model = claude(api)
        texts: set[str] = set()

        async def ask() -> None:
            pieces: list[str] = []
            reply = await model.reply(asked(), pieces.append)
            assert "".join(pieces) == reply.text
            texts.add(reply.text)

        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(ask)
        await model.aclose()
    assert len(texts) == 100


def test_the_server_for_benchmarks_serves_whole_conversations() -> None:
    """As a process of its own it calls a tool so many times, then ends, in every conversation alike."""

    async def converse(url: str) -> None:
        model = ClaudeModel("claude-opus-5-5", "test-key", url)
        for _ in range(2):
            history = [Message("user", (Text("go"),))]
            while (reply := await model.reply(Request("", tuple(history)), ignore_text)).tool_calls:
                results = tuple(ToolResult(call.id, (Text("ok"),)) for call in reply.tool_calls)
                history += [reply.message, Message("user", results)]
            assert len(history) == 5
            assert reply.text == "All steps are done."
        await model.aclose()

    command = [sys.executable, "-m", "tests.support.messages_api", "--tool-calls", "2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        anyio.run(converse, json.loads(process.stdout.readline())["url"])


async def test_key_and_address_come_from_the_caller_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment redirects a call or changes its key."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "env-key")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "env-token")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    async with MessagesAPI() as api:
        api.say(RICH)
        model = claude(api)
        await model.reply(asked(), ignore_text)
        await model.aclose()
        sent = api.requests[0].headers
    assert "env-" not in str(sent)
    assert "test-key" in sent["authorization"]
    assert "traceparent" not in sent


async def test_a_conversation_obeys_the_vendors_rules() -> None:
    """Replies and results go back in a form that the API accepts, reasoning unchanged."""
    results = Message(
        "user", (Text("and hurry"), ToolResult("toolu_1", (Text("ok"),)), ToolResult("toolu_2", (Text(""),), True))
    )
    async with MessagesAPI() as api:
        api.say(RICH)
        model = claude(api)
        await model.reply(Request("", (*asked().messages, RICH.message, results)), ignore_text)
        await model.aclose()
        _, assistant, user = api.requests[0].json["messages"]
    assert assistant["content"][:2] == [
        {"type": "thinking", "thinking": "Let me see.", "signature": "sig-1=="},
        {"type": "redacted_thinking", "data": "encrypted-blob"},
    ]
    assert [block["type"] for block in user["content"]] == ["tool_result", "tool_result", "text"]


async def test_a_schema_is_sent_as_the_vendor_wants_it() -> None:
    """Objects are closed, limits that the vendor does not know move into descriptions."""
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}
    async with MessagesAPI() as api:
        api.say(RICH)
        model = claude(api, effort="low")
        await model.reply(asked(response_schema=schema), ignore_text)
        await model.aclose()
        assert api.requests[0].json["output_config"] == {
            "effort": "low",
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "properties": {"n": {"type": "integer", "description": "{minimum: 1}"}},
                    "required": ["n"],
                    "additionalProperties": False,
                },
            },
        }


def test_making_a_model_imports_no_sdk() -> None:
    """The SDK takes seconds to import; a command that asks no model does not wait for it."""
    code = (
        "import sys; from llmos.models.claude import ClaudeModel; ClaudeModel('claude-x', 'k'); "
        "sys.exit(any(name in sys.modules for name in ('anthropic', 'httpx2', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
