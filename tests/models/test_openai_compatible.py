"""The adapter of OpenAI-compatible servers before a loopback server: requests, failures, keys."""

import subprocess
import sys
from base64 import b64encode
from typing import Any

import pytest

from llmos.errors import LLMosError, ModelError, RetryableError
from llmos.messages import Image, Message, Reply, Request, Text, Thinking, ToolCall, ToolResult, ToolSpec, Usage
from llmos.models.base import BrokenReplyError, ignore_text
from llmos.models.openai_compatible import OpenAICompatibleModel
from llmos.models.openai_request import chat_messages, chat_params
from tests.support.loopback import Answer, json_answer
from tests.support.openai_api import ChatAPI, chunks, wire

pytestmark = pytest.mark.anyio

HELLO = Reply((Text("Hello there."),), "end", Usage(9, 3), "served-model")
JPEG = b"\xff\xd8"
GO = Message("user", (Text("go"),))


def asked(**changes: Any) -> Request:
    """A request with one message."""
    return Request("You move an arm.", (GO,), **changes)


async def raised_by(api: ChatAPI) -> ModelError:
    """The error that one request ends with."""
    model = OpenAICompatibleModel("test-model", base_url=api.url)
    with pytest.raises(ModelError) as raised:
        await model.reply(asked(), ignore_text)
    await model.aclose()
    return raised.value


def test_a_request_holds_what_all_servers_understand() -> None:
    """No temperature, usage asked for, schema and tools where there are any."""
    look = ToolSpec("look", "Look around.", {"type": "object"})
    assert chat_params(asked(tools=(look,), response_schema={"type": "object"}), "m", "max_tokens") == {
        "model": "m",
        "max_tokens": 4096,
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "system", "content": "You move an arm."}, {"role": "user", "content": "go"}],
        "tools": [
            {
                "type": "function",
                "function": {"name": "look", "description": "Look around.", "parameters": {"type": "object"}},
            }
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": {"type": "object"}}},
    }


def test_a_last_turn_keeps_the_tools_and_forbids_them() -> None:
    """The tools stay listed, since the history speaks of them; the reply must be an answer."""
    look = ToolSpec("look", "Look around.", {"type": "object"})
    params = chat_params(asked(tools=(look,), may_call_tools=False), "m", "max_tokens")
    assert params["tool_choice"] == "none"
    assert len(params["tools"]) == 1


def test_a_conversation_in_the_servers_form() -> None:
    """Results are messages of their own, pictures follow them, reasoning and malformed arguments stay behind."""
    calls = (ToolCall("1", "look", {"at": "cube"}), ToolCall("2", "look", {}, malformed='{"at'))
    results = (
        ToolResult("1", (Text("a cube"), Image(JPEG, "image/jpeg"))),
        ToolResult("2", (Text("no"),), is_error=True),
    )
    url = f"data:image/jpeg;base64,{b64encode(JPEG).decode()}"
    history = (GO, Message("assistant", (Thinking("hm", "sig"), *calls)), Message("user", (Text("hurry"), *results)))
    assert list(chat_messages("", history)) == [
        {"role": "user", "content": "go"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at":"cube"}'}},
                {"id": "2", "type": "function", "function": {"name": "look", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "a cube"},
        {"role": "tool", "tool_call_id": "2", "content": "no"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "hurry"}, {"type": "image_url", "image_url": {"url": url}}],
        },
    ]


async def test_no_key_is_needed_and_none_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of one's own is asked without a key; what belongs to OpenAI in the environment is not sent to it."""
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, f"env-{name}")
    async with ChatAPI() as api:
        api.say(HELLO)
        model = OpenAICompatibleModel("test-model", base_url=api.url)
        assert await model.reply(asked(), ignore_text) == HELLO
        await model.aclose()
        assert "env-" not in str(api.requests[0].headers)
        assert api.requests[0].json["max_tokens"] == 4096


async def test_a_server_that_does_not_stream_is_understood() -> None:
    """One whole completion in JSON is a reply."""
    pieces: list[str] = []
    whole = {"model": "m", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
    async with ChatAPI() as api:
        api.answer(json_answer(200, whole))
        model = OpenAICompatibleModel("test-model", base_url=api.url)
        reply = await model.reply(asked(), pieces.append)
        await model.aclose()
    assert (reply.text, pieces) == ("hi", ["hi"])


@pytest.mark.parametrize(
    ("status", "sentence", "wait_s"),
    [
        (429, "{url} cannot answer now (429): Their words.", 2.0),
        (503, "{url} cannot answer now (503): Their words.", 2.0),
        (400, "{url} refused the request (400): Their words.", None),
        (401, "{url} refused the key, set OPENAI_API_KEY to a valid one: Their words.", None),
        (404, "{url} has no model 'test-model', or no chat completions there: Their words.", None),
    ],
)
async def test_what_a_status_means(status: int, sentence: str, wait_s: float | None) -> None:
    """Each refusal is a sentence with the server's words; it is asked once."""
    async with ChatAPI() as api:
        api.fail(status, "Their words.", (("retry-after", "2"),))
        error = await raised_by(api)
        assert len(api.requests) == 1
        assert str(error) == sentence.format(url=api.url)
    assert getattr(error, "retry_after_s", None) == wait_s


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "plain words"}, "plain words"),
        ({"detail": "FastAPI's words"}, "FastAPI's words"),
        ({"object": "error", "message": "vLLM's words"}, "vLLM's words"),
    ],
)
async def test_words_are_found_wherever_a_server_puts_them(body: Any, words: str) -> None:
    """Servers disagree on the form of an error."""
    async with ChatAPI() as api:
        api.answer(json_answer(400, body))
        assert str(await raised_by(api)) == f"{api.url} refused the request (400): {words}"


async def test_a_server_that_is_not_there_may_come_back(free_port: int) -> None:
    """A refused connection is retryable and names the address."""
    model = OpenAICompatibleModel("test-model", base_url=f"http://127.0.0.1:{free_port}/v1")
    with pytest.raises(RetryableError) as raised:
        await model.reply(asked(), ignore_text)
    await model.aclose()
    assert str(raised.value) == f"http://127.0.0.1:{free_port}/v1 cannot be reached: All connection attempts failed"


async def test_a_web_page_is_no_server_of_models() -> None:
    """An address that belongs to something else is not asked again."""
    async with ChatAPI() as api:
        api.answer(Answer((b"<html>",), headers=(("content-type", "text/html"),)))
        error = await raised_by(api)
        assert str(error) == f"{api.url} does not stream: it answered with text/html"
    assert not isinstance(error, RetryableError)


async def test_a_connection_that_drops_is_retryable() -> None:
    """Half a reply is none."""
    async with ChatAPI() as api:
        api.answer(Answer(wire(chunks(HELLO))[:2], then="drop"))
        error = await raised_by(api)
        assert isinstance(error, BrokenReplyError)
        assert str(error) == (
            f"{api.url} broke off while the reply came in: "
            "peer closed connection without sending complete message body (incomplete chunked read)"
        )
    assert (error.usage, error.said) == (Usage(), Message("assistant", (Text("Hell"),)))


async def test_a_connection_that_drops_before_anything_came_in_has_said_nothing() -> None:
    """So that nothing is charged for it."""
    async with ChatAPI() as api:
        api.answer(Answer((b": wait\n\n",), then="drop"))
        error = await raised_by(api)
    assert isinstance(error, BrokenReplyError)
    assert (error.usage, error.said) == (Usage(), None)


def test_openai_itself_needs_a_key() -> None:
    """Without a key and without an address there is nobody to ask."""
    with pytest.raises(LLMosError) as raised:
        OpenAICompatibleModel("gpt-x")
    assert str(raised.value) == (
        "openai:gpt-x needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server of your own, "
        "such as http://127.0.0.1:8080/v1"
    )


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(LLMosError) as raised:
        OpenAICompatibleModel("qwen", base_url="http://127.0.0.1:8080/v1")
    assert str(raised.value) == "openai:qwen needs the openai package: pip install 'llmos[openai]'"


def test_making_a_model_imports_no_sdk() -> None:
    """A command that asks no model does not wait for the import."""
    code = (
        "import sys; from llmos.models.openai_compatible import OpenAICompatibleModel; "
        "OpenAICompatibleModel('m', 'k'); sys.exit(any(n in sys.modules for n in ('openai', 'httpx2', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
