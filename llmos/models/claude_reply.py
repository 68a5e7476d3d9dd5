"""A reply from the events of the Messages API, as they stream in; knows no transport.

The events are decoded here and not by the SDK, which builds its objects without checking their types and at some cost.
Events, blocks and fields that this version does not know are skipped, as the vendor asks of its clients.
"""

import msgspec

from llmos.messages import Message, Reply, StopReason, Text, Thinking, ToolCall, Usage
from llmos.models.arguments import tool_call
from llmos.models.base import BrokenReplyError, FailedReplyError, OnText

_STOP_REASONS: dict[str, StopReason] = {
    "end_turn": "end",
    "tool_use": "tools",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop_sequence",
    "pause_turn": "pause",
    "refusal": "refusal",
}
_PASSING_ERRORS = ("overloaded_error", "api_error", "rate_limit_error", "timeout_error")


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None

    def over(self, earlier: Usage) -> Usage:
        """The usage with what is newer here; the vendor's counts are cumulative."""
        return Usage(
            _newer(self.input_tokens, earlier.input_tokens),
            _newer(self.output_tokens, earlier.output_tokens),
            _newer(self.cache_read_input_tokens, earlier.cache_read_tokens),
            _newer(self.cache_creation_input_tokens, earlier.cache_write_tokens),
        )


class _Message(msgspec.Struct):
    model: str
    usage: _Usage


class _Block(msgspec.Struct):
    """A content block; what is added to it is collected in `pieces`."""

    type: str
    id: str = ""
    name: str = ""
    data: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    input: msgspec.Raw = msgspec.Raw(b"{}")
    pieces: list[str] = []

    def part(self) -> Text | Thinking | ToolCall | None:
        """The part of a reply that the block has become; None for a block of a tool on the provider's side."""
        written = "".join(self.pieces)
        match self.type:
            case "text":
                return Text(self.text + written)
            case "thinking":
                return Thinking(self.thinking + written, self.signature)
            case "redacted_thinking":
                return Thinking("", self.data, redacted=True)
            case "tool_use":
                return tool_call(self.id, self.name, written or bytes(self.input).decode())
        return None


class _StopDetails(msgspec.Struct):
    category: str | None = None
    explanation: str | None = None


class _Delta(msgspec.Struct):
    type: str = ""
    text: str = ""
    thinking: str = ""
    partial_json: str = ""
    signature: str = ""
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None


class _Error(msgspec.Struct):
    type: str = "error"
    message: str = ""


class _Event(msgspec.Struct):
    type: str
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Event).decode


class ClaudeReply:
    """Collects the events of one reply; `usage` is what has been counted so far."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._blocks: dict[int, _Block] = {}
        self._model = ""
        self._stop_reason: str | None = None
        self._stop_details: _StopDetails | None = None
        self._complete = False
        self.usage = Usage()

    @property
    def said(self) -> Message | None:
        """What has come in so far; None where the vendor has not said what it read, so that nothing is billed."""
        return Message("assistant", self._parts()) if self.usage.total else None

    @property
    def is_complete(self) -> bool:
        """Whether the reply has come to its end."""
        return self._complete

    def add(self, event: str) -> None:
        """The next event, as JSON; an error in place of one is raised."""
        try:
            read = _decode(event)
        except msgspec.MsgspecError as error:
            raise BrokenReplyError(
                f"the Anthropic API sent an event that is none: {error}", self.usage, self.said
            ) from error
        if read.type == "content_block_delta" and read.delta is not None:
            self._grow(read.index, read.delta)
        elif read.type == "content_block_start" and read.content_block is not None:
            self._blocks[read.index] = read.content_block
        elif read.type == "message_start" and read.message is not None:
            self._model = read.message.model
            self.usage = read.message.usage.over(self.usage)
        elif read.type == "message_delta":
            self._stop(read)
        elif read.type == "message_stop":
            self._complete = True
        elif read.type == "error":
            self._fail(read.error or _Error())

    def reply(self) -> Reply:
        """The reply; BrokenReplyError when the stream ended before it did."""
        if not self._complete:
            sentence = "the Anthropic API ended the stream before the reply was complete"
            raise BrokenReplyError(sentence, self.usage, self.said)
        return Reply(
            parts=self._parts(),
            stop_reason=_STOP_REASONS.get(self._stop_reason or "", "end"),
            usage=self.usage,
            model=self._model,
            stop_detail=self._detail(),
        )

    def _parts(self) -> tuple[Text | Thinking | ToolCall, ...]:
        return tuple(part for _, block in sorted(self._blocks.items()) if (part := block.part()) is not None)

    def _grow(self, index: int, delta: _Delta) -> None:
        block = self._blocks.get(index)
        if block is None:
            return
        match delta.type:
            case "text_delta":
                block.pieces.append(delta.text)
                self._on_text(delta.text)
            case "input_json_delta":
                block.pieces.append(delta.partial_json)
            case "thinking_delta":
                block.pieces.append(delta.thinking)
            case "signature_delta":
                block.signature += delta.signature

    def _stop(self, event: _Event) -> None:
        if event.delta is not None:
            self._stop_reason = event.delta.stop_reason
            self._stop_details = event.delta.stop_details
        if event.usage is not None:
            self.usage = event.usage.over(self.usage)

    def _fail(self, error: _Error) -> None:
        sentence = f"the Anthropic API broke off the reply with {error.type}: {error.message}"
        kind = BrokenReplyError if error.type in _PASSING_ERRORS else FailedReplyError
        raise kind(sentence, self.usage, self.said)

    def _detail(self) -> str:
        """What the vendor says of the stop; a reason that is new to us is passed on as it is."""
        details = self._stop_details
        if details is not None and (details.explanation or details.category):
            return details.explanation or f"refused as {details.category}"
        if self._stop_reason == "model_context_window_exceeded":
            return "the model's context window is full"
        return "" if self._stop_reason in _STOP_REASONS else self._stop_reason or ""


def _newer(count: int | None, earlier: int) -> int:
    return earlier if count is None else count
