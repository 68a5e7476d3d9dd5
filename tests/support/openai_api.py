"""A stand-in for an OpenAI-compatible server, which takes the liberties that such servers take; knows no model."""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Self

from llmos.messages import Reply, Thinking, ToolCall, Usage
from tests.support.loopback import Answer, LoopbackServer, Received, json_answer
from tests.support.messages_api import cut

FINISH_REASONS = {"end": "stop", "tools": "tool_calls", "length": "length", "refusal": "content_filter"}


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **extra: Any) -> dict[str, Any]:
    """One chunk of a completion."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    envelope = {"id": "chatcmpl-test", "object": "chat.completion.chunk", "created": 1, "model": "test-model"}
    return {**envelope, "choices": [choice], **extra}


def fragment(index: int, call_id: str | None = None, name: str | None = None, arguments: Any = None) -> dict[str, Any]:
    """A piece of a tool call, without the fields that are None."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    call = {"index": index, "id": call_id, "type": "function" if call_id else None, "function": function}
    return {key: value for key, value in call.items() if value is not None}


def counted(usage: Usage) -> dict[str, Any]:
    """The closing chunk that counts."""
    prompt = usage.input_tokens + usage.cache_read_tokens
    details = {"cached_tokens": usage.cache_read_tokens}
    count = {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output_tokens,
        "total_tokens": prompt + usage.output_tokens,
        "prompt_tokens_details": details,
    }
    return {**chunk({}), "choices": [], "usage": count}


def chunks(reply: Reply, pieces: int = 3) -> Iterator[dict[str, Any]]:
    """The chunks of a reply as OpenAI itself streams them."""
    yield chunk({"role": "assistant", "content": ""}, model=reply.model)
    calls = 0
    for part in reply.parts:
        if isinstance(part, ToolCall):
            written = json.dumps(dict(part.args)) if part.malformed is None else part.malformed
            yield chunk({"tool_calls": [fragment(calls, part.id, part.name, "")]}, model=reply.model)
            for piece in cut(written, pieces):
                yield chunk({"tool_calls": [fragment(calls, arguments=piece)]}, model=reply.model)
            calls += 1
        else:
            key = "reasoning_content" if isinstance(part, Thinking) else "content"
            for piece in cut(part.text, pieces):
                yield chunk({key: piece}, model=reply.model)
    yield chunk({}, FINISH_REASONS[reply.stop_reason], model=reply.model)
    yield {**counted(reply.usage), "model": reply.model}


def wire(events: Iterable[dict[str, Any]], *, done: bool = True) -> tuple[bytes, ...]:
    """Chunks as server-sent events; JSON in UTF-8, as llama-server and vLLM write it."""
    lines = [f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode() for event in events]
    return (*lines, b"data: [DONE]\n\n") if done else tuple(lines)


class ChatAPI:
    """The server, with what it will say; each call takes the next answer."""

    def __init__(self) -> None:
        self._answers: deque[Answer] = deque()
        self.server = LoopbackServer(self._answer)

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.server.__aexit__(*reason)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self.server.url}/v1"

    @property
    def requests(self) -> list[Received]:
        """What it was asked."""
        return self.server.received

    def say(self, *replies: Reply) -> None:
        """Answer with these replies, one a call."""
        for reply in replies:
            self.answer(Answer(wire(chunks(reply))))

    def stream(self, events: Iterable[dict[str, Any]], *, done: bool = True) -> None:
        """Answer with these chunks."""
        self.answer(Answer(wire(events, done=done)))

    def fail(self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Answer with an error."""
        body = {"error": {"message": message, "type": "invalid_request_error", "code": status}}
        self.answer(json_answer(status, body, headers))

    def answer(self, answer: Answer) -> None:
        """Answer with exactly this."""
        self._answers.append(answer)

    def _answer(self, received: Received) -> Answer:
        if (received.method, received.path) != ("POST", "/v1/chat/completions"):
            return json_answer(404, {"error": {"message": "no such path"}})
        return self._answers.popleft()
