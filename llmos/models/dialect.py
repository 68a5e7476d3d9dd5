"""How a family of local models writes tool calls, and how its text becomes an answer.

Knows no backend. Whatever a grammar promised, the text is judged anew here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from llmos.messages import JSON, Claim, Request, StopReason, Text, ToolCall, ToolSpec
from llmos.models.base import OnText
from llmos.models.gbnf import schema_grammar
from llmos.models.schema import mismatch


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply before its tokens are counted."""

    parts: tuple[Text | ToolCall, ...]
    stop_reason: StopReason
    claim: Claim = "done"

    @property
    def text(self) -> str:
        """All passages of text."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


class Stream(Protocol):
    """Receives the raw pieces of a reply and passes on what a person should see: in the end the text of the answer."""

    def add(self, piece: str) -> None:
        """Take the next piece."""
        ...

    def finish(self, answer: Answer) -> None:
        """No more pieces will come; `answer` is what they became."""
        ...


class Dialect(Protocol):
    """How one family of models writes its replies."""

    def grammar(self, tools: Sequence[ToolSpec]) -> str:
        """What the model can write when these tools are offered."""
        ...

    def stream(self, on_text: OnText) -> Stream:
        """What takes the pieces of one reply while it is written."""
        ...

    def answer(self, text: str, request: Request, *, cut: bool) -> Answer:
        """The finished text, judged; `cut` when it ended for want of room."""
        ...


class Verbatim:
    """Passes on every piece as it is."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text

    def add(self, piece: str) -> None:
        """Pass the piece on."""
        self._on_text(piece)

    def finish(self, answer: Answer) -> None:
        """Everything has been shown."""


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

    def answer(self, text: str, request: Request, *, cut: bool) -> Answer:  # noqa: ARG002 - the Protocol's signature
        """The text as it is; what a grammar cannot hold (ranges, lengths) is judged here."""
        try:
            fits = mismatch(msgspec.json.decode(text), self._schema) is None
        except (msgspec.DecodeError, RecursionError):
            fits = False
        return Answer((Text(text),), "length" if cut else "end", "done" if fits else "failed")


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A name and arguments, neither checked against any list."""

    name: str
    arguments: dict[str, JSON]


def read_call(text: str) -> WrittenCall | None:
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
    return WrittenCall(name, arguments)


def call_id(request: Request, number: int) -> str:
    """Unique in the history and the same in every run, so that recorded runs can be compared."""
    earlier = sum(len(message.tool_calls) for message in request.messages)
    return f"call_{earlier + number}"
