"""Renders a GGUF file's own chat template, as the hub's tools would, in a sandbox: templates in files are untrusted.

Knows no backend. Images appear in the text as `MEDIA_MARKER`; the bytes travel beside it, in the same order.
Conventions: https://huggingface.co/docs/transformers/chat_templating_writing
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NoReturn

from llmos.errors import ModelError
from llmos.messages import JSON, Image, Message, Request, Text, ToolCall, ToolResult
from llmos.models.named_things import read_around
from llmos.models.newest_goal import since_goal
from llmos.models.openai_request import tool_params

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.nodes import Node
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MEDIA_MARKER = "<__media__>"
"""llama.cpp's mark for the place of an image in a prompt (mtmd_default_marker)."""

_BROKEN = "\u200b"
_FAULTS = (
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    LookupError,
    SyntaxError,
    RuntimeError,
    MemoryError,
    AssertionError,
)
"""What a template of a file may raise besides Jinja's own errors while it is read, compiled or rendered."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What goes to the backend: text with one marker per image, and the images' bytes."""

    text: str
    images: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A template, the tokens it may write, and the control tokens that message text must not contain.

    `control_tokens` found in messages or state are broken with a zero-width space, one of a single letter is replaced
    by it, so that no tool result, file or person can end its own turn and begin another. A template that asks for the
    `reading` of a goal sees nothing from before the newest one. For a model that does not see (`sees`), an image that a
    tool returned stands as `[image]`, and one that a person gave is a ModelError.
    """

    source: str
    bos: str = ""
    eos: str = ""
    control_tokens: tuple[str, ...] = ()
    sees: bool = True

    @property
    def reads_state(self) -> bool:
        """Whether the template renders the robot's state, as pocket's does."""
        return reads_state(self.source)

    @property
    def _reads_goals(self) -> bool:
        """Whether the template asks for the `reading` of what a person wrote, as pocket's does."""
        return "reading" in self.source

    def render(self, request: Request, now: Callable[[], datetime]) -> Prompt:
        """The prompt of `request`, ready for the model to continue; ModelError when the template fails."""
        from jinja2 import TemplateError

        if not self.sees and any(isinstance(part, Image) for message in request.messages for part in message.parts):
            raise ModelError("this model cannot see: it was loaded without an image projector (mmproj file)")

        def strftime_now(pattern: str) -> str:
            return now().strftime(pattern)

        request, mark = self._newest(request), self._mark()
        values: dict[str, Any] = {
            "messages": self._messages(request, mark),
            "tools": self._safe(tool_params(request.tools)) or None,
            "state": self._safe(dict(request.state)),
            "add_generation_prompt": True,
            "bos_token": self.bos,
            "eos_token": self.eos,
            "strftime_now": strftime_now,
        }
        try:
            text = _compiled(self.source).render(values)
        except (TemplateError, *_FAULTS) as error:
            raise ModelError(f"the model's chat template fails: {str(error) or type(error).__name__}") from error
        text = text.encode("utf-8", "replace").decode()  # lone surrogates cannot be tokenized
        if not self.sees:
            return Prompt(text, ())
        images = images_of(request)
        if text.count(mark) != len(images):
            raise ModelError(f"the model's chat template shows {text.count(mark)} of {len(images)} images")
        return Prompt(text.replace(mark, MEDIA_MARKER), images)

    def goal(self, request: Request) -> str:
        """The newest goal, uncut, as a template that asks for its `reading` shows it; empty for other templates."""
        if not self._reads_goals:
            return ""
        messages = self._messages(self._newest(request), self._mark())
        goal: str = next((message["reading"] for message in messages if message["role"] == "user"), "")
        return " ".join(goal.lower().split())

    def _newest(self, request: Request) -> Request:
        return replace(request, messages=since_goal(request.messages)) if self._reads_goals else request

    def _mark(self) -> str:
        """What stands for an image: with chance in it, so that no text can forge one."""
        return f"<image-{token_hex(8)}>" if self.sees else "[image]"

    def _messages(self, request: Request, mark: str) -> list[JSON]:
        """For a template that asks for it, with the numbers read of what a person wrote; control tokens are broken."""
        messages = template_messages(request, mark)
        if self._reads_goals:
            messages = [with_reading(message, request.state) for message in messages]
        safe: list[JSON] = self._safe(messages)
        return safe

    def _safe(self, value: JSON) -> JSON:
        """`value` with every control token broken, in texts and keys, at any depth."""
        if isinstance(value, str):
            for token in (MEDIA_MARKER, *self.control_tokens):
                value = value.replace(token, token[:1] + _BROKEN + token[1:] if len(token) > 1 else _BROKEN)
            return value
        if isinstance(value, Mapping):
            return {self._safe(key): self._safe(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._safe(one) for one in value]
        return value


def reads_state(source: str) -> bool:
    """Whether a template renders the robot's state, as pocket's does."""
    from jinja2 import TemplateError, meta

    try:
        return "state" in meta.find_undeclared_variables(_environment().parse(source))
    except (TemplateError, *_FAULTS):
        return False


def with_reading(message: Mapping[str, JSON], state: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """A message of a template; one of a person has besides its `content` a `reading`, with every number read.

    But for those in the names of the objects and places of `state`.
    """
    if message["role"] != "user":
        return message
    names = [str(name) for group in ("objects", "places") for name in state.get(group) or ()]
    return {**message, "reading": read_around(message["content"], names)}


def default_source() -> str:
    """The template for files without one: ChatML."""
    return files("llmos.models").joinpath("chatml.jinja").read_text(encoding="utf-8")


def template_messages(request: Request, mark: str = MEDIA_MARKER) -> list[JSON]:
    """System prompt and history as templates expect them, `mark` for each image; reasoning is left out."""
    turns: list[JSON] = [{"role": "system", "content": request.system}] if request.system else []
    for message in request.messages:
        turns.extend(_assistant_turn(message) if message.role == "assistant" else _user_turns(message, mark))
    return turns


def images_of(request: Request) -> tuple[bytes, ...]:
    """The images in the order in which the template meets their markers."""
    return tuple(part.content for message in request.messages for part in _pictured(message) if isinstance(part, Image))


def _pictured(message: Message) -> list[Any]:
    """The parts in the order of the turns: results first, as `_user_turns` has them."""
    results = [part for result in message.parts if isinstance(result, ToolResult) for part in result.content]
    return [*results, *(part for part in message.parts if isinstance(part, Text | Image))]


def _assistant_turn(message: Message) -> list[JSON]:
    calls = [call for call in message.tool_calls if call.malformed is None]
    raw = [call.malformed for call in message.tool_calls if call.malformed is not None]
    turn: dict[str, JSON] = {"role": "assistant", "content": "\n".join(part for part in (message.text, *raw) if part)}
    if calls:
        turn["tool_calls"] = [_call(call) for call in calls]
    return [turn]


def _call(call: ToolCall) -> JSON:
    return {"type": "function", "id": call.id, "function": {"name": call.name, "arguments": dict(call.args)}}


def _user_turns(message: Message, mark: str) -> list[JSON]:
    turns: list[JSON] = [
        {"role": "tool", "tool_call_id": part.call_id, "content": _flat(part.content, mark), "is_error": part.is_error}
        for part in message.parts
        if isinstance(part, ToolResult)
    ]
    rest = [part for part in message.parts if isinstance(part, Text | Image)]
    return [*turns, {"role": "user", "content": _flat(rest, mark)}] if rest else turns


def _flat(parts: Sequence[Any], mark: str) -> str:
    """Texts and marks of images, a line each."""
    return "\n".join(mark if isinstance(part, Image) else part.text for part in parts)


def _tojson(
    value: JSON,
    ensure_ascii: bool = False,  # noqa: FBT001 - the hub's signature
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001
) -> str:
    """As the hub has it: no HTML escapes, letters outside ASCII kept."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _raise(sentence: str) -> NoReturn:
    from jinja2 import TemplateError

    raise TemplateError(sentence)


@lru_cache(maxsize=1)
def _environment() -> "ImmutableSandboxedEnvironment":
    from jinja2.ext import Extension, LoopControlExtension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """Marks the model's own words for training; what stands between the tags is rendered as it is."""

        tags = {"generation"}  # noqa: RUF012 - as the base class declares it

        def parse(self, parser: "Parser") -> "list[Node]":
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, autoescape=False, extensions=[LoopControlExtension, Generation]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    return environment


@lru_cache(maxsize=8)
def _compiled(source: str) -> "Template":
    return _environment().from_string(source)
