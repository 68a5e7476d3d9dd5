"""A reply from the chunks of a chat completion, as they stream in; knows no transport.

Chunks are decoded here and not by the SDK, since servers take liberties: arguments as an object, calls without id or
index, parallel calls that all say index 0, a name in every fragment, whole messages, no usage, no finish reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from llmos.messages import JSON, Message, Reply, StopReason, Text, Thinking, ToolCall, Usage
from llmos.models.arguments import tool_call
from llmos.models.base import BrokenReplyError, FailedReplyError, OnText
from llmos.models.refusals import may_pass

_STOP_REASONS: dict[str, StopReason] = {
    "tool_calls": "tools",
    "function_call": "tools",
    "length": "length",
    "content_filter": "refusal",
}


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, JSON] | None = None


class _Fragment(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Fragment] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None

    def usage(self) -> Usage:
        details = self.prompt_tokens_details
        cached = (details.cached_tokens or 0) if details is not None else 0
        return Usage(max(0, (self.prompt_tokens or 0) - cached), self.completion_tokens or 0, cached)


class _Error(msgspec.Struct):
    message: str = ""
    code: int | str | None = None


class _Chunk(msgspec.Struct):
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: _Error | str | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


@dataclass(slots=True)
class _Call:
    """A tool call in the making."""

    id: str = ""
    name: str = ""
    written: list[str] = field(default_factory=list)

    def is_followed_by(self, call_id: str, name: str) -> bool:
        """Whether a fragment at the same index is another call: by its id, its name, or since this one is whole."""
        if call_id and self.id:
            return call_id != self.id
        if not name or not self.name:
            return False
        return name != self.name or _whole("".join(self.written)) is not None

    def write(self, arguments: str) -> None:
        """Add to the arguments; what only says once more what is whole already adds nothing."""
        whole = _whole(arguments)
        if whole is None or whole != _whole("".join(self.written)):
            self.written.append(arguments)


def _whole(written: str) -> Mapping[str, JSON] | None:
    """The arguments, once they are one JSON object."""
    call = tool_call("", "", written)
    return call.args if written.strip() and call.malformed is None else None


class ChatReply:
    """Collects the chunks of one reply; `usage` stays zero with a server that does not count."""

    def __init__(self, server: str, on_text: OnText) -> None:
        self._server = server
        self._on_text = on_text
        self._rest = b""
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[_Call] = []
        self._at_index: dict[int, _Call] = {}
        self._finish_reason: str | None = None
        self._complete = False
        self._model = ""
        self._begun = False
        self.usage = Usage()

    @property
    def said(self) -> Message | None:
        """What has come in so far; None where nothing has, so that nothing is billed."""
        return Message("assistant", self._parts(0)) if self._begun else None

    def feed(self, received: bytes) -> None:
        """The next bytes of the stream; an error in place of a chunk is raised.

        Split at line feeds alone: other marks that Unicode counts as ends of lines may stand inside JSON text.
        """
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            name, _, value = line.partition(b":")
            value = value.strip()
            if name == b"data" and value == b"[DONE]":
                self._complete = True
            elif name in (b"data", b"error") and value:
                self.add_chunk(value)

    def add_chunk(self, chunk: bytes) -> None:
        """The next chunk, or a whole completion, as JSON."""
        try:
            read = _decode(chunk)
        except msgspec.MsgspecError as error:
            raise BrokenReplyError(
                f"{self._server} sent a chunk that is none: {error}", self.usage, self.said
            ) from error
        if read.error is not None:
            self._fail(read.error)
        self._begun = True
        self._model = read.model or self._model
        if read.usage is not None:
            self.usage = read.usage.usage()
        for choice in (read.choices or ())[:1]:
            self._grow(choice.delta or choice.message or _Delta())
            if choice.finish_reason:
                self._finish_reason = choice.finish_reason
                self._complete = True

    def reply(self, model: str, turn: int) -> Reply:
        """The reply; BrokenReplyError when the stream ended before it did.

        `model` and `turn`, the length of the conversation, serve where the server names neither itself nor its calls.
        """
        self.feed(b"\n")
        if not self._complete:
            sentence = f"{self._server} ended the stream before the reply was complete"
            raise BrokenReplyError(sentence, self.usage, self.said)
        detail = "".join(self._refusal)
        return Reply(
            self._parts(turn),
            self._stop_reason(),
            self.usage,
            self._model or model,
            stop_detail=detail,
            counted=self.usage.total > 0,
        )

    def _parts(self, turn: int) -> tuple[Text | Thinking | ToolCall, ...]:
        parts: list[Text | Thinking | ToolCall] = []
        if self._reasoning:
            parts.append(Thinking("".join(self._reasoning)))
        if self._text:
            parts.append(Text("".join(self._text)))
        for number, call in enumerate(self._calls, start=1):
            parts.append(tool_call(call.id or f"call_{turn}_{number}", call.name, "".join(call.written)))
        return tuple(parts)

    def _grow(self, delta: _Delta) -> None:
        if delta.content:
            self._text.append(delta.content)
            self._on_text(delta.content)
        if delta.refusal:
            self._refusal.append(delta.refusal)
        reasoning = delta.reasoning_content or delta.reasoning
        if reasoning:
            self._reasoning.append(reasoning)
        for fragment in delta.tool_calls or ():
            self._grow_call(fragment)

    def _grow_call(self, fragment: _Fragment) -> None:
        function = fragment.function or _Function()
        call = self._call(fragment, function.name or "")
        call.id = call.id or fragment.id or ""
        call.name = call.name or function.name or ""
        if isinstance(function.arguments, dict):
            call.written = [msgspec.json.encode(function.arguments).decode()]
        elif function.arguments:
            call.write(function.arguments)

    def _call(self, fragment: _Fragment, name: str) -> _Call:
        """The call that a fragment belongs to: the one at its index, unless its id or name speak for a new one."""
        call = self._at_index.get(fragment.index or 0)
        if call is None or call.is_followed_by(fragment.id or "", name):
            call = self._at_index[fragment.index or 0] = _Call()
            self._calls.append(call)
        return call

    def _stop_reason(self) -> StopReason:
        if self._refusal:
            return "refusal"
        reason = _STOP_REASONS.get(self._finish_reason or "", "end")
        if reason == "end" and self._calls:
            return "tools"
        return "end" if reason == "tools" and not self._calls else reason

    def _fail(self, error: _Error | str) -> None:
        words = error if isinstance(error, str) else error.message
        code = None if isinstance(error, str) else error.code
        sentence = f"{self._server} broke off the reply: {words}"
        kind = FailedReplyError if isinstance(code, int) and not may_pass(code, {}) else BrokenReplyError
        raise kind(sentence, self.usage, self.said)
