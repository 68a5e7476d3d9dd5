"""The two ways in which a local model writes tool calls, and how its text becomes a reply.

Knows no backend. Whatever the grammar promised, the text is judged anew. What pocket writes beside a call of a tool on
its list calls nothing: it ends the turn with the claim `failed`. What a Hermes model writes beside a call comes back as
`ToolCall.malformed`, and a tool that nobody offered as a call that the toolbox refuses, so that the model can be told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from llmos.messages import JSON, Claim, Message, Request, StopReason, Text, ToolCall, ToolResult, ToolSpec
from llmos.models.base import OnText
from llmos.models.gbnf import FINISH, STATUSES, hermes_grammar, pocket_grammar, schema_grammar
from llmos.models.schema import mismatch
from llmos.models.streaming import overlap

DialectName = Literal["pocket", "hermes"]
OPEN, CLOSE = "<tool_call>", "</tool_call>"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply before its tokens are counted."""

    parts: tuple[Text | ToolCall, ...]
    stop_reason: StopReason
    claim: Claim = "done"


class Stream:
    """Receives the raw pieces of a reply and passes on what a person should see; this one passes on nothing."""

    def add(self, piece: str) -> None:
        """Take the next piece."""

    def finish(self) -> None:
        """No more pieces will come."""


class Dialect(Protocol):
    """How one family of models writes its replies."""

    def grammar(self, tools: Sequence[ToolSpec]) -> str:
        """What the model can write when these tools are offered."""
        ...

    def stream(self, on_text: OnText) -> Stream:
        """What takes the pieces of one reply while it is written."""
        ...

    def answer(self, text: str, request: Request) -> Answer:
        """The finished text, judged."""
        ...


def dialect(name: DialectName) -> Dialect:
    """The dialect of that name."""
    return Pocket() if name == "pocket" else Hermes()


class Verbatim(Stream):
    """Passes on every piece as it is."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text

    def add(self, piece: str) -> None:
        """Pass the piece on."""
        self._on_text(piece)


class OutsideBlocks(Stream):
    """Passes on text outside of call blocks; holds back what may yet become the opening tag."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._held = ""
        self._inside = False

    def add(self, piece: str) -> None:
        """Pass on what is certainly outside."""
        self._held += piece
        while True:
            tag = CLOSE if self._inside else OPEN
            before, found, rest = self._held.partition(tag)
            if not found:
                break
            self._emit(before)
            self._inside, self._held = not self._inside, rest
        certain = len(self._held) - overlap(self._held, tag)
        self._emit(self._held[:certain])
        self._held = self._held[certain:]

    def finish(self) -> None:
        """Pass on what was held back."""
        self._emit(self._held)
        self._held = ""

    def _emit(self, text: str) -> None:
        if text and not self._inside:
            self._on_text(text)


class Pocket:
    """One compact JSON object per reply: a tool, or `finish` with a status that the host puts into words."""

    def grammar(self, tools: Sequence[ToolSpec]) -> str:
        """Exactly one call."""
        return pocket_grammar(tools)

    def stream(self, on_text: OnText) -> Stream:  # noqa: ARG002 - the Protocol's signature
        """The closing sentence is the host's, so raw pieces are not for reading."""
        return Stream()

    def answer(self, text: str, request: Request) -> Answer:
        """The call; `finish` becomes a sentence and a claim; anything else is a failure that calls nothing."""
        call = _read_call(text)
        if call is not None and call.name == FINISH:
            status = call.arguments.get("status")
            if status in STATUSES:
                return Answer((Text(_closing(status, request)),), "end", status)
        elif call is not None and request.may_call_tools and call.name in {tool.name for tool in request.tools}:
            return Answer((ToolCall(_call_id(request, 1), call.name, call.arguments),), "tools")
        return Answer(
            (Text(f"The model's reply is no call of a tool that it was offered: {_short(text)}"),), "end", "failed"
        )


class Hermes:
    """Free text and `<tool_call>` blocks, as Qwen and the Hermes family were trained to write them."""

    def grammar(self, tools: Sequence[ToolSpec]) -> str:
        """Any text, in which a block holds a call of one of the tools."""
        return hermes_grammar(tools)

    def stream(self, on_text: OnText) -> Stream:
        """The text outside of blocks, as soon as it cannot be the start of one."""
        return OutsideBlocks(on_text)

    def answer(self, text: str, request: Request) -> Answer:
        """Text and calls in the order written; a block that holds no call is a malformed call."""
        parts: list[Text | ToolCall] = []
        outside, *blocks = text.split(OPEN) if request.may_call_tools else [text]
        _add_text(parts, outside)
        for number, block in enumerate(blocks, start=1):
            inside, closed, outside = block.partition(CLOSE)
            call = _read_call(inside) if closed else None
            if call is None:
                parts.append(ToolCall(_call_id(request, number), "unreadable", {}, malformed=OPEN + inside + closed))
            else:
                parts.append(ToolCall(_call_id(request, number), call.name, call.arguments))
            _add_text(parts, outside)
        return Answer(tuple(parts), "tools" if blocks else "end")


class JsonOnly:
    """A reply that has to be JSON of a schema; one that departs from it claims `failed`. Tools are not offered."""

    def __init__(self, schema: Mapping[str, JSON]) -> None:
        self._schema = schema

    def grammar(self, tools: Sequence[ToolSpec]) -> str:  # noqa: ARG002 - the Protocol's signature
        """One value of the schema."""
        return schema_grammar(self._schema)

    def stream(self, on_text: OnText) -> Stream:
        """All of it."""
        return Verbatim(on_text)

    def answer(self, text: str, request: Request) -> Answer:  # noqa: ARG002 - the Protocol's signature
        """The text as it is; what a grammar cannot hold (ranges, lengths) is judged here."""
        try:
            fits = mismatch(msgspec.json.decode(text), self._schema) is None
        except (msgspec.DecodeError, RecursionError):
            fits = False
        return Answer((Text(text),), "end", "done" if fits else "failed")


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    arguments: dict[str, JSON]


def _read_call(text: str) -> _Call | None:
    """The call that `text` is, strictly JSON (no NaN, nothing around it); None when it is none."""
    try:
        value = msgspec.json.decode(text.strip())
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    if not isinstance(value, dict):
        return None
    name, arguments = value.get("name"), value.get("arguments", {})
    if not isinstance(name, str) or not name or not isinstance(arguments, dict):
        return None
    return _Call(name, arguments)


def _call_id(request: Request, number: int) -> str:
    """Unique in the history and the same in every run, so that recorded runs can be compared."""
    earlier = sum(len(message.tool_calls) for message in request.messages)
    return f"call_{earlier + number}"


def _closing(status: Claim, request: Request) -> str:
    """The sentence for `finish`: what the last fitting tool result of this turn said."""
    for result in _results_of_turn(request.messages):
        if status == "done" and not result.is_error and result.text:
            return result.text
        if status == "failed" and result.is_error and result.text:
            return result.text
    names = ", ".join(sorted(tool.name for tool in request.tools)) or "none"
    return {
        "done": "Nothing had to be done.",
        "failed": "The goal was not reached.",
        "abstained": f"This goal is not understood, or none of the tools serves it; the tools are: {names}.",
    }[status]


def _results_of_turn(messages: Sequence[Message]) -> list[ToolResult]:
    """Tool results since the last finished answer, the newest first."""
    found: list[ToolResult] = []
    for message in reversed(messages):
        if message.role == "assistant" and not message.tool_calls:
            break
        found.extend(part for part in reversed(message.parts) if isinstance(part, ToolResult))
    return found


def _add_text(parts: list[Text | ToolCall], text: str) -> None:
    if text.strip():
        parts.append(Text(text.strip()))


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
