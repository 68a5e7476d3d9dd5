"""The form of a cassette: recorded or hand-written replies, one exchange a line, in JSON.

Knows no provider and plays nothing. Empty lines and lines that begin with `#` are skipped. Written by hand, a line
needs only what the model says:

    {"reply": {"text": "On my way.", "tool_calls": [{"name": "move_to", "args": {"x": 1.5, "y": 1.0, "z": 0.5}}]}}
    {"expect": "reached", "reply": {"text": "Done.", "claim": "done", "usage": {"input_tokens": 900}}}
    {"error": "retryable", "sentence": "The provider is overloaded.", "retry_after_s": 2.0}
    {"error": "fatal"}

`expect` must stand in the system prompt or in the last message. A recorded line also holds the `request` it answered,
as digests, and the `parts` of the reply in the journal's form.
"""

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias, cast

import msgspec

from llmos.disk import read_file
from llmos.errors import LLMosError, ModelError, RetryableError
from llmos.messages import (
    JSON,
    Claim,
    Message,
    Reply,
    Request,
    StopReason,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Usage,
)
from llmos.traces.parts import CallPart, TextPart, ThinkingPart, from_wire, plain, to_wire

_MOST_BYTES = 1 << 28

UsageField: TypeAlias = Literal["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"]


class Line(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A value of which every key is read: an unknown one is refused."""


class Fingerprint(Line, frozen=True):
    """A request as digests: equal digests, equal requests. The permitted length of the answer is no part of it."""

    system: str
    tools: str
    messages: tuple[str, ...]
    state: str = ""
    schema: str = ""

    @classmethod
    def of(cls, request: Request) -> "Fingerprint":
        """The fingerprint of a request."""
        return cls(
            system=_digest(request.system),
            tools=_digest([request.tools, request.may_call_tools]),
            messages=tuple(_digest([turn.role, [to_wire(part) for part in turn.parts]]) for turn in request.messages),
            state=_digest(request.state) if request.state else "",
            schema=_digest(request.response_schema) if request.response_schema else "",
        )

    def difference(self, other: "Fingerprint") -> str:
        """Where `other` first departs from this one, in words; empty when it does not."""
        if self.system != other.system:
            return "the system prompt differs"
        if self.tools != other.tools:
            return "the tools differ"
        for number, (ours, theirs) in enumerate(zip(self.messages, other.messages, strict=False), start=1):
            if ours != theirs:
                return f"message {number} of {len(other.messages)} differs"
        if len(self.messages) != len(other.messages):
            return f"it had {len(self.messages)} messages, and now there are {len(other.messages)}"
        if self.state != other.state:
            return "the robot's state differs"
        return "the schema of the reply differs" if self.schema != other.schema else ""


class SpokenCall(Line, frozen=True):
    """A tool call as a person writes it; `malformed` is what the model wrote in place of a JSON object."""

    name: str
    args: dict[str, JSON] = {}
    id: str = ""
    malformed: str | None = None


class Spoken(Line, frozen=True):
    """A reply: `text` and `tool_calls`, or `parts` where their order, ids and reasoning matter."""

    text: str = ""
    tool_calls: tuple[SpokenCall, ...] = ()
    parts: tuple[TextPart | ThinkingPart | CallPart, ...] = ()
    stop_reason: StopReason | None = None
    claim: Claim = "done"
    usage: dict[UsageField, int] = {}
    model: str = ""
    stop_detail: str = ""
    probability: float | None = None

    @classmethod
    def of(cls, reply: Reply) -> "Spoken":
        """What a recorder writes of a reply."""
        return cls(
            parts=cast("tuple[TextPart | ThinkingPart | CallPart, ...]", tuple(to_wire(part) for part in reply.parts)),
            stop_reason=reply.stop_reason,
            claim=reply.claim,
            usage=cast("dict[UsageField, int]", {name: n for name, n in asdict(reply.usage).items() if n}),
            model=reply.model,
            stop_detail=reply.stop_detail,
            probability=reply.probability,
        )

    def reply(self, line: int, model: str) -> Reply:
        """The reply; calls without an id are named after their line, so that no two of a cassette are alike."""
        parts = [cast("Text | Thinking | ToolCall", from_wire(part)) for part in self.parts]
        if self.text:
            parts.append(Text(self.text))
        for number, call in enumerate(self.tool_calls, start=1):
            parts.append(ToolCall(call.id or f"call_{line}_{number}", call.name, call.args, call.malformed))
        calls_tools = any(isinstance(part, ToolCall) for part in parts)
        return Reply(
            parts=tuple(parts),
            stop_reason=self.stop_reason or ("tools" if calls_tools else "end"),
            usage=Usage(**self.usage),
            model=self.model or model,
            claim=self.claim,
            stop_detail=self.stop_detail,
            probability=self.probability,
        )


class Exchange(Line, frozen=True):
    """One line: a reply or an error, and what the request must be like for it."""

    reply: Spoken | None = None
    error: Literal["retryable", "fatal"] | None = None
    sentence: str = ""
    retry_after_s: float | None = None
    expect: str = ""
    request: Fingerprint | None = None

    @classmethod
    def of_error(cls, error: ModelError, request: Fingerprint) -> "Exchange":
        """What a recorder writes of a failure."""
        if isinstance(error, RetryableError):
            return cls(error="retryable", sentence=str(error), retry_after_s=error.retry_after_s, request=request)
        return cls(error="fatal", sentence=str(error), request=request)

    def mismatch(self, request: Request, *, strict: bool) -> str:
        """Why this exchange does not answer the request; empty when it does."""
        if self.expect and self.expect not in _last_words(request):
            return f"expects '{self.expect}', which stands neither in the system prompt nor in the last message"
        if strict and self.request is not None:
            difference = self.request.difference(Fingerprint.of(request))
            return f"was recorded for another request: {difference}" if difference else ""
        return ""

    def fault(self, place: str) -> ModelError:
        """The error that this exchange stands for; `place` is named where it has no sentence of its own."""
        sentence = self.sentence or f"{place} holds an error in place of a reply"
        return RetryableError(sentence, self.retry_after_s) if self.error == "retryable" else ModelError(sentence)


def read_cassette(path: Path) -> list[tuple[int, Exchange]]:
    """The exchanges with their line numbers; LLMosError names the line that is none."""
    try:
        lines = read_file(path, _MOST_BYTES).decode("utf-8").split("\n")
    except OSError as error:
        raise LLMosError(f"the cassette {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LLMosError(f"the cassette {path} cannot be read: it is not UTF-8 text") from error
    decoder = msgspec.json.Decoder(Exchange)
    return [
        (number, _exchange(decoder, line, f"{path}:{number}"))
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _exchange(decoder: msgspec.json.Decoder[Exchange], line: str, place: str) -> Exchange:
    try:
        exchange = decoder.decode(line)
    except msgspec.MsgspecError as error:
        raise LLMosError(f"{place} is no exchange: {error}") from error
    except RecursionError as error:
        raise LLMosError(f"{place} is no exchange: it is nested too deeply") from error
    if (exchange.reply is None) == (exchange.error is None):
        raise LLMosError(f"{place} is no exchange: it needs either 'reply' or 'error'")
    return exchange


def _last_words(request: Request) -> str:
    last = request.messages[-1] if request.messages else Message("user", ())
    results = [part.text for part in last.parts if isinstance(part, ToolResult)]
    return "\n".join([request.system, last.text, *results])


def _digest(value: JSON) -> str:
    return sha256(msgspec.json.encode(value, enc_hook=plain, order="deterministic")).hexdigest()[:16]
