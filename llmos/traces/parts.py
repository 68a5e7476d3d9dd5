"""The parts of a message as they stand in a journal: tagged, so that reading gives back exactly what was written.

Knows the values of `llmos.messages` and nothing of events or files.
"""

from typing import Any, Literal, TypeAlias, cast

import msgspec

from llmos.messages import JSON, Image, Message, Part, Role, Text, Thinking, ToolCall, ToolResult


def snake_case(name: str) -> str:
    """The tag of a class: its name in snake_case, without a closing `Part`.

    >>> snake_case("RunStarted"), snake_case("ImagePart")
    ('run_started', 'image')
    """
    stem = name.removesuffix("Part")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in stem).lstrip("_")


class WirePart(msgspec.Struct, frozen=True, tag_field="type", tag=snake_case, omit_defaults=True):
    """A part with its tag."""


class TextPart(WirePart, frozen=True):
    """A passage of text."""

    text: str


class ImagePart(WirePart, frozen=True):
    """A picture: base64 in `content`, or, when large, a file of that name in the folder beside the journal."""

    media_type: Literal["image/png", "image/jpeg"] = "image/png"
    content: bytes = b""
    file: str = ""


class ThinkingPart(WirePart, frozen=True):
    """Reasoning with its provider's signature."""

    text: str
    signature: str = ""
    redacted: bool = False


class CallPart(WirePart, frozen=True):
    """A tool asked for, with what the model wrote as arguments."""

    id: str
    name: str
    args: dict[str, JSON] = {}
    malformed: str | None = None


class ResultPart(WirePart, frozen=True):
    """A tool's answer in full."""

    call_id: str
    content: tuple[TextPart | ImagePart, ...] = ()
    is_error: bool = False


class ResultRefPart(WirePart, frozen=True):
    """A tool's answer that stands in the `tool_returned` line of this call, last one before this line.

    Only on disk: what is large is written once.
    """

    call_id: str


AnyPart: TypeAlias = TextPart | ImagePart | ThinkingPart | CallPart | ResultPart | ResultRefPart


def to_wire(part: Part) -> AnyPart:
    """A part of a message as the journal holds it."""
    match part:
        case Text():
            return TextPart(part.text)
        case Image():
            return ImagePart(part.media_type, part.content)
        case Thinking():
            return ThinkingPart(part.text, part.signature, part.redacted)
        case ToolCall():
            return CallPart(part.id, part.name, dict(part.args), part.malformed)
        case ToolResult():
            return ResultPart(part.call_id, content_to_wire(part.content), part.is_error)


def content_to_wire(content: tuple[Text | Image, ...]) -> tuple[TextPart | ImagePart, ...]:
    """A tool's answer as the journal holds it."""
    return cast("tuple[TextPart | ImagePart, ...]", tuple(to_wire(part) for part in content))


def from_wire(part: AnyPart) -> Part:
    """The part that `to_wire` was given; a reference must have been resolved before."""
    match part:
        case TextPart():
            return Text(part.text)
        case ImagePart():
            return Image(part.content, part.media_type)
        case ThinkingPart():
            return Thinking(part.text, part.signature, part.redacted)
        case CallPart():
            return ToolCall(part.id, part.name, part.args, part.malformed)
        case ResultPart():
            return ToolResult(part.call_id, content_from_wire(part.content), part.is_error)
        case ResultRefPart():
            raise ValueError(f"the result of call {part.call_id} was not resolved")


def content_from_wire(content: tuple[TextPart | ImagePart, ...]) -> tuple[Text | Image, ...]:
    """The tool's answer that `content_to_wire` was given."""
    return cast("tuple[Text | Image, ...]", tuple(from_wire(part) for part in content))


def message_from_wire(role: Role, parts: tuple[AnyPart, ...]) -> Message:
    """The message that these parts make."""
    return Message(role, tuple(from_wire(part) for part in parts))


def plain(value: Any) -> Any:  # noqa: ANN401 - msgspec's hook takes and gives anything
    """What the encoder asks for a type it does not know; mappings become dicts, paths text, all else is our bug."""
    from collections.abc import Mapping
    from pathlib import PurePath

    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"a journal cannot hold a value of type {type(value).__name__}")
