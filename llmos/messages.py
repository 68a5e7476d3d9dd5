"""What travels between a person, a model and tools: messages, tool calls, results, usage.

Knows no provider and no transport; adapters translate to and from these values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

JSON: TypeAlias = Any
"""A value that JSON can hold: None, bool, int, float, str, list or dict with text keys."""

StopReason = Literal["end", "tools", "length", "refusal", "stop_sequence", "pause"]
Role = Literal["user", "assistant"]
Claim = Literal["done", "failed", "abstained"]


class Effect(StrEnum):
    """What a tool does to the world; the order is from harmless to final."""

    PURE = "pure"
    IDEMPOTENT = "idempotent"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, slots=True)
class Text:
    """A passage of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `content` holds the bytes of a PNG or JPEG file."""

    content: bytes
    media_type: Literal["image/png", "image/jpeg"] = "image/png"


@dataclass(frozen=True, slots=True)
class Thinking:
    """A model's reasoning; `signature` must go back to its provider unchanged while tools are in use.

    `redacted` reasoning holds the provider's encrypted text in `signature` and no readable text.
    """

    text: str
    signature: str = ""
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model asks for a tool; `args` is what it wrote, not yet validated.

    `malformed` holds the raw text when the model's arguments were not a JSON object.
    """

    id: str
    name: str
    args: Mapping[str, JSON]
    malformed: str | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered; an error is a result the model can react to."""

    call_id: str
    content: tuple[Text | Image, ...]
    is_error: bool = False

    @property
    def text(self) -> str:
        """All passages of text, joined by newlines."""
        return "\n".join(part.text for part in self.content if isinstance(part, Text))


Part: TypeAlias = Text | Image | Thinking | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; tool results travel in a user message, as the providers have it."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All passages of text, joined without separator."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools asked for, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


def in_turns(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The conversation as providers want it: who speaks twice in a row speaks once, and nobody says nothing."""
    turns: list[Message] = []
    for message in messages:
        if turns and turns[-1].role == message.role:
            turns[-1] = Message(message.role, (*turns[-1].parts, *message.parts))
        elif message.parts:
            turns.append(message)
    return tuple(turns)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply or of many; `input_tokens` excludes what a cache served or stored."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """The sum, field by field."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )

    @property
    def total(self) -> int:
        """All tokens, however they were billed."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a model is told of a tool: a name, a description and a JSON Schema (draft 2020-12) of its arguments."""

    name: str
    description: str
    input_schema: Mapping[str, JSON]
    effect: Effect = Effect.IRREVERSIBLE


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    `system` is byte-stable between the steps of a run and between runs, so that prompt caches hit; what changes
    from step to step (robot state, time) stands in `messages`. `state` is the measured state of the robot, or of
    whatever else the run watches, as plain values; only templates that render it (pocket) read it. Without
    `may_call_tools` the tools stay listed, for the history speaks of them, and the reply must be an answer.
    """

    system: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    may_call_tools: bool = True
    max_output_tokens: int = 4096
    state: Mapping[str, JSON] = field(default_factory=dict)
    response_schema: Mapping[str, JSON] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a model, validated by its adapter; `model` is the provider's own name for what answered.

    `claim` is what a final answer says of the goal. It is only a claim: the loop decides. A model that can only end its
    turn claims `done`; pocket says `failed` or `abstained` when it gives up or does not understand.
    """

    parts: tuple[Text | Thinking | ToolCall, ...]
    stop_reason: StopReason
    usage: Usage
    model: str
    claim: Claim = "done"
    stop_detail: str = ""
    """What the provider says of why it stopped, e.g. of a refusal; mostly empty."""
    probability: float | None = None
    """How likely this very reply was, where somebody asked and its adapter can tell; in [0, 1]."""
    counted: bool = True
    """Whether who answered has said what it used; where not, `usage` is zero, and a budget has to guess."""

    @property
    def text(self) -> str:
        """All passages of text, joined without separator."""
        return self.message.text

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools asked for, in order."""
        return self.message.tool_calls

    @property
    def message(self) -> Message:
        """The reply as it stands in the history from now on."""
        return Message("assistant", self.parts)


def valid_unicode(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The value with what UTF-8 cannot hold replaced by U+FFFD: JSON can smuggle in half a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {valid_unicode(key): valid_unicode(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [valid_unicode(one) for one in value]
    return value
