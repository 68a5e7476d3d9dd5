"""A stand-in for the Messages API: speaks the vendor's SSE to the letter and says what it is told; knows no model.

In a test: `async with MessagesAPI() as api: api.say(reply)`, then point an adapter at `api.url`. As a process of its
own, for benchmarks: `python -m tests.support.messages_api --tool-calls 10` prints its address as one line of JSON and
serves until its standard input ends; every conversation then gets so many tool calls, one a turn, and a closing text.
"""

import argparse
import asyncio
import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Self

from llmos.messages import Reply, Text, Thinking, ToolCall, Usage
from tests.support.loopback import Answer, LoopbackServer, Received, json_answer
from tests.support.messages_rules import PromptCache, complaint

STOP_REASONS = {
    "end": "end_turn",
    "tools": "tool_use",
    "length": "max_tokens",
    "refusal": "refusal",
    "stop_sequence": "stop_sequence",
    "pause": "pause_turn",
}
HEADERS = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("request-id", "req_test"),
    ("cache-control", "no-cache"),
)


def sse(event: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return f"event: {event['type']}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode()


def error_body(kind: str, message: str) -> dict[str, Any]:
    """An error as the vendor writes it, in a body or as an event."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_test"}


def events(reply: Reply, *, stop_reason: str | None = None, pieces: int = 3) -> Iterator[dict[str, Any]]:
    """The events of a reply, each passage in so many pieces."""
    usage = reply.usage
    counted = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
    }
    message = {
        "id": "msg_test",
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**counted, "output_tokens": 1, "service_tier": "standard"},
    }
    yield {"type": "message_start", "message": message}
    for index, part in enumerate(reply.parts):
        start, deltas = block(part, pieces)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        if index == 0:
            yield {"type": "ping"}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop: dict[str, Any] = {"stop_reason": stop_reason or STOP_REASONS[reply.stop_reason], "stop_sequence": None}
    if reply.stop_reason == "refusal":
        stop["stop_details"] = {"type": "refusal", "category": None, "explanation": reply.stop_detail or None}
    yield {"type": "message_delta", "delta": stop, "usage": {**counted, "output_tokens": usage.output_tokens}}
    yield {"type": "message_stop"}


def block(part: Text | Thinking | ToolCall, pieces: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How a content block begins, and what is added to it."""
    match part:
        case Text(text):
            return {"type": "text", "text": ""}, [{"type": "text_delta", "text": p} for p in cut(text, pieces)]
        case Thinking(_, data, redacted=True):
            return {"type": "redacted_thinking", "data": data}, []
        case Thinking(text, signature):
            deltas = [{"type": "thinking_delta", "thinking": p} for p in cut(text, pieces)]
            return (
                {"type": "thinking", "thinking": "", "signature": ""},
                [*deltas, {"type": "signature_delta", "signature": signature}],
            )
        case ToolCall(call_id, name, args, malformed):
            written = json.dumps(dict(args)) if malformed is None else malformed
            return (
                {"type": "tool_use", "id": call_id, "name": name, "input": {}},
                [{"type": "input_json_delta", "partial_json": p} for p in ["", *cut(written, pieces)]],
            )


def cut(text: str, pieces: int) -> list[str]:
    """The text in at most so many pieces, none empty."""
    size = max(1, -(-len(text) // pieces))
    return [text[at : at + size] for at in range(0, len(text), size)]


class MessagesAPI:
    """The server, with what it will say; each call takes the next answer, and breaking the vendor's rules is a 400."""

    def __init__(self, cache: PromptCache | None = None) -> None:
        self._answers: deque[Answer | Reply] = deque()
        self._cache = cache
        self._server = LoopbackServer(self._answer)

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._server.__aexit__(*reason)

    @property
    def url(self) -> str:
        """Its base URL."""
        return self._server.url

    @property
    def requests(self) -> list[Received]:
        """What it was asked."""
        return self._server.received

    @property
    def server(self) -> LoopbackServer:
        """The server beneath."""
        return self._server

    def say(self, *replies: Reply) -> None:
        """Answer with these replies, one a call; with a prompt cache, their usage is what the cache counts."""
        self._answers.extend(replies)

    def stream(self, chunks: Iterable[dict[str, Any]], then: str = "end") -> None:
        """Answer with these events, and then end, drop or hang."""
        self._answers.append(Answer(tuple(sse(event) for event in chunks), headers=HEADERS, then=then))  # type: ignore[arg-type]

    def fail(self, status: int, kind: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Answer with an error."""
        self._answers.append(json_answer(status, error_body(kind, message), (("request-id", "req_test"), *headers)))

    def answer(self, answer: Answer) -> None:
        """Answer with exactly this."""
        self._answers.append(answer)

    def _answer(self, received: Received) -> Answer:
        problem = complaint(received)
        if problem is not None:
            return json_answer(problem[0], error_body(problem[1], problem[2]))
        answer = self._answers.popleft()
        if isinstance(answer, Answer):
            return answer
        if self._cache is not None:
            counted = self._cache.count(received.json)
            usage = Usage(counted.input_tokens, answer.usage.output_tokens, counted.read_tokens, counted.written_tokens)
            answer = Reply(answer.parts, answer.stop_reason, usage, answer.model, answer.claim, answer.stop_detail)
        return Answer(tuple(sse(event) for event in events(answer)), headers=HEADERS)


class Conversations:
    """Answers every conversation alike, by its length: so many turns with one tool call, then a text. Keeps nothing."""

    def __init__(self, tool_calls: int, pieces: int, tool: str, args: dict[str, Any]) -> None:
        self._turns = [
            self._wire(
                Reply(
                    (Text("Taking the next step now."), ToolCall(f"toolu_{turn}", tool, args)), "tools", USAGE, MODEL
                ),
                pieces,
            )
            for turn in range(tool_calls)
        ]
        self._last = self._wire(Reply((Text("All steps are done."),), "end", USAGE, MODEL), pieces)

    def answer(self, received: Received) -> Answer:
        """The answer that this turn of the conversation gets."""
        turn = received.body.count(b'"role":"assistant"') + received.body.count(b'"role": "assistant"')
        return self._turns[turn] if turn < len(self._turns) else self._last

    @staticmethod
    def _wire(reply: Reply, pieces: int) -> Answer:
        return Answer(tuple(sse(event) for event in events(reply, pieces=pieces)), headers=HEADERS)


MODEL = "claude-test"
USAGE = Usage(1200, 60)


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until standard input ends."""
    talk = Conversations(arguments.tool_calls, arguments.pieces, arguments.tool, json.loads(arguments.args))
    async with LoopbackServer(talk.answer, keep=False) as server:
        print(json.dumps({"url": server.url}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Run as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool-calls", type=int, default=10, help="turns that call a tool before the last")
    parser.add_argument("--pieces", type=int, default=6, help="into how many pieces each passage is cut")
    parser.add_argument("--tool", default="step", help="the tool that is called")
    parser.add_argument("--args", default='{"n": 1}', help="its arguments, as JSON")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
